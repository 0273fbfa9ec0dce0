"""Commands beside a damaged partition: whatever can be read or erased is, the rest is named, and the status is 3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .shelf import ANN, BOB, CID, HOME, JUNIPER, line

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Ended
    from .shelf import Shelf


@pytest.fixture
def ruin(shelf: Shelf) -> tuple[str, str, Path]:
    """Bob's record of five years in a file that is none any more, his metric and Cid's in one that is whole."""
    lost, metric, _ = shelf.kept(
        line(BOB), line(BOB, kind="metric", flow="metrics"), line(CID, "c1", kind="metric", flow="metrics")
    )
    (file,) = (shelf.data / "records").glob("part-years5-*.db")
    shelf.carnet("records", "expire")  # what is in the WAL goes into the file
    file.with_name("copy").write_bytes(file.read_bytes())
    file.write_bytes(b"SQLite format 3\0" + bytes(5000))
    return lost, metric, file


def repair(file: Path) -> None:
    file.with_name("copy").replace(file)


def said(ended: Ended, file: Path) -> None:
    assert ended.status == 3
    assert str(file) in ended.err
    assert "Traceback" not in ended.err


def test_list_gives_what_can_be_read(shelf: Shelf, ruin: tuple[str, str, Path]) -> None:
    _, metric, file = ruin
    ended = shelf.carnet("records", "list", "--account", BOB, "--json")
    said(ended, file)
    assert [row["id"] for row in json.loads(ended.out)["records"]] == [metric]
    said(shelf.carnet("records", "list"), file)
    assert "No such records" not in shelf.carnet("records", "list", "--session", "none").out
    ended = shelf.carnet("records", "stats", "--json")
    said(ended, file)
    assert json.loads(ended.out)["classes"] == [{"retention": "days30", "records": 2, "bytes": 10}]


def test_show_tells_gone_from_unknown(shelf: Shelf, ruin: tuple[str, str, Path]) -> None:
    lost, metric, file = ruin
    assert shelf.carnet("records", "show", metric).status == 0
    said(shelf.carnet("records", "show", lost), file)


@pytest.mark.parametrize(
    "args",
    [("records", "delete", "--session", "s1"), ("records", "delete", "--account", BOB), ("account", "delete", BOB)],
)
def test_a_deletion_is_queued_and_done_after_the_repair(
    shelf: Shelf, ruin: tuple[str, str, Path], args: tuple[str, ...]
) -> None:
    _, metric, file = ruin
    ended = shelf.carnet(*args, "--json")
    said(ended, file)
    receipt = json.loads(ended.out)
    assert (receipt["state"], receipt["records"], receipt["finished"]) == ("queued", 1, None)
    assert receipt["unread"] == [file.stem.removeprefix("part-")]
    assert "the deletion is not complete" in ended.err
    assert metric not in {row["id"] for row in json.loads(shelf.carnet("records", "list", "--json").out)["records"]}
    repair(file)
    ended = shelf.carnet("records", "delete", "--account", CID)
    assert ended.status == 0
    done = json.loads(ended.err.splitlines()[1])
    assert ended.err.startswith("A deletion that had been cut short is finished. Its receipt:\n")
    assert (done["receipt"], done["state"], done["records"]) == (receipt["receipt"], "done", 2)
    assert shelf.listed() == []


def test_a_deletion_in_words_says_what_was_not_reached(shelf: Shelf, ruin: tuple[str, str, Path]) -> None:
    file = ruin[2]
    ended = shelf.carnet("records", "delete", "--account", BOB)
    said(ended, file)
    assert ended.out.startswith(f"Queued: all records of account {BOB}.\n")
    assert f"  not reached     {file.stem.removeprefix('part-')}: cannot be read\n" in ended.out
    assert "held session" not in ended.out


def test_nobody_elses_commands_fail(shelf: Shelf, ruin: tuple[str, str, Path]) -> None:
    file = ruin[2]
    ended = shelf.carnet("account", "consent", CID, "on")
    said(ended, file)
    assert ended.out.startswith(f"{CID}: model improvement on")
    said(shelf.carnet("org", "set", JUNIPER, "--dpp", "on"), file)
    assert shelf.json("org", "show", JUNIPER)["dpp"] is True
    assert shelf.put(line(ANN), line(CID)).status in {0, 3}
    said(shelf.carnet("records", "hold", "--session", "c1", "--reason", "x"), file)
    said(shelf.carnet("records", "release", "--session", "c1", "--reason", "x"), file)
    said(shelf.carnet("org", "delete", HOME, "--json"), file)


def test_exports_and_rounds_say_what_they_lack(shelf: Shelf, ruin: tuple[str, str, Path]) -> None:
    file = ruin[2]
    for args in (("--subject", BOB), ("--training",)):
        ended = shelf.carnet("records", "export", *args)
        said(ended, file)
        assert json.loads(ended.out.splitlines()[-1])["manifest"]["unread"] == [file.stem.removeprefix("part-")]
    ended = shelf.carnet("records", "expire", "--json")
    said(ended, file)
    assert json.loads(ended.out)["records"] == 0
    assert shelf.carnet("records", "verify").status == 1


def test_put_keeps_what_it_can_and_answers_each_line(shelf: Shelf, ruin: tuple[str, str, Path]) -> None:
    *_, file = ruin
    ended = shelf.put(line(CID, "c2"), line(BOB, "b2"), b"{}\n", line(CID, "c3"))
    said(ended, file)
    first, second, third, fourth = map(json.loads, ended.out.splitlines())
    assert ("id" in first, "id" in fourth) == (True, True)
    assert (second["line"], str(file) in second["error"]) == (2, True)
    assert "give it again when that is repaired" in second["error"]
    assert third["line"] == 3
    repair(file)
    assert "id" in json.loads(shelf.put(line(BOB, "b2")).out)
    assert shelf.carnet("records", "verify").status == 0
