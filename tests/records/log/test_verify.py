"""A log that is whole has no faults; every way to touch it has a name; a receipt needs no store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.errors import NotFoundError
from carnet.records.log import merkle
from carnet.records.log.checkpoint import Checkpoint, open_checkpoint
from carnet.records.log.note import sign
from carnet.records.log.tiles import CHECKPOINT
from carnet.records.log.verify import check_log, check_receipt_proof, prove, prove_consistency
from tests.records.objects import MemoryObjects

from .logs import KEY, OTHER, SIGNER, Changed, entries, log, root

if TYPE_CHECKING:
    from collections.abc import Sequence

LOG = log(400, 1000)
OLD = log(400).held[CHECKPOINT]


def touched(name: str, data: bytes | None) -> MemoryObjects:
    objects = MemoryObjects()
    objects.held = LOG.held | {name: data or b""}
    if data is None:
        del objects.held[name]
    return objects


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000])
def test_a_log_as_it_was_published_has_no_faults(size: int) -> None:
    assert check_log(log(size), entries, size, KEY) == []
    assert check_log(log(size), entries, size + 5, KEY) == [], "what is not published yet is no fault"


@pytest.mark.parametrize("name", sorted(log(1000).held.keys() - {CHECKPOINT}))
def test_every_file_that_is_touched_or_gone_is_named(name: str) -> None:
    what = "entry bundle" if "entries" in name else "tile"
    assert check_log(touched(name, None), entries, 1000, KEY) == [f"{what} missing: {name}"]
    for data in (LOG.held[name][:-1], LOG.held[name] + b"\0", merkle.leaf_hash(b"") + LOG.held[name][32:]):
        found = check_log(touched(name, data), entries, 1000, KEY)
        assert found == [f"{what} differs from the entries: {name}"]


def test_a_missing_checkpoint_is_named() -> None:
    assert check_log(touched(CHECKPOINT, None), entries, 1000, KEY) == [
        "checkpoint missing: there is no log/checkpoint"
    ]


@pytest.mark.parametrize(
    ("note", "fault"),
    [
        (b"noise", "checkpoint malformed: "),
        (sign("text\n", SIGNER), "checkpoint malformed: "),
        (sign(Checkpoint(SIGNER.name, 1000, root(1000)).text(), OTHER), "signature wrong: no signature by"),
        (LOG.held[CHECKPOINT].replace(b"\n1000\n", b"\n1001\n"), "signature wrong: the signature by"),
    ],
)
def test_a_checkpoint_that_was_tampered_with_is_named(note: bytes, fault: str) -> None:
    (found,) = check_log(touched(CHECKPOINT, note), entries, 1000, KEY)
    assert found.startswith(fault)


def test_a_checkpoint_of_more_than_there_is_is_named() -> None:
    assert check_log(LOG, entries, 999, KEY) == [
        "checkpoint longer than the entries: it is of 1000, there are 999",
    ]


def test_a_signed_root_that_is_not_the_entries_is_named() -> None:
    note = sign(Checkpoint(SIGNER.name, 1000, bytes(32)).text(), SIGNER)
    (found,) = check_log(touched(CHECKPOINT, note), entries, 1000, KEY)
    assert found.startswith("checkpoint differs from the entries")


def test_an_entry_that_was_changed_is_found_wherever_it_shows() -> None:
    names = [
        *(
            "entry bundle differs from the entries: log/tile/entries/001",
            "tile differs from the entries: log/tile/0/001",
        ),
        "tile differs from the entries: log/tile/1/000.p/3",
        "checkpoint differs from the entries: their root is not the one that was signed",
    ]
    assert check_log(LOG, Changed(300), 1000, KEY) == names


def test_entries_that_are_gone_are_named() -> None:
    def gone(start: int, stop: int) -> Sequence[bytes]:
        return [entry for entry in entries(start, stop) if entry != b"entry 5"]

    (found,) = check_log(LOG, gone, 1000, KEY)
    assert found.startswith("entries missing: ")


def test_a_log_continues_what_it_signed_before() -> None:
    assert check_log(LOG, entries, 1000, KEY, seen=[OLD, LOG.held[CHECKPOINT]]) == []


def test_a_log_that_was_cut_back_is_named() -> None:
    assert check_log(log(400), entries, 1000, KEY, seen=[LOG.held[CHECKPOINT]]) == [
        "log shorter than a checkpoint: it signed 1000 entries and now says 400"
    ]


def test_a_log_that_was_made_anew_is_named() -> None:
    other = sign(Checkpoint(SIGNER.name, 400, bytes(32)).text(), SIGNER)
    assert check_log(LOG, entries, 1000, KEY, seen=[other]) == [
        "log differs from a checkpoint: it is no continuation of the 400 entries signed"
    ]


def test_a_seen_checkpoint_of_another_key_proves_nothing_and_is_named() -> None:
    (found,) = check_log(LOG, entries, 1000, KEY, seen=[sign("x\n", OTHER)])
    assert found.startswith("seen signature wrong: ")


@given(st.integers(0, 999))
def test_every_entry_of_a_log_is_proved_without_its_store(index: int) -> None:
    proof, (entry,) = prove(LOG, index), entries(index, index + 1)
    assert check_receipt_proof(entry, proof.of, proof.hashes, proof.checkpoint, KEY) == []


@given(st.integers(0, 999), st.integers(0, 1000), st.integers(0, 7))
def test_a_proof_is_of_this_entry_at_this_place(index: int, at: int, bit: int) -> None:
    proof, (entry,) = prove(LOG, index), entries(index, index + 1)
    told = bytearray(b"".join(proof.hashes))
    told[at % len(told)] ^= 1 << bit
    hashes = [bytes(told[start : start + 32]) for start in range(0, len(told), 32)]
    fault = [f"entry not in the log: the proof does not lead from entry {index} to the checkpoint's root"]

    assert check_receipt_proof(entry, index, hashes, proof.checkpoint, KEY) == fault
    assert check_receipt_proof(entry + b" ", index, proof.hashes, proof.checkpoint, KEY) == fault
    assert len(check_receipt_proof(entry, index ^ 1, proof.hashes, proof.checkpoint, KEY)) == 1


def test_a_receipt_under_another_key_or_without_a_checkpoint_is_refused() -> None:
    proof = prove(LOG, 7)
    (found,) = check_receipt_proof(b"entry 7", 7, proof.hashes, proof.checkpoint, OTHER.verifier.text())
    assert found.startswith("signature wrong: no signature by")
    (found,) = check_receipt_proof(b"entry 7", 7, proof.hashes, b"", KEY)
    assert found.startswith("checkpoint malformed: ")


@pytest.mark.parametrize("old", [0, 1, 256, 400, 999, 1000])
def test_a_log_is_proved_to_begin_with_an_older_one(old: int) -> None:
    proof = prove_consistency(LOG, old)
    now = open_checkpoint(proof.checkpoint, SIGNER.verifier)
    assert merkle.verify_consistency(old, now.size, root(old), now.root, proof.hashes)
    assert not merkle.verify_consistency(old, now.size, bytes(32), now.root, proof.hashes)
    assert proof.of == old


def test_what_is_not_published_is_not_proved() -> None:
    for index in (-1, 1000):
        with pytest.raises(NotFoundError, match="not in the published log, which has 1000"):
            prove(LOG, index)
    with pytest.raises(NotFoundError, match="the published log has 1000 entries, not 1001"):
        prove_consistency(LOG, 1001)
    with pytest.raises(NotFoundError):
        prove(MemoryObjects(), 0)
