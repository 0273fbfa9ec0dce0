"""`carnet records put`: one line out for each in, as soon as it is on the disk; what is no record costs no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.cli.records_put import batches

from .conftest import PROGRAM
from .shelf import ANN, BOB, JUNIPER, line, putting, told

if TYPE_CHECKING:
    from .conftest import Carnet
    from .shelf import Shelf

MARK = "Marzipan-4711"


def test_a_line_is_answered_before_the_next_is_written_and_outlives_a_kill(
    shelf: Shelf, environ: dict[str, str]
) -> None:
    process = putting(environ)
    ids = [told(process, line(body=f"body {number}"))["id"] for number in range(20)]
    process.kill()
    process.communicate()

    assert [row["id"] for row in shelf.listed("--session", "s1")] == ids
    assert [shelf.carnet("records", "show", str(one)).out for one in ids] == [f"body {n}" for n in range(20)]
    assert shelf.json("records", "verify") == {"faults": []}


def test_many_lines_are_answered_in_their_order(shelf: Shelf) -> None:
    ids = shelf.kept(*(line(session=f"s{number % 7}", body=f"body {number}") for number in range(2500)))

    assert len(set(ids)) == 2500
    assert len(shelf.listed()) == 2500
    assert [shelf.carnet("records", "show", ids[number]).out for number in (0, 1249, 2499)] == [
        "body 0",
        "body 1249",
        "body 2499",
    ]


def test_an_organisation_with_zero_data_retention_has_nothing_written_anywhere(
    shelf: Shelf, environ: dict[str, str]
) -> None:
    shelf.carnet("org", "set", JUNIPER, "--zdr", "on")
    before = shelf.bytes_of_all_files()
    process = putting(environ)
    kinds = (("exchange", "inference"), ("feedback", "feedback"), ("rating", "survey"), ("metric", "metrics"))
    answers = [told(process, line(body={"text": MARK}, kind=kind, flow=flow)) for kind, flow in kinds]
    out, err = process.communicate()

    assert process.returncode == 0
    assert [list(one) for one in answers] == [["refused"]] * 4
    assert all("inference.zdr" in str(one) for one in answers[:1])
    assert (out, err) == (b"", b"")
    assert MARK.encode() not in before + shelf.bytes_of_all_files()
    assert shelf.listed() == []


def test_zero_data_retention_counts_from_the_next_line_of_a_writer_that_runs(
    shelf: Shelf, environ: dict[str, str]
) -> None:
    process = putting(environ)
    before = told(process, line(body="before"))
    shelf.carnet("org", "set", JUNIPER, "--zdr", "on")
    after = told(process, line(body=MARK))
    process.communicate()

    assert [list(before), list(after)] == [["id"], ["refused"]]
    assert len(shelf.listed()) == 1


def test_nothing_of_a_body_is_in_the_clear_in_any_file(shelf: Shelf) -> None:
    shelf.kept(
        line(body=MARK * 50), line(BOB, body={"text": MARK}), line(BOB, None, MARK, kind="rating", flow="survey")
    )

    assert MARK.encode() not in shelf.bytes_of_all_files()


WRONG = [
    MARK.encode() + b"\n",
    b'{"account": "' + MARK.encode() + b"\n",
    f'["{MARK}"]\n'.encode(),
    f'"{MARK}"\n'.encode(),
    b"17\n",
    b"null\n",
    b'{"' + MARK.encode() + b'": 1}\n',
    line(body=MARK, also=MARK),
    line(MARK, body=MARK),
    line(f"{MARK}@nowhere.example", body=MARK),
    line(body=MARK, kind=MARK),
    line(body=MARK, kind=MARK.lower()),
    line(body=MARK, flow=MARK),
    line(body=MARK, provider=MARK),
    line(body=MARK, at=MARK),
    line(body=MARK, at="0001-01-01"),
    line(body=MARK, at="9999-12-31"),
    line(body=MARK, session=None),
    line(body=MARK, session=f"{MARK}\x1b[31m"),
    line(body=MARK, session=MARK * 100),
    line(body=MARK, repository=f"{MARK}\n"),
    line(body=MARK, kind="rating"),
    line(body=MARK).replace(MARK.encode(), MARK.encode() + b"\xff"),
    line(body={MARK: MARK}).replace(b"}", b"\xff}", 1),
    line(body=MARK)[:-2] + b"\n",
    line(body=MARK).replace(b'"exchange"', b"17"),
    line(body=MARK)[: -len(MARK) - 4] + b"[" * 20_000 + b"]" * 20_000 + b"}\n",
    line(body=MARK).replace(MARK.encode(), MARK.encode() + rb"\ud83d"),
]


@pytest.mark.parametrize("debug", ["", "1"])
def test_lines_that_are_no_records_are_said_with_their_numbers_and_cost_no_other(
    shelf: Shelf, debug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARNET_DEBUG", debug)
    ended = shelf.put(*(row for wrong in WRONG for row in (wrong, line(body="good"))))
    answers = [json.loads(one) for one in ended.out.splitlines()]

    assert ended.status == 2
    assert [list(one) for one in answers] == [["error", "line"], ["id"]] * len(WRONG)
    assert [one["line"] for one in answers[::2]] == list(range(1, 2 * len(WRONG), 2))
    assert ended.err == "carnet: 28 lines were no records; their answers say why\n"
    assert MARK.lower() not in ended.out.lower()
    assert len(shelf.listed()) == len(WRONG)


def test_a_fault_shown_whole_shows_no_body(shelf: Shelf, environ: dict[str, str]) -> None:
    script = (
        "import sys; from carnet.cli.main import main; from carnet.records import writing\n"
        "def broken(*args): raise RuntimeError('broken')\n"
        "from carnet.records import putting; putting.write_groups = broken; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, "records", "put"],
        env=environ | {"CARNET_DEBUG": "1"},
        input=line(body=MARK),
        capture_output=True,
        check=False,
    )

    assert ended.returncode == 1
    assert b"RuntimeError: broken" in ended.stderr
    assert MARK.encode() not in ended.stderr + ended.stdout
    assert shelf.listed() == []


def test_one_wrong_line_is_counted_as_one(shelf: Shelf) -> None:
    ended = shelf.put(b"?\n")

    assert (ended.status, ended.err) == (2, "carnet: 1 line was no record; its answer says why\n")


def test_nothing_in_is_nothing_out(shelf: Shelf) -> None:
    for lines in ([], [b"\n", b"  \r\n"]):
        ended = shelf.put(*lines)
        assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_blank_lines_are_passed_over_and_counted_and_the_last_needs_no_end(shelf: Shelf) -> None:
    ended = shelf.put(b"\n", line(body="one").replace(b"\n", b"\r\n"), b"?\n", line(body="two").rstrip())
    answers = [json.loads(one) for one in ended.out.splitlines()]

    assert [list(one) for one in answers] == [["id"], ["error", "line"], ["id"]]
    assert answers[1]["line"] == 3
    assert shelf.carnet("records", "show", answers[2]["id"]).out == "two"


@pytest.mark.parametrize(("closed", "rows", "status"), [("<&-", 0, 0), (">&-", 1, 0), ("2>&-", 1, 0)])
def test_a_stream_that_is_closed_is_done_without(
    shelf: Shelf, environ: dict[str, str], closed: str, rows: int, status: int
) -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", f'"$0" records put {closed}', PROGRAM],
        input=line() if rows else None,
        env=environ,
        capture_output=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (status, b"")
    assert len(shelf.listed()) == rows


def test_a_reader_that_goes_away_loses_nothing_that_it_was_told(shelf: Shelf, environ: dict[str, str]) -> None:
    process = putting(environ)
    first = told(process, line())
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.close()
    process.stdin.write(line(body="unheard"))
    process.stdin.close()

    assert process.wait(20) == 141
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert first["id"] in {row["id"] for row in shelf.listed()}


def test_a_line_of_thirty_megabytes_comes_back_as_it_was(shelf: Shelf) -> None:
    body = "é☃x" * 5_000_000
    (one,) = shelf.kept(line(body=body).decode("unicode-escape").encode("utf-8", "surrogatepass"))

    assert shelf.carnet("records", "show", one).raw == body.encode()
    assert [row["bytes"] for row in shelf.listed()] == [30_000_000]


def test_a_body_larger_than_the_setting_is_said(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_RECORDS_MAX_BYTES", "1KB")
    ended = shelf.put(line(body="x" * 1001), line(body="x" * 1000), line(body="x" * 2_000_000))
    first, second, third = map(json.loads, ended.out.splitlines())

    assert "records.max-bytes" in first["error"]
    assert list(second) == ["id"]
    assert "longer than" in third["error"]


def _batches(*writes: bytes, longest: int = 100) -> list[list[bytes]]:
    reader, writer = os.pipe()
    for one in writes:
        os.write(writer, one)
    os.close(writer)
    try:
        return list(batches(reader, longest))
    finally:
        os.close(reader)


def test_lines_that_lie_ready_are_one_batch() -> None:
    assert _batches(b"one\ntwo\n", b"thr", b"ee\nfour") == [[b"one", b"two", b"three", b"four"]]


def test_a_line_waits_for_no_other() -> None:
    reader, writer = os.pipe()
    found = batches(reader)
    for number in range(3):
        os.write(writer, b"%d\nunfinished" % number if number == 2 else b"%d\n" % number)
        assert next(found) == [b"%d" % number]
    os.close(writer)
    assert list(found) == [[b"unfinished"]]
    os.close(reader)


def test_of_a_line_that_is_too_long_only_so_much_is_held() -> None:
    assert _batches(b"x" * 1000 + b"\nnext\n" + b"y" * 500, longest=10) == [[b"x" * 11, b"next", b"y" * 11]]


def test_a_clock_that_was_set_back_keeps_nothing_and_loses_nothing(shelf: Shelf) -> None:
    shelf.kept(line())
    shelf.at(datetime.now(UTC) - timedelta(days=365))
    ended = shelf.put(line(body=MARK))

    assert (ended.status, ended.out) == (3, "")
    assert "it was set back" in ended.err
    assert len(shelf.listed()) == 1


def test_a_root_key_that_others_can_read_is_named(shelf: Shelf) -> None:
    shelf.kept(line())
    root = shelf.data / "keys" / "root.key"
    root.chmod(0o644)
    ended = shelf.put(line(session="s2"))

    assert (ended.status, ended.out) == (3, "")
    assert str(root) in ended.err
    root.chmod(0o600)
    assert shelf.put(line(session="s2")).status == 0


def test_a_wrong_root_key_keeps_nothing_and_changes_nothing(shelf: Shelf) -> None:
    (one,) = shelf.kept(line())
    root = shelf.data / "keys" / "root.key"
    right = root.read_bytes()
    head, _, text = right.partition(b" ")
    root.write_bytes(head + b" " + (b"B" if text[:1] == b"A" else b"A") + text[1:])
    for ended in (shelf.put(line(session="s2")), shelf.carnet("records", "show", one)):
        assert (ended.status, ended.out) == (3, "")
        assert "the root key is not the one" in ended.err
    root.write_bytes(right)
    assert shelf.carnet("records", "show", one).out == "hello"


def test_a_line_says_when_it_came_about(shelf: Shelf) -> None:
    at = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    shelf.kept(line(at=f"{at:%Y-%m-%dT%H:%M:%SZ}"))
    (row,) = shelf.listed()

    assert row["created"] == f"{at:%Y-%m-%dT%H:%M:%SZ}"
    assert row["expires"] == f"{at + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"


def test_a_rating_is_nobodys(shelf: Shelf) -> None:
    shelf.kept(line(BOB, "s9", 3, kind="rating", flow="survey"), line(BOB, None, 4, kind="rating", flow="survey"))
    for row in shelf.listed():
        assert (row["account"], row["session"], row["training"], row["retention"]) == (None, None, "no", "days30")
        assert str(row["created"]).endswith("T00:00:00Z")
    assert shelf.listed("--account", BOB) == []
    assert shelf.listed("--session", "s9") == []


def test_at_a_terminal_it_says_that_it_reads(carnet: Carnet, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    os.write(ours, b"\x04")
    with os.fdopen(theirs) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        ended = carnet("records", "put")
    os.close(ours)

    assert (ended.status, ended.err) == (0, "Reading JSON lines; Ctrl-D ends.\n")


def test_an_account_that_is_added_meanwhile_is_known(shelf: Shelf, environ: dict[str, str]) -> None:
    process = putting(environ)
    assert told(process, line("dee@juniper.example"))["line"] == 1
    shelf.carnet("account", "add", "dee@juniper.example", "--org", JUNIPER)
    assert list(told(process, line("dee@juniper.example"))) == ["id"]
    assert list(told(process, line(ANN.upper()))) == ["id"]
    process.communicate()
    assert process.returncode == 2


def test_what_would_have_ended_long_ago_is_refused_and_makes_no_file(shelf: Shelf) -> None:
    ended = shelf.put(line(at="1999-12-31"), line(BOB, at="2010-05-05T05:05:05Z"))

    assert ended.status == 0
    first, second = (json.loads(answer)["refused"] for answer in ended.out.splitlines())
    assert "kept as days30 from when it came about, it would have ended at 2000-01-30" in first
    assert "kept as years5 from when it came about, it would have ended at 2015-05-05 05:05:05 UTC already" in second
    assert list((shelf.data / "records").glob("part-*")) == []
    assert shelf.listed() == []
