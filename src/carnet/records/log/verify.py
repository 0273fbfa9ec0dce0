"""Checking a whole log against its entries, and the proofs that let others check a single one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.errors import NotFoundError, StoreError
from carnet.records.log import merkle
from carnet.records.log.checkpoint import open_checkpoint, unverified_checkpoint
from carnet.records.log.growing import Growing
from carnet.records.log.note import SignatureError, read_verifier
from carnet.records.log.tiles import CHECKPOINT, ENTRIES, Tiles, tile_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.records.log.checkpoint import Checkpoint
    from carnet.records.log.growing import Entries, Part
    from carnet.stores.objects_contract import Objects


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that an entry, or an older log, is in the log of a checkpoint."""

    of: int
    """The entry's index, or the older log's size."""
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    """The signed note."""


def prove(objects: Objects, index: int) -> Proof:
    """Prove an entry against the current checkpoint. Raises NotFoundError while it is not published."""
    note, size = _current(objects)
    if not 0 <= index < size:
        raise NotFoundError(f"entry {index} is not in the published log, which has {size}")
    return Proof(index, tuple(merkle.inclusion_proof(index, size, Tiles(objects, size).subtree)), note)


def prove_consistency(objects: Objects, old_size: int) -> Proof:
    """Prove that the current checkpoint's log begins with an older one. Raises NotFoundError for a longer one."""
    note, size = _current(objects)
    if not 0 <= old_size <= size:
        raise NotFoundError(f"the published log has {size} entries, not {old_size}")
    return Proof(old_size, tuple(merkle.consistency_proof(old_size, size, Tiles(objects, size).subtree)), note)


def check_receipt_proof(
    entry: bytes, index: int, proof: Sequence[bytes], checkpoint_note: bytes, verifier_key: str
) -> list[str]:
    """What is wrong with the proof of one entry, as lines. It needs no store, only the log's verifier key."""
    checkpoint, faults = _opened(checkpoint_note, verifier_key)
    if checkpoint is None:
        return faults
    if not merkle.verify_inclusion(merkle.leaf_hash(entry), index, checkpoint.size, proof, checkpoint.root):
        return [f"entry not in the log: the proof does not lead from entry {index} to the checkpoint's root"]
    return []


def check_log(
    objects: Objects, entries: Entries, size: int, verifier_key: str, *, seen: Sequence[bytes] = ()
) -> list[str]:
    """What is wrong with a published log of which there are `size` entries, as lines.

    `seen` are notes that this log has signed before: it must be a continuation of each.
    """
    try:
        note = objects.get(CHECKPOINT)
    except NotFoundError:
        return [f"checkpoint missing: there is no {CHECKPOINT}"]
    checkpoint, faults = _opened(note, verifier_key)
    if checkpoint is None:
        return faults
    if checkpoint.size > size:
        return [f"checkpoint longer than the entries: it is of {checkpoint.size}, there are {size}"]
    return [*_differences(objects, entries, checkpoint), *_breaks(objects, checkpoint, seen, verifier_key)]


def _current(objects: Objects) -> tuple[bytes, int]:
    note = objects.get(CHECKPOINT)
    return note, unverified_checkpoint(note).size


def _opened(note: bytes, verifier_key: str) -> tuple[Checkpoint | None, list[str]]:
    verifier = read_verifier(verifier_key)
    try:
        return open_checkpoint(note, verifier), []
    except SignatureError as error:
        return None, [f"signature wrong: {error}"]
    except ValueError as error:
        return None, [f"checkpoint malformed: {error}"]


def _differences(objects: Objects, entries: Entries, checkpoint: Checkpoint) -> Iterator[str]:
    """The whole log is made again from its entries, and laid beside what is stored."""
    log = Growing([[]])
    try:
        for part in log.grow(entries, 0, checkpoint.size):
            fault = _difference(objects, part)
            if fault:
                yield f"{fault}: {part.name}"
    except StoreError as error:
        yield f"entries missing: {error}"
        return
    if log.root() != checkpoint.root:
        yield "checkpoint differs from the entries: their root is not the one that was signed"


def _difference(objects: Objects, part: Part) -> str | None:
    what = "entry bundle" if part.level == ENTRIES else "tile"
    try:
        same = objects.get(part.name) == part.data
    except NotFoundError:
        try:
            same = objects.get(tile_name(part.level, part.index)).startswith(part.data)
        except NotFoundError:
            return f"{what} missing"
    return None if same else f"{what} differs from the entries"


def _breaks(objects: Objects, checkpoint: Checkpoint, seen: Sequence[bytes], verifier_key: str) -> Iterator[str]:
    tiles = Tiles(objects, checkpoint.size)
    for note in seen:
        before, faults = _opened(note, verifier_key)
        if before is None:
            yield from (f"seen {fault}" for fault in faults)
        elif before.size > checkpoint.size:
            yield f"log shorter than a checkpoint: it signed {before.size} entries and now says {checkpoint.size}"
        else:
            # Tiles that cannot be read are told by name already.
            with suppress(NotFoundError, StoreError):
                if merkle.root_at(before.size, tiles.subtree) != before.root:
                    yield f"log differs from a checkpoint: it is no continuation of the {before.size} entries signed"
