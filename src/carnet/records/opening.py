"""Chunks opened, with those they rest on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from carnet.errors import DamagedError, GoneError, NotFoundError
from carnet.records.sealing import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.model.record import Chunk, Partition
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

_MOST_REMEMBERED = 8
_DEEPEST = 1000
"""Chunks that may rest on each other; more is a circle that damage made."""


class Opening:
    """Opens chunks of one partition. The few it opened last are remembered: neighbours rest on each other."""

    def __init__(self, store: RecordStore, keyring: Keyring, partition: Partition) -> None:
        self._store = store
        self._keyring = keyring
        self._partition = partition
        self._where = store.partition(partition.name)
        self._texts: dict[bytes, bytes] = {}
        self._object: tuple[str, bytes] = ("", b"")
        self._ahead: Mapping[bytes, bytes] = {}
        self._secrets: Mapping[bytes, bytes] = {}

    def text(self, chunk: Chunk) -> bytes:
        """Plain bytes. Raises GoneError once the key is destroyed, DamagedError where nothing vouches for them."""
        chain = [chunk]
        while chain[-1].base and chain[-1].base not in self._texts:
            below = self._where.chunk(chain[-1].base)
            if below is None or len(chain) > _DEEPEST:
                raise DamagedError(f"chunk {chunk.uid.hex()} rests on one that is not there; delete the session")
            chain.append(below)
        text = self._texts.get(chain[-1].base, b"")
        for one in reversed(chain):
            text = opened(self.secret(one), one, self.data(one), text)
            self._remember(one.uid, text)
        return text

    def secret(self, chunk: Chunk) -> bytes:
        found = self._secrets
        if chunk.key.uid not in found:
            found = self._keyring.open(self._partition, [chunk.key])
        if chunk.key.uid not in found:
            raise GoneError(f"the key of chunk {chunk.uid.hex()} has been destroyed; nothing can open it any more")
        return found[chunk.key.uid]

    def data(self, chunk: Chunk) -> bytes:
        """Sealed bytes, wherever they lie."""
        if chunk.object:
            return self._packed(chunk)
        found = self._ahead if chunk.uid in self._ahead else self._where.data([chunk.uid])
        if chunk.uid in found:
            return found[chunk.uid]
        again = self._where.chunk(chunk.uid)  # packed, or deleted, since its row was read
        if again is not None and again.object:
            return self._packed(again)
        raise GoneError(f"chunk {chunk.uid.hex()} has just been deleted")

    def read_ahead(self, chunks: Sequence[Chunk]) -> None:
        """Read the sealed bytes of chunks that are asked for next, at once instead of one by one."""
        self._ahead = self._where.data([one.uid for one in chunks if not one.object])

    def keys_ahead(self, chunks: Sequence[Chunk]) -> None:
        """Open the keys of chunks that are asked for next, and only until the next ones are; a bad one is met later."""
        self._secrets = {}
        with suppress(DamagedError):
            self._secrets = self._keyring.open(self._partition, list({one.key.uid: one.key for one in chunks}.values()))

    def _packed(self, chunk: Chunk) -> bytes:
        if self._object[0] != chunk.object:
            try:
                self._object = chunk.object, self._store.objects.get(chunk.object)
            except NotFoundError:
                raise DamagedError(
                    f"chunk {chunk.uid.hex()}: its object {chunk.object} is missing; restore it, or delete the session"
                ) from None
        return self._object[1][chunk.offset : chunk.offset + chunk.length]

    def _remember(self, uid: bytes, text: bytes) -> None:
        self._texts[uid] = text
        while len(self._texts) > _MOST_REMEMBERED:
            del self._texts[next(iter(self._texts))]
