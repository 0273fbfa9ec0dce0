"""Transcripts of a program: written where a rule lets them, resumed, sealed on wish, ended by a sweep that runs."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.agent import Agent, Naming, Transcripts
from carnet.errors import CarnetError, NotFoundError, StoreError
from tests.agent.reporting.ground import FOUNDING, Ground

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.agent.keeping.transcripts import AtRest

WHO = Agent("tester", as_of=FOUNDING, naming=Naming(folder=".tester"))
SETTINGS = "home/.tester/settings.json"
DAY = 86_400


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A machine without any setting."""
    return Ground(tmp_path)


def transcripts(ground: Ground, at_rest: AtRest = "plain", who: Agent = WHO) -> Transcripts:
    return Transcripts(who, ground.where(), at_rest)


def old(path: Path, days: float) -> Path:
    at = time.time() - days * DAY
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize("at_rest", ["plain", "sealed"])
def test_what_was_appended_is_read_and_resumed(ground: Ground, at_rest: AtRest) -> None:
    one = transcripts(ground, at_rest)
    with one.open("s1") as session:
        assert session.append({"type": "user", "text": "grüße\nline"})
    with transcripts(ground, at_rest).open("s1") as session:
        session.append({"type": "assistant"})
    one.wait()

    told = one.read("s1")

    assert told.entries == ({"type": "user", "text": "grüße\nline"}, {"type": "assistant"})
    assert (told.damaged, told.torn) == ((), False)
    assert one.sessions() == ["s1"]


def test_it_lies_where_the_pack_says_for_its_owner_alone(ground: Ground) -> None:
    one = transcripts(ground)
    with one.open("s1") as session:
        session.append({})
        path = session.path
    one.wait()

    assert path is not None
    slug = str(ground.root / "project").replace("/", "-").replace("_", "-").replace(".", "-")
    assert path == ground.root / "home/.tester/projects" / slug / "s1.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_program_without_a_folder_does_not_write_into_the_packs(ground: Ground) -> None:
    one = transcripts(ground, who=Agent("tester", as_of=FOUNDING))
    with one.open("s1") as session:
        session.append({})
    one.wait()

    assert not (ground.root / "home/.claude").exists()
    assert one.folder == ground.root / "home/.local/state/carnet/agents/tester"


def test_sealed_lines_show_nothing_and_find_out_who_changed_them(ground: Ground) -> None:
    one = transcripts(ground, "sealed")
    with one.open("s1") as session:
        for number in range(4):
            session.append({"text": f"canary-{number}"})
        path = session.path
    one.wait()
    assert path is not None
    first, second, third, fourth = path.read_bytes().splitlines()
    assert b"canary" not in path.read_bytes()

    path.write_bytes(b"\n".join([first, third, second, fourth, b'{"plain": 1}', b"no json", b"torn"]))
    told = one.read("s1")

    assert told.entries == ({"text": "canary-0"}, {"text": "canary-3"}, {"plain": 1})
    assert (told.damaged, told.torn) == ((2, 3, 6), True)


def test_a_torn_line_of_an_earlier_run_is_set_aside(ground: Ground) -> None:
    one = transcripts(ground)
    with one.open("s1") as session:
        session.append({"n": 1})
        path = session.path
    assert path is not None
    with path.open("ab") as file:
        file.write(b'{"n": 2, "text": "ha')

    with one.open("s1") as session:
        session.append({"n": 3})
        torn = session.torn
    one.wait()

    assert one.read("s1").entries == ({"n": 1}, {"n": 3})
    assert torn is not None
    assert torn.read_bytes() == b'{"n": 2, "text": "ha\n'
    assert one.sessions() == ["s1"]


def test_where_a_rule_lets_none_be_written_none_is(ground: Ground) -> None:
    ground.environ["CLAUDE_CODE_SKIP_PROMPT_HISTORY"] = "1"
    one = transcripts(ground, who=replace(WHO, as_of=FOUNDING.replace(month=8)))

    with one.open("s1") as session:
        assert not session.append({"n": 1})
        assert (session.path, session.torn) == (None, None)
    one.wait()

    assert "off" in one.why()
    assert not (ground.root / "home/.tester/projects").exists()


def test_settings_that_cannot_be_read_let_none_be_written_and_none_be_swept(ground: Ground) -> None:
    ground.settings('{"cleanupPeriodDays": 0}', SETTINGS)
    one = transcripts(ground)
    with one.open("s1") as session:
        assert not session.append({})
    one.wait()

    assert "settings.json" in one.why()
    assert isinstance(one.swept, str)
    assert "nothing was taken away" in one.swept


def test_the_first_session_of_a_day_sweeps_and_the_next_does_not(ground: Ground) -> None:
    ground.settings({"cleanupPeriodDays": 7}, SETTINGS)
    one = transcripts(ground)
    folder = ground.root / "home/.tester/projects/-elsewhere"
    folder.mkdir(parents=True)
    for name, days in (("gone", 8), ("gone.torn", 8), ("stays", 6)):
        old(_put(folder / f"{name}.jsonl"), days)

    one.open("s1").close()
    one.wait()
    assert sorted(path.name for path in folder.iterdir()) == ["stays.jsonl"]

    old(_put(folder / "later.jsonl"), 9)
    two = transcripts(ground)
    two.open("s2").close()
    two.wait()
    assert (folder / "later.jsonl").exists()
    assert two.swept is None
    assert two.sweep().files == 1


def test_a_project_does_not_say_how_long_everything_is_kept(ground: Ground) -> None:
    ground.settings({"cleanupPeriodDays": 1}, "project/.tester/settings.json")
    folder = ground.root / "home/.tester/projects/-elsewhere"
    folder.mkdir(parents=True)
    kept = old(_put(folder / "other.jsonl"), 20)

    transcripts(ground).sweep()

    assert kept.exists()


def _put(path: Path) -> Path:
    path.write_bytes(b"{}\n")
    return path


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.b", "-x", "x" * 129, "a b"])
def test_a_session_has_a_plain_name(ground: Ground, name: str) -> None:
    with pytest.raises(CarnetError, match="a name is made of"):
        transcripts(ground).read(name)


def test_what_is_not_there_and_what_cannot_be_said(ground: Ground) -> None:
    one = transcripts(ground)
    with pytest.raises(NotFoundError, match="no such transcript"):
        one.read("none")
    with one.open("s1") as session, pytest.raises(CarnetError, match=r"cannot say \(TypeError\)") as told:
        session.append({"secret": object()})
    one.wait()
    assert "secret" not in str(told.value)


def test_a_disk_that_is_full_is_told(ground: Ground, full: None) -> None:
    del full
    one = transcripts(ground)
    with pytest.raises(StoreError):
        one.open("s1")
    one.wait()


@pytest.fixture
def full(ground: Ground) -> None:
    """Nothing can be made in the folder: a file lies in its place."""
    (ground.root / "home/.tester").mkdir(parents=True)
    (ground.root / "home/.tester/projects").write_text("")


def test_a_key_that_others_could_read_is_told(ground: Ground) -> None:
    one = transcripts(ground, "sealed")
    one.open("s1").close()
    one.wait()
    (ground.root / "spool/spool.key").chmod(0o644)

    with pytest.raises(CarnetError, match="can be read by others"):
        transcripts(ground, "sealed").open("s2")
