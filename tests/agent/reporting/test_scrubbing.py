"""What leaves a program are names and numbers; canaries put anywhere else stay."""

from __future__ import annotations

import json
import math
import sys
import types
from traceback import FrameSummary

import pytest

from carnet.agent.reporting.scrubbing import attributes, exceptions, from_trace, is_name, number, type_name

HERE = __name__.partition(".")[0]


@pytest.mark.parametrize("name", ["session.count", "tool_use", "a", "api.request-time"])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "two words", "x" * 81, "1st", ".x", "x..y", "ä", 7, None, "x\n"])
def test_what_is_no_name(name: object) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("value", [math.inf, math.nan, True, "1", None, 10**400])
def test_what_is_no_number(value: object) -> None:
    assert number(value) is None


def test_attributes_keep_words_switches_and_numbers_and_leave_out_everything_that_could_be_text() -> None:
    given: dict[str, object] = {
        "model": "claude-opus-4",
        "version": "2.1.118",
        "ok": True,
        "count": 3,
        "seconds": 0.5,
        "prompt": "please delete it",
        "path": "/home/ada/secret",
        "file": "secret.py",
        "windows": "C:\\secret",
        "long": "x" * 49,
        "nothing": None,
        "list": ["secret"],
        "huge": 10**30,
        "nan": math.nan,
        "a b": "word",
    }

    assert dict(attributes(given)) == {
        "model": "claude-opus-4",
        "version": "2.1.118",
        "ok": True,
        "count": 3,
        "seconds": 0.5,
        "huge": 1e30,
    }
    assert attributes(None) == ()


def test_no_more_attributes_than_there_may_be() -> None:
    assert len(attributes({f"a{number}": 1 for number in range(100)})) == 16


def raised(kind: type[BaseException], message: str) -> BaseException:
    try:
        raise kind(message)  # noqa: TRY301 - its own frame is what is looked at
    except BaseException as error:  # noqa: BLE001 - the test wants any
        return error


class SecretProjectError(ValueError):
    """Its name tells what somebody works on."""


def test_an_exception_tells_its_type_and_own_frames_and_nothing_else() -> None:
    told = exceptions(raised(ValueError, "secret /home/ada x = 1"), (__name__,))

    frame = {"module": __name__, "function": "raised", "in_app": True}
    assert told == [{"type": "ValueError", "stacktrace": {"frames": [frame]}}]


def test_without_own_packages_there_are_types_alone() -> None:
    assert exceptions(raised(KeyError, "secret"), ()) == [{"type": "KeyError"}]


def test_the_type_of_somebody_else_is_told_as_the_one_it_stands_on() -> None:
    assert type_name(SecretProjectError, ()) == "ValueError"
    assert type_name(SecretProjectError, (HERE,)) == "SecretProjectError"
    assert type_name(json.JSONDecodeError, ()) == "JSONDecodeError"


def test_causes_come_first_and_a_circle_ends() -> None:
    first, second = raised(KeyError, "a"), raised(OSError, "b")
    first.__cause__, second.__cause__ = second, first

    assert [one["type"] for one in exceptions(first, ())] == ["OSError", "KeyError"]


def test_code_that_only_claims_to_be_own_tells_nothing() -> None:
    code = compile(
        "def secret_function():\n    raise ValueError('x')\nsecret_function()", "/home/ada/secret.py", "exec"
    )
    try:
        exec(code, {"__name__": __name__})  # noqa: S102 - what an agent does with a user's code
    except ValueError as error:
        told = json.dumps(exceptions(error, (__name__,)))

    assert "secret" not in told
    assert "test_code_that_only_claims" in told


def test_frames_that_were_written_down_are_told_by_the_file_of_an_own_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("mine.part")
    module.__file__ = "/opt/mine/part.py"
    monkeypatch.setitem(sys.modules, "mine.part", module)
    rows = [
        FrameSummary("/home/ada/secret.py", 3, "secret", lookup_line=False),
        FrameSummary("/opt/mine/part.py", 9, "work", lookup_line=False),
        FrameSummary("/opt/mine/part.py", 9, "<listcomp>", lookup_line=False),
    ]

    assert [(one["module"], one["function"]) for one in from_trace(rows, ("mine",))] == [
        ("mine.part", "work"),
        ("mine.part", "<other>"),
    ]
