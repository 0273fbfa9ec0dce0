"""A program that dies says so at its next start: once, and without anything it worked on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from carnet.agent.reporting import crash
from carnet.settings import child_environment
from tests.agent.reporting.ground import Ground, agent, reporter

if TYPE_CHECKING:
    from tests.agent.reporting.ground import Taker

PROGRAM = """
import ctypes, os, sys, threading
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.agent.reporting.ground import Ground, agent, reporter
one = reporter(Ground(Path({folder!r}), {environ!r}), {address!r}, agent=agent(own=("__main__",)))

def canary_free_name(secret_local):
    {end}

canary_free_name("canary-secret")
"""
ENDS = {
    "raise": "raise ValueError('canary-secret /home/ada/canary-secret.py')",
    "exit": "sys.exit(3)",
    "interrupt": "raise KeyboardInterrupt",
    "segv": "import signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "kill": "import signal; os.kill(os.getpid(), signal.SIGKILL)",
    "end": "pass",
}


def die(
    ground: Ground, end: str, address: str = "http://127.0.0.1:9", **environ: str
) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[3])
    text = PROGRAM.format(root=root, folder=str(ground.root), environ=environ, address=address, end=ENDS[end])
    script = ground.root / "program.py"
    script.write_text(text, "utf-8")
    env = child_environment({"PYTHONPATH": os.pathsep.join([str(Path(root, "src")), root])})
    return subprocess.run(
        [sys.executable, str(script)], env=env, capture_output=True, text=True, check=False, timeout=50
    )


def told(ground: Ground, taker: Taker, **given: Any) -> list[dict[str, Any]]:
    """What the next start reports."""
    one = reporter(ground, taker.address, agent=agent(own=("__main__",)), **given)
    assert one.flush(20)
    one.close()
    return [json.loads(body.split(b"\n")[2]) for body in taker.bodies("/api/1/envelope/")]


def test_an_exception_that_nobody_caught_is_reported_at_the_next_start(ground: Ground, taker: Taker) -> None:
    died = die(ground, "raise", taker.address)
    assert "ValueError: canary-secret" in died.stderr, "the program's own message is what it was"
    assert sorted(path.suffix for path in ground.spool.iterdir()) == [".key", ".sealed"]
    for path in ground.spool.iterdir():
        assert b"canary" not in path.read_bytes()

    (event,) = told(ground, taker)

    assert event["level"] == "fatal"
    (value,) = event["exception"]["values"]
    assert value["type"] == "ValueError"
    assert [frame["function"] for frame in value["stacktrace"]["frames"]] == ["<module>", "canary_free_name"]
    assert "secret" not in json.dumps(event)
    assert told(ground, taker) == [event], "once, and never again"


def test_a_fatal_signal_is_reported_at_the_next_start(
    ground: Ground, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = die(ground, "segv")
    assert died.returncode == -signal.SIGSEGV
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__file__", str(ground.root / "program.py"), raising=False)

    (event,) = told(ground, taker)

    (value,) = event["exception"]["values"]
    assert value["type"] == "SIGSEGV"
    assert [frame["function"] for frame in value["stacktrace"]["frames"]] == ["<module>", "canary_free_name"]
    assert str(ground.root) not in json.dumps(event)
    assert list(ground.spool.glob("*.trace")) == []


@pytest.mark.parametrize("end", ["exit", "interrupt", "end", "kill"])
def test_an_end_that_is_no_crash_reports_nothing(ground: Ground, taker: Taker, end: str) -> None:
    die(ground, end)

    assert told(ground, taker) == []
    assert list(ground.spool.glob("*.trace")) == []


@pytest.mark.parametrize("end", ["raise", "segv"])
def test_where_error_reports_are_off_a_crash_leaves_nothing(ground: Ground, end: str) -> None:
    die(ground, end, DISABLE_ERROR_REPORTING="1")

    assert not ground.spool.exists()


@pytest.mark.parametrize("end", ["raise", "segv"])
def test_an_opt_out_after_the_crash_takes_the_report_away_unread(ground: Ground, taker: Taker, end: str) -> None:
    die(ground, end)
    assert any(path.suffix in {".sealed", ".trace"} for path in ground.spool.iterdir())
    ground.environ["DISABLE_ERROR_REPORTING"] = "1"

    assert told(ground, taker) == []
    assert [path.name for path in ground.spool.iterdir() if path.suffix in {".sealed", ".trace"}] == []


def test_the_trace_of_a_program_that_runs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, answer in (("is_enabled", False), ("enable", None), ("disable", None)):
        monkeypatch.setattr(f"faulthandler.{name}", lambda *_, answer=answer, **__: answer)
    running = crash.Trace(tmp_path / "spool")
    running.open()
    (tmp_path / "spool" / "1-x.trace").write_text("Fatal Python error: Aborted\n\n  garbage\n")

    assert list(crash.left(tmp_path / "spool", ())) == [{"type": "SIGABRT"}]
    crash.forget(tmp_path / "spool")
    (own,) = (tmp_path / "spool").glob("*.trace")
    assert own.stat().st_mode & 0o777 == 0o600
    running.close()
    assert list((tmp_path / "spool").iterdir()) == []


def test_the_child_of_a_fork_leaves_its_parents_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, answer in (("is_enabled", False), ("enable", None), ("disable", None)):
        monkeypatch.setattr(f"faulthandler.{name}", lambda *_, answer=answer, **__: answer)
    one = crash.Trace(tmp_path / "spool")
    one.open()

    one.after_fork()
    one.close()

    assert len(list((tmp_path / "spool").glob("*.trace"))) == 1


def test_a_handler_that_somebody_else_set_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faulthandler.is_enabled", lambda: True)
    one = crash.Trace(tmp_path / "spool")

    one.open()
    one.close()

    assert not (tmp_path / "spool").exists()


def test_the_hook_of_before_is_asked_and_put_back(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _traceback: asked.append(error))
    before = sys.excepthook
    one = reporter(ground)
    error = ValueError("x")

    sys.excepthook(ValueError, error, None)
    one.close()

    assert asked == [error]
    assert sys.excepthook is before
