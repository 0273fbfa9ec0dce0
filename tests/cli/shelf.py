"""Records through the command line: two organisations, three people, lines in and answers out."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .conftest import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from .conftest import Carnet, Ended

ANN, BOB, CID = "ann@juniper.example", "bob@home.example", "cid@home.example"
"""Ann's organisation is commercial; Bob agreed to model improvement, Cid did not."""
JUNIPER, HOME = "Juniper Works", "Home"
SETTLING = (
    ("org", "add", JUNIPER, "--terms", "commercial", "--tier", "enterprise"),
    ("org", "add", HOME, "--terms", "consumer", "--tier", "pro"),
    ("account", "add", ANN, "--org", JUNIPER),
    ("account", "add", BOB, "--org", HOME, "--model-improvement", "on"),
    ("account", "add", CID, "--org", HOME),
)
"""What makes them."""
DELETED = {"state", "receipt", "scope", "asked", "keys_destroyed", "finished", "sessions", "records", "bytes", "salt"}
"""Fields of a receipt beside the part of the log."""


def line(account: str = ANN, session: str | None = "s1", body: object = "hello", **more: object) -> bytes:
    """A line for `carnet records put`: an exchange with a model, unless `more` says otherwise."""
    row: dict[str, object] = {
        "account": account,
        "session": session,
        "kind": "exchange",
        "flow": "inference",
        "provider": "anthropic",
    }
    row |= more | {"body": body}
    return json.dumps({name: value for name, value in row.items() if value is not None}).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a test needs to keep something and look at it again."""

    carnet: Carnet
    data: Path
    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def put(self, *lines: bytes) -> Ended:
        """`carnet records put` with these lines on its standard input."""
        file = self.folder / "lines.jsonl"
        file.write_bytes(b"".join(lines))
        with file.open("rb") as stream, self.monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", stream)
            return self.carnet("records", "put")

    def kept(self, *lines: bytes) -> list[str]:
        """The ids of lines that are all kept."""
        ended = self.put(*lines)
        assert (ended.status, ended.err) == (0, "")
        return [answer["id"] for answer in map(json.loads, ended.out.splitlines())]

    def listed(self, *args: str) -> list[dict[str, object]]:
        """The rows of `carnet records list --json`."""
        rows = self.json("records", "list", *args)["records"]
        assert isinstance(rows, list)
        return rows

    def json(self, *args: str) -> dict[str, object]:
        """What a command that succeeds prints as JSON."""
        ended = self.carnet(*args, "--json")
        assert ended.status == 0, ended.err
        answer = json.loads(ended.out)
        assert isinstance(answer, dict)
        return answer

    def at(self, instant: object) -> None:
        """The commands' clock says this from now on."""
        for name in (
            "account",
            "org",
            "records_change",
            "records_clock",
            "records_keep",
            "records_list",
            "records_put",
        ):
            self.monkeypatch.setattr(f"carnet.cli.{name}.now", lambda: instant)

    def bytes_of_all_files(self) -> bytes:
        """Everything in the data folder, one file after the other."""
        return b"\n".join(file.read_bytes() for file in sorted(self.data.rglob("*")) if file.is_file())


def putting(environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """`carnet records put` as a process of its own."""
    return subprocess.Popen(
        [PROGRAM, "records", "put"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def told(process: subprocess.Popen[bytes], row: bytes) -> dict[str, object]:
    """The answer to one line, read before anything else is written."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(row)
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    assert isinstance(answer, dict)
    return answer
