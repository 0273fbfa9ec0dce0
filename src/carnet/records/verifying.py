"""Whether everything is as it was written: the log, every object, every row and its seal, and the bodies of the longest
chain of each session and decision.
"""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from carnet.errors import CarnetError
from carnet.model.record import HOLD, Scope
from carnet.records.chronicle import NAME, signer
from carnet.records.log.verify import check_log
from carnet.records.opening import Opening
from carnet.records.retention import NONE, expiry, is_class, partition_of
from carnet.records.sealing import listed, unsealed
from carnet.records.surveying import partitions
from carnet.records.witnessing import contradictions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.model.record import Chunk, Lane, Partition
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore


_AT_ONCE = 200
"""Chunks whose bytes are read together: a few megabytes, mostly."""


def faults(store: RecordStore, keyring: Keyring) -> Iterator[str]:
    """Everything that is wrong, by name; nothing where all is well. It changes nothing."""
    yield from _catalogue_faults(store)
    yield from _log_faults(store, keyring)
    known = {one.name for one in store.catalogue.partitions()}
    yield from (f"partition {name} is not in the catalogue" for name in store.partition_names() if name not in known)
    for partition in partitions(store):
        try:
            found = list(partition_faults(store, keyring, partition))
            if found:  # somebody may have been writing: what is true without anybody is true
                with store.lock():
                    found = list(partition_faults(store, keyring, partition))
            yield from (f"partition {partition.name}: {fault}" for fault in found)
        except CarnetError as error:  # rows that cannot even be read; the other partitions still are
            yield f"partition {partition.name}: {error}"


def _catalogue_faults(store: RecordStore) -> Iterator[str]:
    """Its pages and references, and whether its rows are what the log knows of."""
    found = store.catalogue.check()
    if not found and list(contradictions(store)):  # somebody may have been changing something
        with store.lock():
            found = list(contradictions(store))
    yield from (f"catalogue: {fault}" for fault in found)


def _log_faults(store: RecordStore, keyring: Keyring) -> Iterator[str]:
    if store.catalogue.fact(NAME) is None:
        return  # nothing was ever logged
    try:
        key = signer(store, keyring).verifier.text()
    except CarnetError as error:
        yield f"log: {error}"
        return
    for fault in check_log(store.objects, store.catalogue.entries, store.catalogue.size(), key):
        yield f"log: {fault}"


def partition_faults(store: RecordStore, keyring: Keyring, partition: Partition) -> Iterator[str]:
    """What is wrong in a partition, by one look: somebody may be writing. Raises CarnetError where it has no rows."""
    where = store.partition(partition.name)
    broken = where.check()
    yield from broken
    if broken:
        return  # on rows that do not agree with each other nothing else means anything
    opening = Opening(store, keyring, partition)
    for _, chunks in groupby(_ahead(opening, where.by_session(Scope())), lambda one: one.key.session):
        yield from _session_faults(store, opening, partition, chunks)
    held = where.objects()
    stray = set(store.objects.names(f"bodies/{partition.name}")) - held
    yield from (f"object {name}: no record is in it; the keeper removes it" for name in sorted(stray))
    used = set(store.keys.used(partition.name)) - where.slots()
    yield from (f"key slot {slot}: no session has it; the keeper destroys it" for slot in sorted(used))


def _ahead(opening: Opening, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same, with what opening them needs read at once for many."""
    while some := list(islice(chunks, _AT_ONCE)):
        opening.read_ahead(some)
        opening.keys_ahead(some)
        yield from some


def _session_faults(
    store: RecordStore, opening: Opening, partition: Partition, chunks: Iterator[Chunk]
) -> Iterator[str]:
    """Of a session's chunks, and of the bodies of its longest chain under each decision."""
    longest: dict[Lane, Chunk] = {}
    for one in chunks:
        found = list(_chunk_faults(opening, one))
        yield from found
        yield from (f"{_name(one)}: {fault}" for fault in _end_faults(partition, one))
        if not found and (one.lane not in longest or one.depth >= longest[one.lane].depth):
            longest[one.lane] = one  # to open it is to open all it rests on
    for one in longest.values():
        yield from _seal_faults(store, opening, partition, one)


def _name(chunk: Chunk) -> str:
    return f"session {chunk.key.session.name!r}, chunk {chunk.uid.hex()}"


def _chunk_faults(opening: Opening, chunk: Chunk) -> Iterator[str]:
    """What its seal says of its bytes and its row."""
    try:
        unsealed(opening.secret(chunk), chunk, opening.data(chunk))
    except CarnetError as error:
        yield f"session {chunk.key.session.name!r}, {error}{_where(chunk)}"


def _end_faults(partition: Partition, chunk: Chunk) -> Iterator[str]:
    """What a row says of its end, beyond what was decided."""
    lane = chunk.lane
    if not is_class(lane.retention) or lane.retention == NONE:
        yield f"its row has no retention class: {lane.retention!r}"
    elif chunk.expires > expiry(lane.retention, chunk.created):
        yield f"its row would keep it longer than {lane.retention} from its creation"
    elif chunk.expires < expiry(lane.retention, chunk.created):
        yield f"its row would end it before {lane.retention} from its creation"
    elif partition.name != HOLD and replace(partition, slot=-1) != partition_of(lane.retention, chunk.expires):
        yield "it does not end with its partition"


def _where(chunk: Chunk) -> str:
    return f" (object {chunk.object})" if chunk.object else ""


def _seal_faults(store: RecordStore, opening: Opening, partition: Partition, chunk: Chunk) -> Iterator[str]:
    """One opened chunk of a session: the seal, and that the rows of its records point to their own bytes."""
    name = f"session {chunk.key.session.name!r}"
    try:
        rows = listed(opening.text(chunk))
    except CarnetError as error:
        yield f"{name}: {error}"
        return
    entries = store.partition(partition.name).entries([chunk.uid])[chunk.uid]
    if sorted(rows) != sorted((one.id, one.start, one.size) for one in entries):
        yield f"{name}, chunk {chunk.uid.hex()}: the rows of its records point to bytes that are not their own"
