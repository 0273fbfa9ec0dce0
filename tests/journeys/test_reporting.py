"""A program that reports to a real Carnet: what arrives, what is kept of it, and what an opt-out leaves out."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from carnet.agent import Collector, Limits, Reporter
from carnet.model.record import Scope
from carnet.records.answers import record_answers
from carnet.records.keyring import Keyring
from carnet.records.reading import show
from carnet.settings import load
from carnet.stores import open_store
from tests.agent.reporting.ground import FOUNDING, QUICK, Ground, agent
from tests.conftest import ROOT
from tests.journeys.relaying import CARNET, Site, site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from carnet.agent import Agent

ANN = "ann@acme.test"
PATIENT = replace(QUICK, timeout=30, flush=30)


@contextmanager
def served(here: Site, port: str = "0") -> Iterator[str]:
    """The address of a Carnet that takes reports."""
    log = here.data.parent / "web.err"
    with log.open("w") as err:
        server = subprocess.Popen(
            [*CARNET, "serve", "--only", "web", "--port", port],
            env=here.environ, stdout=subprocess.PIPE, stderr=err, text=True, cwd=ROOT,
        )  # fmt: skip
    try:
        assert server.stdout is not None
        told = ""
        while (found := re.search(r"http://127\.0\.0\.1:\d+", told)) is None or "Stop:" not in told:
            line = server.stdout.readline()
            assert line, log.read_text()
            told += line
        yield found.group()
    finally:
        server.terminate()
        server.communicate(timeout=30)


def reporter(ground: Ground, address: str, key: str, who: Agent, limits: Limits = PATIENT) -> Reporter:
    return Reporter(Collector(address, key), who, ground.where(), limits, lambda: 0.0)


@dataclass(frozen=True)
class Kept:
    """A record, and what is in it."""

    row: Mapping[str, Any]
    body: dict[str, Any]


def kept(here: Site) -> list[Kept]:
    """The records; read in this process, which takes less than a command for each."""
    with closing(open_store(load({}, here.data / "none.toml").with_option("data", str(here.data)))) as store:
        keyring = Keyring(store.records)
        rows = list(record_answers(store.records, Scope()))
        now = datetime.now(UTC)
        return [Kept(row, json.loads(show(store.records, keyring, str(row["id"]), now).data)) for row in rows]


def set_up(data: Path, home: Path) -> tuple[Site, str]:
    """A Carnet with one account, and a key of it."""
    here = site(data, home)
    here.carnet("org", "add", "Acme", "--terms", "commercial", "--tier", "enterprise")
    here.carnet("account", "add", ANN, "--org", "Acme")
    return here, here.carnet("key", "create", "--account", ANN, "--scope", "intake").strip()


def test_what_a_program_reports_is_kept_and_what_is_opted_out_is_not(data: Path, home: Path, tmp_path: Path) -> None:
    (here, key), ground = set_up(data, home), Ground(tmp_path / "machine")
    who = agent(own=(__name__,))
    with served(here) as address:
        one = reporter(ground, address, key, who)
        assert one.metric("session.count", 3, {"model": "claude-opus-4"})
        assert one.event("session.start", {"success": True})
        assert one.error(ValueError("canary/secret.py"))
        assert one.survey_due()
        assert one.survey(3)
        reply = one.feedback("it is slow", [{"role": "user", "content": "why?"}], "24h")
        assert one.flush(30)
        one.close()
        assert (reply.sent, one.dropped) == (True, 0)
        assert reply.receipt

        later = replace(who, as_of=FOUNDING.replace(month=8))
        assert reporter(ground, address, key, later).share_transcript([{"role": "user"}], "yes").sent

        found = kept(here)
        by_kind = {str(one.row["kind"]): one for one in found}
        assert set(by_kind) == {"metric", "error", "rating", "feedback", "transcript"}
        assert (by_kind["rating"].row["account"], by_kind["feedback"].row["account"]) == (None, ANN)
        assert by_kind["rating"].body == {"rating": 3}
        assert by_kind["feedback"].body["receipt"] == reply.receipt
        everything = json.dumps([one.body for one in found])
        for told in ("session.count", "claude-opus-4", "session.start", "ValueError", "it is slow"):
            assert told in everything
        assert "canary" not in everything

        ground.environ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1"
        silent = reporter(ground, address, key, who)
        assert not silent.metric("session.count")
        assert not silent.error(ValueError())
        assert not silent.survey(1)
        assert not silent.feedback("x", []).sent
        silent.close()
        assert len(kept(here)) == len(found)


def test_a_program_that_began_before_its_carnet_is_heard_once_it_runs(data: Path, home: Path, tmp_path: Path) -> None:
    (here, key), ground = set_up(data, home), Ground(tmp_path / "machine")
    with socket.create_server(("127.0.0.1", 0)) as later:
        port = later.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    early = reporter(ground, address, key, agent())
    early.metric("session.count", 5)
    early.error(KeyError())
    early.close()
    assert len(list(ground.spool.glob("*.sealed"))) == 2

    with served(here, str(port)):
        late = reporter(ground, address, key, agent())
        here.until(lambda: not list(ground.spool.glob("*.sealed")))
        late.close()

        assert {one.row["kind"] for one in kept(here)} == {"error", "metric"}
