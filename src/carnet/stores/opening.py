"""Opening the store the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import StoreError

if TYPE_CHECKING:
    from carnet.settings import Settings
    from carnet.stores.contract import Store


def open_store(settings: Settings) -> Store:
    """The store of these settings, created at its first use. Implementations are imported when they are needed."""
    url = settings["store"]
    if not url:
        from carnet.stores.embedded.store import EmbeddedStore  # noqa: PLC0415 (no SQLAlchemy for those who don't open)

        root = settings["records.root-key"]
        return EmbeddedStore(settings.data, Path(root).expanduser() if root else None)
    scheme = url.partition(":")[0]
    raise StoreError(
        f"the setting `store` (CARNET_STORE) names a store of the kind {scheme!r}, which this Carnet does not have; "
        "leave it empty for the embedded store in the folder `data` (CARNET_DATA, --data DIR)"
    )
