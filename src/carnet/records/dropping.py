"""A partition dropped whole: its secret first, the key of all its keys; then its files, whatever they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from carnet.errors import CarnetError
from carnet.model.record import Scope

if TYPE_CHECKING:
    from carnet.model.record import Partition
    from carnet.stores.records_contract import RecordStore

RING = "ring"
"""The file of slots with the organisations' keys, the partitions' secrets and the log's key, wrapped by the root."""


def drop(store: RecordStore, partition: Partition) -> None:
    """Drop a partition, or finish dropping it. Call it with the lock held.

    That it goes is written down first: a crash leaves no partition that says it has a secret and has none, which a put
    would take for damage. A secret that nothing refers to any more is destroyed by the keeper.
    """
    store.catalogue.add_partition(replace(partition, slot=-1))
    store.keys.destroy(RING, [partition.slot])
    store.keys.drop(partition.name)
    store.drop_partition(partition.name)
    store.objects.delete(list(store.objects.names(f"bodies/{partition.name}")))
    store.catalogue.remove_partition(partition.name)


def sweep_partitions(store: RecordStore) -> int:
    """Drop empty partitions that the catalogue does not know: somebody asked for one that had just been dropped."""
    with store.lock():
        empty = [name for name in _strays(store) if not _holds_something(store, name)]
        for name in empty:
            store.drop_partition(name)
        return len(empty)


def unknown(store: RecordStore) -> list[str]:
    """Partitions with something in them that the catalogue does not know: it is older than they are, or was lost.

    Nothing that belongs to them may be taken for what a crash left.
    """
    return [name for name in _strays(store) if _holds_something(store, name)]


def _holds_something(store: RecordStore, name: str) -> bool:
    """Whether anything is in a partition, as far as can be told: what cannot be read is not empty."""
    try:
        return bool(store.partition(name).sessions(Scope()))
    except CarnetError:
        return True


def _strays(store: RecordStore) -> list[str]:
    known = {one.name for one in store.catalogue.partitions()}
    return [name for name in store.partition_names() if name not in known]
