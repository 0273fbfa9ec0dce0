"""Chunks taken out of a partition: keys first, then rows, then objects; what rested on them is sealed anew before."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from carnet.errors import DamagedError, GoneError
from carnet.records.opening import Opening
from carnet.records.resealing import alone, loosened, neighbours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from carnet.model.record import Chunk, Partition, Sealed
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import PartitionStore, RecordStore


AT_ONCE = 2000
"""Chunks that are taken out together: so many, and what else their sessions have, are in memory."""


def remove(store: RecordStore, keyring: Keyring, partition: Partition, doomed: Sequence[Chunk]) -> None:
    """Take chunks out for good. What else lies in their sessions stays readable. Call it with the lock held."""
    if not doomed:
        return
    where = store.partition(partition.name)
    uids = {one.uid for one in doomed}
    rest = [one for one in neighbours(where, doomed) if one.uid not in uids]
    _let_stand(Opening(store, keyring, partition), where, rest, uids, _objects(doomed))
    used = {one.key.slot for one in rest}
    store.keys.destroy(partition.name, sorted({one.key.slot for one in doomed} - used))
    where.remove(list(uids))
    store.objects.delete(sorted(_objects(doomed)))
    where.checkpoint()


def _let_stand(
    opening: Opening, where: PartitionStore, rest: Sequence[Chunk], doomed: Collection[bytes], objects: Collection[str]
) -> None:
    """Make what stays independent of what goes: of the chunks it was compressed against, and of their objects."""
    based = [one for one in rest if one.base in doomed]
    # A chunk that another one sealed anew used to lie with loses its object too: that is nobody's whole any more.
    lost = {*objects, *(one.object for one in based if one.object)}
    lying = [one for one in rest if one.object in lost and one.base not in doomed]
    anew = [*_anew(alone, opening, based), *_anew(loosened, opening, lying)]
    if anew:
        where.replace(anew)


def _anew(form: Callable[[Opening, Chunk], Sealed], opening: Opening, chunks: Sequence[Chunk]) -> Iterator[Sealed]:
    """Those that can be opened: one that is damaged already must not keep another from its end."""
    for one in chunks:
        with suppress(DamagedError, GoneError):
            yield form(opening, one)


def _objects(chunks: Sequence[Chunk]) -> set[str]:
    return {one.object for one in chunks if one.object}
