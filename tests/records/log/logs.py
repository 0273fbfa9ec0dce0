"""Logs for tests: a key that is always the same, and entries that are all different."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from carnet.records.log.growing import Growing
from carnet.records.log.note import Signer
from carnet.records.log.publish import publish
from tests.records.objects import MemoryObjects

SIGNER = Signer("carnet.example/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer("carnet.example/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEY = SIGNER.verifier.text()


def entries(start: int, stop: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(start, stop)]


@dataclass
class Changed:
    """The same entries, but for one."""

    index: int
    asked: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, start: int, stop: int) -> list[bytes]:
        self.asked.append((start, stop))
        return [b"changed" if start + at == self.index else each for at, each in enumerate(entries(start, stop))]


def log(*sizes: int) -> MemoryObjects:
    """A log that was published at each of these sizes."""
    objects = MemoryObjects()
    for size in sizes:
        publish(objects, entries, size, SIGNER)
    return objects


def root(size: int) -> bytes:
    growing = Growing([[]])
    for _ in growing.grow(entries, 0, size):
        pass
    return growing.root()
