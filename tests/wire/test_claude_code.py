"""Claude Code as npm ships it, through the relay, where there is no network but loopback: a conversation with tools."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.relaying import CREDENTIAL
from tests.journeys.vendor import Vendor, text, tool
from tests.wire.alone import Machine, Ran
from tests.wire.conftest import ANN, FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.journeys.vendor import Json
    from tests.wire.conftest import Line

    Lay = Callable[[Vendor], AbstractContextManager[Line]]

AGENTS = os.environ.get("CARNET_WIRE_AGENTS", "").split()
PROGRAMS = [
    program
    for agent in AGENTS
    for program in Path(FOLDER).glob(f"{agent}/node_modules/@anthropic-ai/claude-code-linux-*/claude")
]
MARKS = {name: f"mark-{name}-7f3a9c" for name in ("prompt", "file", "memory", "command", "answer", "again")}
"""Words that must stand in what passes through, and nowhere in the clear in what is kept."""
FILES = {"notes.txt": f"Buy apples. {MARKS['file']}\n", "CLAUDE.md": f"Be brief. {MARKS['memory']}\n"}
COMMAND = f"cat notes.txt # {MARKS['command']}"


def version(program: Path) -> str:
    return program.parents[3].name.removeprefix("claude-code-")


def reply(request: Json) -> list[dict[str, object]]:
    """Has the agent read a file, then run a command, then be done."""
    results = sum(
        block.get("type") == "tool_result"
        for message in request["messages"]
        for block in (message["content"] if isinstance(message["content"], list) else ())
    )
    names = {one.get("name") for one in request.get("tools") or ()}
    if not {"Read", "Bash"} <= names or MARKS["again"] in json.dumps(request["messages"]):
        return [text(f"A title {MARKS['answer']}")]
    if results == 0:
        return [text("Let me look."), tool("Read", 1, file_path="/srv/code/notes.txt")]
    if results == 1:
        return [tool("Bash", 2, command=COMMAND, description="Print the notes")]
    return [text(f"Apples. {MARKS['answer']}")]


def ask(line: Line, machine: Machine, words: str, *more: str, **credential: str) -> Ran:
    return machine.run(
        "-p", words, "--output-format", "json", "--allowedTools", "Read,Bash(cat:*)", *more,
        ANTHROPIC_BASE_URL=line.tap.url, **(credential or {"ANTHROPIC_AUTH_TOKEN": line.key}),
    )  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS or [None], ids=[version(one) for one in PROGRAMS] or ["none"])
def test_a_conversation_with_tools_passes_unchanged_is_kept_and_erased(
    lay: Lay, program: Path | None, tmp_path: Path
) -> None:
    assert program is not None, "npm installed no Claude Code"
    machine = Machine(program, tmp_path / "machine").set_up(FILES)
    with lay(Vendor(reply)) as line:
        assert version(program) in machine.run("--version").out
        ran = ask(line, machine, f"What is in notes.txt? {MARKS['prompt']}")
        assert (ran.status, ran.answer["result"]) == (0, f"Apples. {MARKS['answer']}"), ran
        again = ask(line, machine, f"And now? {MARKS['again']}", "--continue")
        assert (again.status, again.answer["is_error"]) == (0, False), again
        session = str(ran.answer["session_id"])
        assert again.answer["session_id"] == session
        _passed_unchanged(line)
        _kept_under(line, session)
        _erased(line, session)
        _nowhere_in_the_clear(line, MARKS.values())


def test_a_key_shown_as_x_api_key_is_as_good(lay: Lay, tmp_path: Path) -> None:
    machine = Machine(PROGRAMS[-1], tmp_path / "machine").set_up(FILES)
    with lay(Vendor(reply)) as line:
        ran = ask(line, machine, "What is in notes.txt?", ANTHROPIC_API_KEY=line.key)
        assert (ran.status, ran.answer["result"]) == (0, f"Apples. {MARKS['answer']}"), ran
        _passed_unchanged(line)


def test_an_error_of_the_upstream_and_a_refusal_of_ours_reach_the_person(lay: Lay, tmp_path: Path) -> None:
    machine = Machine(PROGRAMS[-1], tmp_path / "machine").set_up(FILES)
    with lay(Vendor(reply)) as line:
        failed = ask(line, machine, "fail-400")
        assert failed.answer["is_error"] is True
        assert "max_tokens: this is too much" in str(failed.answer["result"])
        refused = ask(line, machine, "hello", ANTHROPIC_AUTH_TOKEN="sk-ant-oat01-somebodys-own-login")
        assert refused.answer["is_error"] is True
        assert "login token of the vendor's" in str(refused.answer["result"])
        assert not any(b"oat01" in got.head for got in line.fake.requests)
        _nowhere_in_the_clear(line, ["oat01"])


def _passed_unchanged(line: Line) -> None:
    """What the client sent is what the upstream got, and the other way round, the tap being the witness."""
    everything = line.tap.asked()
    warming = [one for one in everything if one.method == "HEAD"]  # it shows no key, and any answer will do
    assert {one.target for one in warming} <= {"/", "/api/hello"}
    asked = [one for one in everything if one not in warming]
    assert {(one.status, one.target) for one in asked} == {(200, "/v1/messages?beta=true")}
    assert sorted(one.body for one in asked) == sorted(got.body for got in line.fake.requests)
    assert sorted(one.answer for one in asked) == sorted(line.vendor.bodies)
    for one in asked:
        assert line.key in one.headers.get("authorization", "") + one.headers.get("x-api-key", "")
    for got in line.fake.requests:
        assert line.key.encode() not in got.head
        assert got.values(b"x-api-key") == [CREDENTIAL.encode()]
        assert got.values(b"authorization") == []
    sent = {one.body: one.headers for one in asked}
    for got in line.fake.requests:
        for name in ("anthropic-beta", "anthropic-version", "x-claude-code-session-id", "user-agent", "x-app"):
            assert [value.decode() for value in got.values(name.encode())] == [sent[got.body][name]], name


def _kept_under(line: Line, session: str) -> None:
    """There is a record for each request, and it is whole."""
    posted = [one for one in line.tap.asked() if one.method == "POST"]
    kept = line.kept(session)
    assert len(kept) == len(posted) == len(line.site.records())
    assert {one.row["account"] for one in kept} == {ANN}
    assert {one.decided for one in kept} == {("days30", "no")}
    assert sorted(one.request for one in kept) == sorted(one.body for one in posted)
    assert sorted(one.response for one in kept) == sorted(one.answer for one in posted)
    everything = b"".join(one.request + one.response for one in kept)
    written = json.dumps([one.known.request for one in kept])
    assert [name for name, mark in MARKS.items() if mark.encode() not in everything] == []
    assert line.key not in written


def _erased(line: Line, session: str) -> None:
    receipt = line.site.data.parent / "receipt.json"
    receipt.write_text(line.site.carnet("records", "delete", "--session", session, "--account", ANN, "--json", "--yes"))
    assert line.site.records() == []
    line.site.carnet("records", "verify", "--receipt", str(receipt))
    found: dict[str, Any] = json.loads(line.site.carnet("records", "verify", "--json"))
    assert found


def _nowhere_in_the_clear(line: Line, marks: object) -> None:
    words = [str(mark).encode() for mark in marks]  # type: ignore[attr-defined]  # any collection
    files = [path for path in line.site.data.rglob("*") if path.is_file()]
    files.append(line.site.data.parent / "serve.err")
    assert [path.name for path in files if any(word in path.read_bytes() for word in words)] == []
