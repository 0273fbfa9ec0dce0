from __future__ import annotations

import base64
import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.errors import GoneError
from carnet.records import holding
from carnet.records.chronicle import signer
from carnet.records.receipts import completed, past, receipt_faults
from tests.records.kept import NOW, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.records.receipts import Receipt


def printed(receipt: Receipt) -> dict[str, Any]:
    """As whoever asked has it in a file."""
    found = json.loads(json.dumps(receipt.answer))
    assert isinstance(found, dict)
    return found


@pytest.fixture
def receipt(shelf: Shelf) -> dict[str, Any]:
    """Of an erasure in the middle of a log."""
    for session in ("s0", "s1", "s2", "s3"):
        shelf.put(shelf.draft("words", session=session), shelf.draft("more words", session=session))
    shelf.erase(session="s0")
    shelf.erase(session="s1")
    shelf.erase(session="s2")
    return printed(shelf.erase(session="s3"))


def leaves(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from leaves(inner, (*path, at))
    else:
        yield path


def at(value: Any, path: tuple[object, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def changed(receipt: dict[str, Any], path: tuple[object, ...], new: object) -> dict[str, Any]:
    found = copy.deepcopy(receipt)
    at(found, path[:-1])[path[-1]] = new
    return found


def test_a_receipt_tells_what_was_destroyed_and_when(receipt: dict[str, Any]) -> None:
    assert receipt_faults(receipt) == []
    assert receipt_faults(receipt, receipt["log"]["key"]) == []
    assert (receipt["state"], receipt["scope"], receipt["sessions"], receipt["records"], receipt["bytes"]) == (
        *("done", {"session": "s3"}),
        *(1, 2, 15),
    )
    assert receipt["asked"] == receipt["keys_destroyed"] == receipt["finished"] == "2026-04-01T09:30:00Z"
    assert len(receipt["log"]["proof"]) > 0


def test_every_fact_that_is_changed_is_found(receipt: dict[str, Any]) -> None:
    paths = list(leaves(receipt))
    assert len(paths) > 14
    for path in paths:
        now = at(receipt, path)
        others: list[Any] = [None, "", 0, "x", [], {}, now + 1 if isinstance(now, int) else f"{now}x", f"x{now}", [now]]
        for other in others:
            if other != now:
                assert receipt_faults(changed(receipt, path, other)), (path, other)


def test_every_part_that_is_missing_is_found(receipt: dict[str, Any]) -> None:
    for path in [*((name,) for name in receipt), *(("log", name) for name in receipt["log"])]:
        found = copy.deepcopy(receipt)
        del at(found, path[:-1])[path[-1]]
        assert receipt_faults(found), path


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_letter_that_is_changed_is_found(receipt: dict[str, Any], choice: st.DataObject) -> None:
    texts = [path for path in leaves(receipt) if isinstance(at(receipt, path), str)]
    path = choice.draw(st.sampled_from(texts))
    now = at(receipt, path)
    # the last letter of a signature has bits that mean nothing in base64
    place = choice.draw(st.integers(0, len(now.rstrip("=\n")) - 2))
    letter = choice.draw(st.sampled_from("Az09+/ \nx").filter(lambda one: one != now[place]))
    assert receipt_faults(changed(receipt, path, now[:place] + letter + now[place + 1 :]))


def test_a_proof_that_was_changed_is_found(receipt: dict[str, Any]) -> None:
    proof = receipt["log"]["proof"]
    for other in ([], proof[:-1], proof[1:], proof[::-1] if len(proof) > 1 else [*proof, *proof], [*proof, proof[0]]):
        assert receipt_faults(changed(receipt, ("log", "proof"), other))
    for number, one in enumerate(proof):
        flipped = bytearray(base64.b64decode(one))
        flipped[0] ^= 1
        assert receipt_faults(changed(receipt, ("log", "proof", number), base64.b64encode(flipped).decode()))


def test_a_proof_that_need_not_be_there_must_not_be_anything_else(shelf: Shelf) -> None:
    shelf.kept()
    first = printed(shelf.erase(session="s1"))
    assert (first["log"]["index"], first["log"]["proof"]) == (0, [])
    assert receipt_faults(first) == []
    others: list[Any] = ["", {}, None, ["x"], 0]
    for other in others:
        assert receipt_faults(changed(first, ("log", "proof"), other))
    assert receipt_faults(json.loads(json.dumps(changed(first, ("log", "index"), False))))


def test_a_receipt_of_another_log_is_found_by_who_knows_the_key(receipt: dict[str, Any], shelf: Shelf) -> None:
    ours = receipt["log"]["key"]
    name, hash_, _ = ours.split("+", 2)
    key = base64.b64encode(b"\1" + bytes(32)).decode()
    other = f"{name}+{hash_}+{key}"
    assert receipt_faults(receipt, other) == [f"it is of another log: it names the key {ours}"]
    assert receipt_faults(changed(receipt, ("log", "key"), other), other)
    assert signer(shelf.store, shelf.keyring).verifier.text() == ours


def test_another_erasures_proof_does_not_do(shelf: Shelf, receipt: dict[str, Any]) -> None:
    shelf.kept(session="s9")
    other = printed(shelf.erase(session="s9"))
    assert receipt_faults(other) == []
    assert receipt_faults({**receipt, "log": other["log"]}) == ["what it says is not what the log committed to"]


@pytest.mark.parametrize("answer", [{}, {"state": "done"}, {"state": "done", "log": []}, {"state": "done", "log": {}}])
def test_what_is_no_receipt_is_told(answer: dict[str, object]) -> None:
    assert receipt_faults(answer)


def test_what_was_erased_is_named_in_no_receipt_the_store_keeps(shelf: Shelf) -> None:
    shelf.kept(session="session-of-somebody")
    answer = printed(shelf.erase(session="session-of-somebody"))
    (row,) = past(shelf.store)
    assert row["receipt"] == answer["receipt"]
    assert (row["index"], row["records"], row["of"]) == (0, 1, ["session"])
    assert "session-of-somebody" not in json.dumps(row)
    assert answer["salt"] not in json.dumps(row)
    assert "log" not in row


# --- what waited


def waited(shelf: Shelf) -> dict[str, Any]:
    """Ask for a session that is held to be erased."""
    shelf.put(shelf.draft(session="s1"), shelf.draft(session="s2"))
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "court", NOW)
    return printed(shelf.erase(session="s1"))


def test_while_it_waits_a_receipt_says_so_and_proves_nothing(shelf: Shelf) -> None:
    queued = waited(shelf)
    assert (queued["state"], queued["held"], queued["records"], queued["finished"]) == ("queued", 1, 0, None)
    assert receipt_faults(queued) == ["this is no receipt of an erasure that is done"]
    assert past(shelf.store) == []
    with pytest.raises(GoneError, match="it may still wait for a release"):
        completed(shelf.store, signer(shelf.store, shelf.keyring), queued)


def test_once_it_is_done_its_asker_gets_the_whole_receipt(shelf: Shelf) -> None:
    queued = waited(shelf)
    shelf.later(hours=1)
    holding.release(shelf.store, shelf.keyring, shelf.sessions("s1"), "settled", shelf.now)
    (made,) = shelf.keep().receipts
    answer = printed(completed(shelf.store, signer(shelf.store, shelf.keyring), queued))
    assert receipt_faults(answer, answer["log"]["key"]) == []
    assert {name: answer[name] for name in ("receipt", "scope", "asked", "salt")} == {
        name: queued[name] for name in ("receipt", "scope", "asked", "salt")
    }
    assert (answer["state"], answer["records"], answer["finished"]) == ("done", 1, "2026-04-01T10:30:00Z")
    assert printed(made) | {"log": answer["log"]} == answer
    assert receipt_faults({**answer, "log": printed(made)["log"]}) == []


def test_whoever_asked_for_something_else_gets_no_proof_of_it(shelf: Shelf) -> None:
    queued = waited(shelf)
    holding.release(shelf.store, shelf.keyring, shelf.sessions("s1"), "settled", shelf.now)
    shelf.keep()
    ours = signer(shelf.store, shelf.keyring)
    for false in ({"scope": {"session": "s2"}}, {"salt": "00"}):
        assert receipt_faults(printed(completed(shelf.store, ours, {**queued, **false})))
    with pytest.raises(GoneError, match="no erasure with the receipt ffff is done"):
        completed(shelf.store, ours, {**queued, "receipt": "ffff"})
