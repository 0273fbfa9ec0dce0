"""A checkpoint says origin, size and root in three lines, and is believed under its own log's key only."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.records.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, unverified_checkpoint
from carnet.records.log.note import SignatureError, sign

from .logs import OTHER, SIGNER

CHECKPOINT = Checkpoint(SIGNER.name, 20852163, bytes(range(32)))
ROOT = base64.b64encode(CHECKPOINT.root).decode()


def test_a_checkpoint_is_three_lines() -> None:
    assert CHECKPOINT.text() == f"carnet.example/log\n20852163\n{ROOT}\n"


@given(st.integers(0, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_written(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(SIGNER.name, size, root)
    assert open_checkpoint(sign(checkpoint.text(), SIGNER), SIGNER.verifier) == checkpoint


def test_lines_that_follow_are_passed_over() -> None:
    assert parse_checkpoint(CHECKPOINT.text() + "more\n") == CHECKPOINT


def test_a_proof_maker_reads_it_whoever_signed_it() -> None:
    note = sign(CHECKPOINT.text(), OTHER)
    assert unverified_checkpoint(note) == CHECKPOINT
    with pytest.raises(SignatureError):
        open_checkpoint(note, SIGNER.verifier)


def test_another_logs_checkpoint_is_refused_by_name() -> None:
    note = sign(replace(CHECKPOINT, origin="other.example").text(), SIGNER)
    with pytest.raises(ValueError, match=r"of the log other\.example, the key of carnet\.example/log"):
        open_checkpoint(note, SIGNER.verifier)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "origin, size, root hash"),
        (f"\n1\n{ROOT}\n", "origin, size, root hash"),
        (f"name\n01\n{ROOT}\n", "origin, size, root hash"),
        (f"name\n-1\n{ROOT}\n", "origin, size, root hash"),
        (f"name\n١\n{ROOT}\n", "origin, size, root hash"),
        (f"name\n{'9' * 5000}\n{ROOT}\n", "origin, size, root hash"),
        (f"name\n1\n{ROOT}", "origin, size, root hash"),
        (f"name\n1\n{ROOT}\n\n", "origin, size, root hash"),
        (f"name\n1\n{ROOT[:-2]}B=\n", "the root hash is not base64"),
        ("name\n1\nAAAA\n", "the root hash has 3 bytes, not 32"),
    ],
)
def test_what_is_no_checkpoint_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_checkpoint(text)
