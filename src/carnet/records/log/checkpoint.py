"""Checkpoints: what a log was at one size, as c2sp.org/tlog-checkpoint writes it into a signed note."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.records.log.merkle import HASH_SIZE
from carnet.records.log.note import decode64, encode64, open_note, parse

if TYPE_CHECKING:
    from carnet.records.log.note import Verifier

_TEXT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,17})\n([^\n]+)\n(?:[^\n]+\n)*")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was at one size."""

    origin: str
    """Which log: the name of its key."""
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{encode64(self.root)}\n"


def open_checkpoint(note: bytes, verifier: Verifier) -> Checkpoint:
    """The checkpoint of a note that this key has signed, and of this key's log. Raises as `open_note` does."""
    checkpoint = parse_checkpoint(open_note(note, verifier))
    if checkpoint.origin != verifier.name:
        raise ValueError(f"the checkpoint is of the log {checkpoint.origin}, the key of {verifier.name}")
    return checkpoint


def unverified_checkpoint(note: bytes) -> Checkpoint:
    """What a note says, whoever signed it: for who only makes proofs that others check."""
    return parse_checkpoint(parse(note)[0])


def parse_checkpoint(text: str) -> Checkpoint:
    match = _TEXT.fullmatch(text)
    if not match:
        raise ValueError("a checkpoint has the lines origin, size, root hash")
    root = decode64(match[3], "the root hash")
    if len(root) != HASH_SIZE:
        raise ValueError(f"the root hash has {len(root)} bytes, not {HASH_SIZE}")
    return Checkpoint(match[1], int(match[2]), root)
