"""One folder of data per agent, and what reads it."""

from __future__ import annotations

from carnet.packs.loading import load, named
from carnet.packs.pack import History, Pack, PackDocument, histories

__all__ = ["History", "Pack", "PackDocument", "histories", "load", "named"]
