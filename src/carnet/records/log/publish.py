"""Publishing: entries become tiles and bundles, and last of all a signed checkpoint.

A process that ends between two writes leaves the old checkpoint with all it needs: its partial tiles stay
until the full ones stand. The next one begins again at the old checkpoint and writes the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.errors import NotFoundError, StoreError
from carnet.records.log.checkpoint import Checkpoint, open_checkpoint
from carnet.records.log.growing import resumed
from carnet.records.log.merkle import EMPTY_ROOT
from carnet.records.log.note import sign
from carnet.records.log.tiles import CHECKPOINT, WIDTH, Tiles

if TYPE_CHECKING:
    from carnet.records.log.growing import Entries, Part
    from carnet.records.log.note import Signer, Verifier
    from carnet.stores.objects_contract import Objects


def publish(objects: Objects, entries: Entries, size: int, signer: Signer, *, start: int | None = None) -> Checkpoint:
    """Publish the log's first `size` entries, from the stored checkpoint on, or from an earlier size to mend tiles.

    Raises StoreError, and writes nothing, where the entries are not those that the stored checkpoint signed.
    Two that run at once do no harm, except that the shorter of the two logs may be signed last.
    """
    held = published(objects, signer.verifier)
    if held and held.size == size and start is None:
        return held
    before = held or Checkpoint(signer.name, 0, EMPTY_ROOT)
    start = before.size if start is None else start
    if not 0 <= start <= before.size <= size:
        raise StoreError(f"the log is published up to {before.size}; it cannot be published from {start} up to {size}")
    _check_agreement(objects, entries, before, start)
    log = resumed(Tiles(objects, before.size), start)
    for part in log.grow(entries, start, size):
        _put(objects, part)
    checkpoint = Checkpoint(signer.name, size, log.root())
    objects.put(CHECKPOINT, sign(checkpoint.text(), signer))
    return checkpoint


def published(objects: Objects, verifier: Verifier) -> Checkpoint | None:
    """The stored checkpoint, if there is one. Raises StoreError for one that this key did not sign."""
    try:
        return open_checkpoint(objects.get(CHECKPOINT), verifier)
    except NotFoundError:
        return None
    except ValueError as error:
        raise StoreError(f"{CHECKPOINT} is not this log's: {error}; nothing was published") from error


def _check_agreement(objects: Objects, entries: Entries, before: Checkpoint, start: int) -> None:
    """A log never signs what contradicts an earlier checkpoint, so this is looked at before anything is written."""
    log = resumed(Tiles(objects, before.size), start)
    for _ in log.grow(entries, start, before.size):
        pass
    if log.root() != before.root:
        raise StoreError(
            f"the log's first {before.size} entries, or its tiles, are not those of its checkpoint; "
            "nothing was published. `carnet records verify` names what differs"
        )


def _put(objects: Objects, part: Part) -> None:
    objects.put(part.name, part.data)
    if part.width == WIDTH:
        objects.delete([*objects.names(f"{part.name}.p")])
