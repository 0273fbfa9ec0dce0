"""Receipts: what was erased and when, without names; and that no word of one can be changed."""

from __future__ import annotations

import copy
import json
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import pytest

from .shelf import ANN, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Carnet, Ended
    from .shelf import Shelf


def _verify(shelf: Shelf, receipt: object, *args: str) -> Ended:
    file = shelf.folder / "receipt.json"
    file.write_text(json.dumps(receipt))
    return shelf.carnet("records", "verify", "--receipt", str(file), *args)


def _changed(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The same value with one thing in it changed, once for every thing in it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{place}.{name} left out", {other: value[other] for other in value if other != name}
            yield from ((where, {**value, name: new}) for where, new in _changed(inner, f"{place}.{name}"))
    elif isinstance(value, list):
        yield f"{place} shorter", value[:-1]
        for index, inner in enumerate(value):
            for where, new in _changed(inner, f"{place}[{index}]"):
                yield where, [*value[:index], new, *value[index + 1 :]]
    elif isinstance(value, int):
        yield f"{place} + 1", value + 1
    elif isinstance(value, str):
        for at in range(0, len(value), max(1, len(value) // 12)):
            other = "9" if value[at] in ascii_uppercase else "A"  # of base64, other bits that are read
            yield f"{place}[{at}]", value[:at] + other + value[at + 1 :]
        yield f"{place} cut", value[:-2]


def test_a_receipt_is_checked_without_the_store(shelf: Shelf, carnet: Carnet, tmp_path: Path) -> None:
    shelf.kept(line())
    receipt = shelf.json("records", "delete", "--session", "s1")
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    away = tmp_path / "away"
    ended = carnet("--data", str(away), "records", "verify", "--receipt", str(tmp_path / "receipt.json"))

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("The receipt is what the log committed to")
    assert not away.exists()


def test_no_word_of_a_receipt_can_be_changed(shelf: Shelf) -> None:
    shelf.kept(line(), line(session="s2"), line(session="s3"))
    for session in ("s2", "s3"):
        shelf.carnet("records", "delete", "--session", session)
    receipt = shelf.json("records", "delete", "--session", "s1")
    assert _verify(shelf, receipt).status == 0
    tried = 0
    for where, changed in _changed(copy.deepcopy(receipt)):
        ended = _verify(shelf, changed)
        assert (ended.status, "Traceback" in ended.err) == (1, False), where
        assert "fault" in ended.out, where
        tried += 1
    assert tried > 150


def test_a_receipt_of_another_log_is_told_by_the_key(shelf: Shelf) -> None:
    shelf.kept(line())
    receipt = shelf.json("records", "delete", "--session", "s1")
    key = receipt["log"]["key"]  # type: ignore[index]

    assert _verify(shelf, receipt, "--key", str(key)).out == "The receipt is what the log committed to.\n"
    ended = _verify(shelf, receipt, "--key", "carnet.log/0+00000000+AAAA")
    assert ended.status == 1
    assert "it is of another log" in ended.out
    assert shelf.carnet("records", "verify", "--key", str(key)).status == 2


def test_a_key_that_a_script_left_empty_is_no_check_passed(shelf: Shelf) -> None:
    shelf.kept(line())
    receipt = shelf.json("records", "delete", "--session", "s1")
    ended = _verify(shelf, receipt, "--key", "")

    assert (ended.status, ended.out) == (2, "")
    assert "it is empty" in ended.err


@pytest.mark.parametrize("text", ["", "{", "[]", "17", "\udc80", None])
def test_what_is_no_receipt_is_named(shelf: Shelf, text: str | None) -> None:
    file = shelf.folder / "r.json"
    if text is not None:
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
    for args in (("verify", "--receipt"), ("receipts", "--complete")):
        ended = shelf.carnet("records", *args, str(file))
        assert (ended.status, ended.out) == (2, "")
        assert str(file) in ended.err


def test_a_queued_receipt_is_none_of_an_erasure_and_becomes_one_after_the_release(shelf: Shelf) -> None:
    shelf.kept(line(), line(session="s2"))
    shelf.carnet("records", "hold", "--session", "s1", "--reason", "case")
    queued = shelf.json("records", "delete", "--account", ANN)
    file = shelf.folder / "queued.json"
    file.write_text(json.dumps(queued))
    assert _verify(shelf, queued).status == 1
    early = shelf.carnet("records", "receipts", "--complete", str(file))
    assert (early.status, early.out) == (1, "")
    assert "may still wait for a release" in early.err

    shelf.carnet("records", "release", "--session", "s1", "--reason", "over")
    ended = shelf.carnet("records", "receipts", "--complete", str(file))
    whole = json.loads(ended.out)
    assert (whole["state"], whole["records"], whole["scope"]) == ("done", 2, {"account": ANN})
    assert _verify(shelf, whole).status == 0
    assert _verify(shelf, {**whole, "scope": {"account": "other@juniper.example"}}).status == 1


def test_receipts_are_listed_newest_first_and_name_nobody(shelf: Shelf) -> None:
    shelf.kept(line(), line(session="s2"), line(session="s2"))
    first = shelf.json("records", "delete", "--session", "s1")
    second = shelf.json("records", "delete", "--account", ANN)
    answer = shelf.json("records", "receipts")
    rows = answer["receipts"]
    assert isinstance(rows, list)

    assert [row["receipt"] for row in rows] == [second["receipt"], first["receipt"]]
    assert [(row["of"], row["sessions"], row["records"]) for row in rows] == [(["account"], 1, 2), (["session"], 1, 1)]
    assert ANN not in json.dumps(answer)
    above, below, key = shelf.carnet("records", "receipts").out.splitlines()
    assert "UTC  by account  1 session  2 records  10 B  entry " in above
    assert "UTC  by session  1 session  1 record   5 B   entry " in below
    assert answer["key"] == first["log"]["key"]  # type: ignore[index]
    assert key == f"Key of the log: {answer['key']}"


def test_before_any_erasure_there_is_none(carnet: Carnet) -> None:
    assert carnet("records", "receipts").out == "Nothing has been erased yet.\n"
    assert json.loads(carnet("records", "receipts", "--json").out) == {"receipts": [], "key": None}


def test_no_file_keeps_the_name_of_what_is_gone(shelf: Shelf) -> None:
    shelf.kept(line(session="Session-Zebra-1"))
    shelf.carnet("records", "delete", "--session", "Session-Zebra-1")
    shelf.carnet("records", "expire")

    assert b"Session-Zebra-1" not in shelf.bytes_of_all_files()
