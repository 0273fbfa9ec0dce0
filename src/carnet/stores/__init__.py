"""Where it is kept: one contract, and its implementations."""

from carnet.stores.opening import open_store

__all__ = ["open_store"]
