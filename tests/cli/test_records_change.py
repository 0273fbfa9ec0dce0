"""`carnet records delete|hold|release`: gone with a receipt, held whatever is asked, and done at release."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.cli import kept, records_change

from .shelf import ANN, BOB, CID, DELETED, HOME, JUNIPER, line

if TYPE_CHECKING:
    from .conftest import Carnet
    from .shelf import Shelf


def _hold(shelf: Shelf, session: str = "s1", *args: str) -> None:
    assert shelf.carnet("records", "hold", "--session", session, "--reason", "case 7", *args).status == 0


# --- delete


@pytest.mark.parametrize(
    ("args", "left", "scope"),
    [
        (("--session", "s2"), 3, {"session": "s2"}),
        (("--account", ANN), 2, {"account": ANN}),
        (("--org", JUNIPER), 2, {"organisation": JUNIPER}),
        (("--repository", "git/one"), 3, {"repository": "git/one"}),
        (("--account", ANN, "--session", "s1"), 3, {"session": "s1", "account": ANN}),
    ],
)
def test_what_is_named_is_gone_and_nothing_else(
    shelf: Shelf, args: tuple[str, ...], left: int, scope: dict[str, str]
) -> None:
    shelf.kept(line(ANN, "s1"), line(ANN, "s2"), line(BOB, "s1"), line(BOB, "s3", repository="git/one"))
    receipt = shelf.json("records", "delete", *args)

    assert set(receipt) == {*DELETED, "log"}
    assert (receipt["state"], receipt["scope"], receipt["records"]) == ("done", scope, 4 - left)
    assert len(shelf.listed()) == left
    assert shelf.listed(*args) == []
    assert shelf.json("records", "verify") == {"faults": []}


def test_two_accounts_with_one_name_of_a_session_are_told_apart(shelf: Shelf) -> None:
    shelf.kept(line(ANN), line(BOB))
    for command in (("delete",), ("hold", "--reason", "x"), ("release", "--reason", "x")):
        ended = shelf.carnet("records", *command, "--session", "s1")
        assert (ended.status, ended.out) == (2, "")
        assert f"several accounts have a session 's1': {ANN}, {BOB}; say whose with --account" in ended.err
    assert len(shelf.listed()) == 2
    assert shelf.json("records", "stats")["log"] == {"entries": 0}
    assert shelf.json("records", "delete", "--session", "s1", "--org", HOME)["records"] == 1
    assert [row["account"] for row in shelf.listed()] == [ANN]


def test_a_session_of_several_repositories_goes_whole_or_by_repository(shelf: Shelf) -> None:
    shelf.kept(*(line(repository=name) for name in ("one", "two", "three")))

    assert shelf.json("records", "delete", "--session", "s1", "--repository", "one")["records"] == 1
    assert shelf.json("records", "delete", "--session", "s1")["records"] == 2


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        ((), 2, "say what to erase"),
        (("--session", ""), 2, "it is empty; say which is meant"),
        (("--session", "never"), 1, "nothing is kept of the session 'never'"),
        (("--session", "s1", "--account", CID), 1, "nothing is kept of the session 's1'"),
        (("--account", "who@nowhere.example"), 2, "there is no account"),
        (("--org", "Nowhere"), 2, "there is no organisation"),
        (("--account", ANN, "--org", HOME), 2, "is not of the organisation"),
    ],
)
def test_what_names_nothing_deletes_nothing(shelf: Shelf, args: tuple[str, ...], status: int, said: str) -> None:
    shelf.kept(line())
    ended = shelf.carnet("records", "delete", *args)

    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err
    assert len(shelf.listed()) == 1


def test_the_words_say_what_is_gone(shelf: Shelf) -> None:
    shelf.kept(line(body="12345"))
    first, *rest = shelf.carnet("records", "delete", "--session", "s1").out.splitlines()

    assert first == "Erased all records of session s1: 1 record of 1 session, 5 B."
    assert [one.split()[0] for one in rest] == ["keys", "finished", "receipt", "With"]


def test_an_account_without_records_has_a_receipt_that_says_so(shelf: Shelf) -> None:
    out = shelf.carnet("records", "delete", "--account", CID).out

    assert out.startswith(f"Erased all records of account {CID}: 0 records of 0 sessions, 0 B.\n")
    assert shelf.carnet("account", "show", CID).status == 0


def test_whoever_sits_at_a_terminal_is_asked(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept(line(), line(session="s2"))
    asked: list[str] = []
    monkeypatch.setattr(records_change, "sure", lambda question, *, yes: asked.append(f"{question} {yes}"))
    shelf.carnet("records", "delete", "--account", ANN, "--yes")

    assert asked == [f"Erase all records of account {ANN}: 2 sessions? True"]


def test_what_is_under_way_is_finished_first(shelf: Shelf, carnet: Carnet) -> None:
    shelf.kept(line(), line(session="s2"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("carnet.records.erasing.erase", _broken)
        assert shelf.carnet("records", "delete", "--session", "s1").status == 3
    assert len(shelf.listed()) == 2
    assert carnet("records", "delete", "--session", "s2").status == 0
    assert shelf.listed() == []
    assert len(shelf.json("records", "receipts")["receipts"]) == 2  # type: ignore[arg-type]


def _broken(*_: object) -> None:
    raise OSError(28, "No space left on device")


# --- hold and release


def test_a_held_session_outlives_deletion_and_expiry_and_stays_listed_with_its_hold(shelf: Shelf) -> None:
    (one,) = shelf.kept(line())
    _hold(shelf)
    receipt = shelf.json("records", "delete", "--session", "s1")
    shelf.carnet("records", "expire", "--now", "2099-01-01")

    assert set(receipt) == {*DELETED, "held"}
    assert (receipt["state"], receipt["held"], receipt["records"]) == ("queued", 1, 0)
    assert [(row["id"], row["hold"]) for row in shelf.listed()] == [(one, "case 7")]
    assert shelf.carnet("records", "show", one).out == "hello"


def test_a_release_does_what_was_asked_for_meanwhile(shelf: Shelf) -> None:
    one, other = shelf.kept(line(session="s1"), line(session="s2"))
    _hold(shelf)
    queued = shelf.carnet("records", "delete", "--account", ANN)
    assert queued.out.startswith(f"Queued: all records of account {ANN}.\n")
    assert "  erased so far   1 record of 1 session, 5 B\n" in queued.out
    assert "  not erased      1 held session: carnet records release erases it\n" in queued.out
    assert [row["id"] for row in shelf.listed()] == [one]
    assert shelf.carnet("records", "show", other).status == 1

    ended = shelf.carnet("records", "release", "--session", "s1", "--reason", "over")
    assert ended.out.startswith(f"Released: session s1 of {ANN}.\nWhat had been asked for meanwhile is done:\n")
    assert f"Erased all records of account {ANN}: 2 records of 2 sessions, 10 B.\n" in ended.out
    assert ended.out.endswith("Nothing of it is left: it was to be erased, or its time had passed.\n")
    assert shelf.listed() == []
    assert shelf.carnet("records", "show", one).status == 1
    assert shelf.json("records", "verify") == {"faults": []}


def test_nothing_of_a_queued_deletion_is_said_to_be_erased(shelf: Shelf) -> None:
    shelf.kept(line())
    _hold(shelf)
    out = shelf.carnet("records", "delete", "--session", "s1").out

    assert "  erased so far   nothing\n" in out
    assert "keys destroyed" not in out
    assert not out.startswith("Erased")


def test_a_release_ends_what_expired_meanwhile(shelf: Shelf) -> None:
    shelf.kept(line(at=f"{datetime.now(UTC) - timedelta(days=29):%Y-%m-%dT%H:%M:%SZ}"))
    _hold(shelf)
    shelf.at(datetime.now(UTC) + timedelta(days=2))
    shelf.carnet("records", "expire")
    assert len(shelf.listed()) == 1
    ended = shelf.carnet("records", "release", "--session", "s1", "--reason", "over")

    assert ended.status == 0
    assert shelf.listed() == []


def test_what_is_released_in_time_goes_on_as_if_it_had_never_been_held(shelf: Shelf) -> None:
    (one,) = shelf.kept(line())
    (before,) = shelf.listed()
    _hold(shelf)
    ended = shelf.carnet("records", "release", "--session", "s1", "--reason", "over")

    assert ended.out == f"Released: session s1 of {ANN}.\n"
    assert shelf.listed() == [before]
    assert shelf.carnet("records", "show", one).out == "hello"


def test_a_hold_holds_what_is_still_to_come(shelf: Shelf) -> None:
    shelf.kept(line(body="before"))
    _hold(shelf)
    shelf.kept(line(body="after"))
    shelf.carnet("records", "expire", "--now", "2099-01-01")

    assert [row["hold"] for row in shelf.listed()] == ["case 7", "case 7"]


def test_holding_again_says_since_when(shelf: Shelf) -> None:
    shelf.kept(line())
    first = shelf.carnet("records", "hold", "--session", "s1", "--reason", " case 7 ")
    second = shelf.carnet("records", "hold", "--session", "s1", "--reason", "other")

    assert first.out.startswith(f"Held: session s1 of {ANN}, because: case 7\n")
    assert second.out.startswith("Held already, since ")
    assert "because: case 7\n" in second.out
    assert shelf.carnet("records", "release", "--session", "s1", "--reason", "over").status == 0
    assert shelf.carnet("records", "release", "--session", "s1", "--reason", "over").status == 2
    assert [row["hold"] for row in shelf.listed()] == [None]


@pytest.mark.parametrize("command", ["hold", "release"])
@pytest.mark.parametrize(
    ("args", "status"),
    [
        (("--session", "s1"), 2),
        (("--session", "s1", "--reason", "  "), 2),
        (("--reason", "x"), 2),
        (("--account", ANN, "--reason", "x"), 2),
        (("--session", "never", "--reason", "x"), 1),
        (("--session", "s1", "--account", "who@nowhere.example", "--reason", "x"), 2),
    ],
)
def test_a_hold_names_one_session_and_a_reason(shelf: Shelf, command: str, args: tuple[str, ...], status: int) -> None:
    shelf.kept(line())
    ended = shelf.carnet("records", command, *args)

    assert (ended.status, ended.out) == (status, "")
    assert shelf.json("records", "stats")["held"] == 0


def test_releasing_what_is_not_held_is_said(shelf: Shelf) -> None:
    shelf.kept(line())
    ended = shelf.carnet("records", "release", "--session", "s1", "--reason", "x")

    assert (ended.status, ended.out) == (2, "")
    assert "nothing of that session is held" in ended.err


def test_holds_and_releases_are_recorded(shelf: Shelf) -> None:
    shelf.kept(line())
    _hold(shelf)
    assert shelf.json("records", "stats")["log"] == {"entries": 1}
    shelf.carnet("records", "release", "--session", "s1", "--reason", "over")
    assert shelf.json("records", "stats")["log"] == {"entries": 2}


@pytest.mark.parametrize("command", [("delete",), ("hold", "--reason", "x"), ("release", "--reason", "x")])
def test_a_clock_that_was_set_back_changes_nothing(shelf: Shelf, command: tuple[str, ...]) -> None:
    shelf.kept(line())
    shelf.at(datetime.now(UTC) - timedelta(days=365))
    ended = shelf.carnet("records", *command, "--session", "s1")

    assert (ended.status, ended.out) == (3, "")
    assert "it was set back" in ended.err
    assert [row["hold"] for row in shelf.listed()] == [None]


def test_a_deleted_session_can_begin_again_and_nothing_comes_back(shelf: Shelf) -> None:
    (old,) = shelf.kept(line(body="old"))
    shelf.carnet("records", "delete", "--session", "s1")
    (new,) = shelf.kept(line(body="new"))

    assert shelf.carnet("records", "show", old).status == 1
    assert shelf.carnet("records", "show", new).out == "new"
    assert json.loads(shelf.carnet("records", "verify", "--json").out) == {"faults": []}


def test_scripts_are_not_asked(shelf: Shelf) -> None:
    shelf.kept(line())
    assert kept.sure("?", yes=False) is None  # type: ignore[func-returns-value]
    assert shelf.carnet("records", "delete", "--session", "s1").status == 0


@pytest.mark.parametrize("args", [("records", "delete", "--session", "s1"), ("account", "delete", ANN)])
def test_without_the_right_root_key_no_deletion_is_begun(shelf: Shelf, args: tuple[str, ...]) -> None:
    (one,) = shelf.kept(line())
    root = shelf.data / "keys" / "root.key"
    right = root.read_bytes()
    shelf.carnet("records", "rotate", "--root")
    new = root.read_bytes()
    root.write_bytes(right)
    keys = {file: file.read_bytes() for file in (shelf.data / "keys").glob("*.slots")}
    ended = shelf.carnet(*args)
    assert (ended.status, ended.out) == (3, "")
    assert "the root key is not the one these records were sealed with" in ended.err
    assert {file: file.read_bytes() for file in (shelf.data / "keys").glob("*.slots")} == keys
    root.write_bytes(new)
    assert shelf.json("records", "stats")["waiting"] == 0, "nothing was written down to be done later either"
    assert shelf.carnet("records", "show", one).out == "hello"
