"""`carnet records list|show|stats|export`: what is kept, as it was put, and nothing that is gone."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from .shelf import ANN, BOB, CID, HOME, JUNIPER, line

if TYPE_CHECKING:
    from .conftest import Carnet, Ended
    from .shelf import Shelf

FIELDS = {"id", "kind", "flow", "org", "account", "session", "created", "expires", "retention", "training", "bytes"}
LATER = datetime.now(UTC) + timedelta(days=40)


def _feedback(account: str = BOB, **more: object) -> bytes:
    return line(account, **{"kind": "feedback", "flow": "feedback", "session": "f1", **more})  # type: ignore[arg-type]


# --- list


def test_a_row_says_what_a_record_is_and_until_when(shelf: Shelf) -> None:
    (one,) = shelf.kept(line(BOB, "s7", "fünf", repository="git.example/thing"))
    (row,) = shelf.listed()

    assert set(row) >= {*FIELDS, "hold", "provider", "repository", "purposes", "rules"}
    created = datetime.fromisoformat(str(row["created"]))
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)
    assert datetime.fromisoformat(str(row["expires"])) == created.replace(year=created.year + 5)
    assert {name: row[name] for name in FIELDS - {"created", "expires"}} == {
        "id": one,
        "kind": "exchange",
        "flow": "inference",
        "org": HOME,
        "account": BOB,
        "session": "s7",
        "retention": "years5",
        "training": "yes",
        "bytes": 5,
    }
    assert (row["hold"], row["repository"]) == (None, "git.example/thing")
    assert "inference.consumer.consent" in str(row["rules"])


@pytest.mark.parametrize(
    ("row", "retention", "training"),
    [
        (line(ANN), "days30", "no"),
        (line(BOB), "years5", "yes"),
        (line(BOB, provider="bedrock"), "years5", "no"),
        (line(BOB, provider=None), "years5", "no"),
        (line(CID), "days30", "no"),
        (line(ANN, kind="feedback", flow="feedback"), "years5", "no"),
        (line(ANN, kind="transcript", flow="transcript-share"), "months6", "no"),
        (line(BOB, kind="metric", flow="metrics"), "days30", "no"),
        (line(BOB, None, kind="rating", flow="survey"), "days30", "no"),
    ],
)
def test_the_founding_rules_decide_class_and_training(shelf: Shelf, row: bytes, retention: str, training: str) -> None:
    shelf.kept(row)

    assert [(one["retention"], one["training"]) for one in shelf.listed()] == [(retention, training)]


def test_options_narrow_each_other(shelf: Shelf) -> None:
    ann, bob, report = shelf.kept(line(ANN), line(BOB), _feedback(session="s1"))

    def ids(*args: str) -> set[object]:
        return {row["id"] for row in shelf.listed(*args)}

    assert ids() == ids("--session", "s1") == {ann, bob, report}
    assert ids("--org", JUNIPER) == ids("--account", ANN) == {ann}
    assert ids("--account", BOB, "--kind", "exchange") == ids("--org", HOME, "--kind", "exchange") == {bob}
    assert ids("--session", "never") == ids("--kind", "sighting") == ids("--repository", "x") == set()


@pytest.mark.parametrize(
    "args",
    [
        ("--account", "who@nowhere.example"),
        ("--org", "Nowhere"),
        ("--kind", "thing"),
        ("--account", ANN, "--org", HOME),
    ],
)
def test_names_that_are_none_are_said(shelf: Shelf, args: tuple[str, ...]) -> None:
    ended = shelf.carnet("records", "list", *args)

    assert (ended.status, ended.out) == (2, "")
    assert args[1] in ended.err


def test_an_empty_store_answers(carnet: Carnet) -> None:
    assert json.loads(carnet("records", "list", "--json").out) == {"records": []}
    assert carnet("records", "list").out == "No records.\n"
    assert carnet("records", "list", "--session", "s").out == "No such records.\n"
    assert carnet("records", "stats").out == "Nothing is kept.\n"
    assert json.loads(carnet("records", "stats", "--json").out) == {
        "classes": [],
        "rows": [],
        "held": 0,
        "waiting": 0,
        "log": {"entries": 0},
    }


def test_rows_are_told_oldest_first_and_in_columns(shelf: Shelf) -> None:
    now = datetime.now(UTC)
    shelf.kept(
        *(line(ANN, f"s{days}", "x" * days, at=f"{now - timedelta(days):%Y-%m-%dT%H:%M:%SZ}") for days in (1, 10))
    )
    first, second = shelf.carnet("records", "list").out.splitlines()

    assert f"exchange  {JUNIPER} {ANN} s10  days30 until {now + timedelta(20):%Y-%m-%d %H:%M}" in first
    assert f"exchange  {JUNIPER} {ANN} s1 " in second
    assert (first[-5:], second[-5:]) == (" 10 B", "  1 B")


def test_a_name_steers_no_terminal_and_begins_no_line(shelf: Shelf) -> None:
    shelf.kept(line(session="\u202es\u2028Erased"))
    shelf.carnet("records", "hold", "--session", "\u202es\u2028Erased", "--reason", "one\nErased all\x1b[2J")
    out = shelf.carnet("records", "list").out

    assert len(out.splitlines()) == 1
    assert "\ufffds\ufffdErased" in out
    assert "held: one\ufffdErased all\ufffd[2J" in out


# --- show


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'"text"', b"text"),
        (b'""', b""),
        (b'"a\\nb\\u0000\\t\\"\\\\ \\u00e9 \\ud83d\\ude00\\n"', 'a\nb\0\t"\\ é 😀\n'.encode()),
        (b'"\x7f\xe2\x80\xae"', b"\x7f\xe2\x80\xae"),
        (b'{"b": 1,  "a":[1.50,1e3,-0] ,"\\u00e9":"\\/"}', b'{"b": 1,  "a":[1.50,1e3,-0] ,"\\u00e9":"\\/"}'),
        (b"[ ]", b"[ ]"),
        (b"{}", b"{}"),
        (b"1234567890123456789012345678901234567890.10", b"1234567890123456789012345678901234567890.10"),
        (b"-0.0", b"-0.0"),
        (b"true", b"true"),
        (b"null", b"null"),
    ],
)
def test_a_body_is_shown_byte_for_byte(shelf: Shelf, body: bytes, shown: bytes) -> None:
    row = f'{{"account":"{ANN}","session":"s","kind":"exchange","flow":"inference","body":'.encode()
    (one,) = shelf.kept(row + body + b"}\n")
    ended = shelf.carnet("records", "show", one)

    assert (ended.status, ended.err) == (0, "")
    assert ended.raw == shown
    assert [found["bytes"] for found in shelf.listed()] == [len(shown)]


@pytest.mark.parametrize(
    "name", ["x", "", "0" * 32, "0" * 31, "g" * 32, "../root.key", "'; DROP TABLE", "01\n", "٠" * 32]
)
def test_what_is_no_id_is_no_record(shelf: Shelf, name: str) -> None:
    shelf.kept(line())
    ended = shelf.carnet("records", "show", name)

    assert (ended.status, ended.out) == (1, "")
    assert "there is no record" in ended.err


def test_a_deleted_record_is_gone_with_a_reason(shelf: Shelf) -> None:
    (one,) = shelf.kept(line())
    shelf.carnet("records", "delete", "--session", "s1")
    ended = shelf.carnet("records", "show", one)

    assert (ended.status, ended.out) == (1, "")
    assert "it expired, was deleted, or never was; nothing of it is left" in ended.err


def test_a_record_whose_time_has_passed_is_not_shown_even_before_the_keeper_came(shelf: Shelf) -> None:
    (one,) = shelf.kept(line())
    shelf.at(LATER)
    ended = shelf.carnet("records", "show", one)

    assert (ended.status, ended.out) == (1, "")
    assert "ended at" in ended.err


def test_a_body_that_was_tampered_with_is_not_shown(shelf: Shelf) -> None:
    (one,) = shelf.kept(line(body="x" * 3000))
    shelf.at(datetime.now(UTC) + timedelta(hours=1))
    shelf.carnet("records", "expire")  # packs it into an object
    (packed,) = (file for file in (shelf.data / "objects" / "bodies").rglob("*") if file.is_file())
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 1
    packed.chmod(0o600)
    packed.write_bytes(content)
    ended = shelf.carnet("records", "show", one)

    assert (ended.status, ended.out) == (3, "")
    assert "x" * 10 not in ended.err


# --- stats


def test_stats_count_by_class_organisation_and_kind(shelf: Shelf) -> None:
    shelf.kept(line(ANN, body="1234"), line(ANN, body="1"), line(BOB, body="1" * 2000), _feedback(ANN, body=""))
    answer = shelf.json("records", "stats")

    assert answer["classes"] == [
        {"retention": "days30", "records": 2, "bytes": 5},
        {"retention": "years5", "records": 2, "bytes": 2000},
    ]
    assert {
        "retention": "days30",
        "org": JUNIPER,
        "kind": "exchange",
        "flow": "inference",
        "training": "no",
    }.items() <= (
        answer["rows"][0].items()  # type: ignore[index]
    )
    out = shelf.carnet("records", "stats").out
    assert "inference             2 records     5 B\n" in out
    assert "inference  may train   1 record  2.0 kB\n" in out
    assert "\nTogether 4 records, 2.0 kB; 0 sessions held.\n" in out


def test_stats_tell_what_is_held_and_what_waits_for_it(shelf: Shelf) -> None:
    shelf.kept(line(session="s1"))
    shelf.carnet("records", "hold", "--session", "s1", "--reason", "case")
    shelf.carnet("records", "delete", "--session", "s1")

    assert "Together 1 record, 5 B; 1 session held, 1 erasure not finished.\n" in shelf.carnet("records", "stats").out
    answer = shelf.json("records", "stats")
    assert (answer["held"], answer["waiting"]) == (1, 1)


# --- export


def _exported(ended: Ended) -> tuple[list[dict[str, object]], dict[str, object]]:
    """The lines before the manifest, and the manifest, whose digest is that of the lines."""
    assert (ended.status, ended.err) == (0, "")
    *lines, last = ended.raw.splitlines(keepends=True)
    manifest = json.loads(last)["manifest"]
    assert manifest["sha256"] == hashlib.sha256(b"".join(lines)).hexdigest()
    assert (manifest["lines"], manifest["bytes"]) == (len(lines), sum(map(len, lines)))
    return [json.loads(one) for one in lines], manifest


def test_only_what_may_train_is_exported_for_training(shelf: Shelf) -> None:
    good, report, *_ = shelf.kept(
        line(BOB, body={"a": [1, "é"]}),
        _feedback(BOB),
        line(BOB, provider="vertex"),
        line(CID),
        line(ANN),
        line(BOB, None, kind="rating", flow="survey"),
        line(BOB, kind="metric", flow="metrics"),
    )
    rows, manifest = _exported(shelf.carnet("records", "export", "--training"))

    assert {row["id"] for row in rows} == {good, report}
    assert [row["body"] for row in rows if row["id"] == good] == [{"a": [1, "é"]}]
    assert manifest["export"] == "training"


def test_consent_is_asked_when_it_was_written_and_again_now(shelf: Shelf) -> None:
    shelf.kept(line(CID, body="before"))
    shelf.carnet("account", "consent", CID, "on")
    (after,) = shelf.kept(line(CID, body="after"))
    rows, _ = _exported(shelf.carnet("records", "export", "--training"))
    assert [row["id"] for row in rows] == [after]

    shelf.carnet("account", "consent", CID, "off")
    assert _exported(shelf.carnet("records", "export", "--training"))[0] == []
    shelf.carnet("account", "consent", CID, "on")
    assert _exported(shelf.carnet("records", "export", "--training"))[0] == []


def test_a_purpose_filters(shelf: Shelf) -> None:
    exchange, report = shelf.kept(line(BOB), _feedback(BOB))

    def ids(purpose: str) -> list[object]:
        return [
            row["id"] for row in _exported(shelf.carnet("records", "export", "--training", "--purpose", purpose))[0]
        ]

    assert sorted(map(str, ids("model-improvement"))) == sorted([exchange, report])
    assert ids("safety") == [exchange]
    assert ids("improvement") == [report]
    assert ids("operation") == []


def test_a_person_is_given_everything(shelf: Shelf) -> None:
    ids = shelf.kept(line(CID, body="mine"), _feedback(CID), line(CID, "s2", provider="bedrock"), line(BOB))
    shelf.carnet("records", "hold", "--session", "s2", "--reason", "case 7")
    shelf.carnet("account", "consent", CID, "on")
    rows, manifest = _exported(shelf.carnet("records", "export", "--subject", CID))

    assert rows[0]["account"] == CID
    assert [one["value"] for one in rows[0]["history"]] == ["on"]  # type: ignore[attr-defined]
    assert {row["id"] for row in rows if "id" in row} == set(ids[:3])
    assert [row["hold"]["reason"] for row in rows if "hold" in row] == ["case 7"]  # type: ignore[index]
    assert (manifest["export"], manifest["account"]) == ("subject", CID)


def test_an_export_is_written_into_the_log(shelf: Shelf) -> None:
    before = shelf.json("records", "stats")["log"]
    shelf.carnet("records", "export", "--training")
    shelf.carnet("records", "export", "--subject", CID)
    after = shelf.json("records", "stats")["log"]

    assert after["entries"] - before["entries"] == 2  # type: ignore[index]
    assert shelf.json("records", "verify") == {"faults": []}


@pytest.mark.parametrize(
    "args", [(), ("--training", "--subject", ANN), ("--purpose", "safety"), ("--subject", ANN, "--purpose", "safety")]
)
def test_an_export_is_for_one_thing(shelf: Shelf, args: tuple[str, ...]) -> None:
    ended = shelf.carnet("records", "export", *args)

    assert (ended.status, ended.out) == (2, "")
    assert "either --training" in ended.err


def test_nobody_is_exported_who_is_not_there(shelf: Shelf) -> None:
    ended = shelf.carnet("records", "export", "--subject", "who@nowhere.example")

    assert (ended.status, ended.out) == (2, "")
    assert shelf.json("records", "stats")["log"] == {"entries": 0}


def test_an_export_of_nothing_is_a_manifest(shelf: Shelf) -> None:
    assert _exported(shelf.carnet("records", "export", "--training"))[0] == []


def test_a_clock_that_was_set_back_exports_nothing(shelf: Shelf) -> None:
    shelf.kept(line(BOB))
    shelf.at(datetime.now(UTC) - timedelta(days=365))
    ended = shelf.carnet("records", "export", "--training")

    assert (ended.status, ended.out) == (3, "")
    assert "it was set back" in ended.err


@pytest.mark.parametrize("purpose", ["model-improvment", "Service", "model-improvement,service"])
def test_a_purpose_that_is_none_is_no_empty_export(shelf: Shelf, purpose: str) -> None:
    shelf.kept(line(BOB))
    ended = shelf.carnet("records", "export", "--training", "--purpose", purpose)

    assert (ended.status, ended.out) == (2, "")
    assert "there are: improvement, model-improvement, " in ended.err


@pytest.mark.parametrize("purpose", ["", " "])
def test_a_purpose_that_a_script_left_empty_is_not_taken_for_every_one(shelf: Shelf, purpose: str) -> None:
    shelf.kept(line(BOB))
    ended = shelf.carnet("records", "export", "--training", "--purpose", purpose)

    assert (ended.status, ended.out) == (2, "")
    assert "it is empty" in ended.err
