"""`carnet sink`: whose reports go where, and never the credential they go with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carnet.settings import load
from carnet.stores import open_store
from tests.records.kept import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet, Ended


@pytest.fixture(autouse=True)
def acme(carnet: Carnet) -> None:
    assert carnet("org", "add", "Acme", "--terms", "commercial", "--tier", "enterprise").status == 0


def add(carnet: Carnet, *args: str, url: str = "https://otel.acme.test") -> Ended:
    return carnet("sink", "add", "own", "--org", "Acme", "--url", url, *args)


def test_the_contract_for_scripts(carnet: Carnet) -> None:
    hook = ("--webhook", "https://acme.test/hook", "--webhook-key-env", "HOOK_SECRET")
    ended = add(carnet, "--flow", "errors", "--encoding", "json", "--header", "Authorization=OTEL_KEY", *hook)
    assert ended.status == 0
    (row,) = json.loads(carnet("sink", "list", "--json").out)["sinks"]
    del row["created"]
    assert row == {
        "name": "own", "org": "Acme", "url": "https://otel.acme.test", "flows": ["errors"], "encoding": "json",
        "headers": {"Authorization": "OTEL_KEY"}, "webhook": "https://acme.test/hook",
        "webhook_key_env": "HOOK_SECRET", "sent": 0, "refused": 0, "dropped": 0, "untold": 0, "fault": None,
    }  # fmt: skip


def test_what_is_added_is_listed_and_removed(carnet: Carnet) -> None:
    assert "No sinks yet" in carnet("sink", "list").out
    assert "Deletions are told nowhere" in add(carnet).out
    assert "metrics errors" in carnet("sink", "list").out
    assert carnet("sink", "remove", "own").status == 0
    assert carnet("sink", "remove", "own").status == 2


def test_what_could_not_work_is_refused(carnet: Carnet) -> None:
    assert add(carnet, url="http://otel.acme.test").status == 2
    assert add(carnet, "--header", "Authorization").status == 2
    assert carnet("sink", "add", "own", "--org", "Nobody", "--url", "https://a.test").status == 2
    assert "No sinks yet" in carnet("sink", "list").out


def test_a_sink_that_was_not_told_everything_is_not_removed_by_mistake(carnet: Carnet, data: Path) -> None:
    add(carnet, "--webhook", "https://acme.test/hook", "--webhook-key-env", "HOOK_SECRET")
    store = open_store(load({}, data / "none.toml").with_option("data", str(data)))
    store.records.sinks.note("own", ["s"], NOW)
    store.close()
    ended = carnet("sink", "remove", "own")
    assert ended.status == 2
    assert "not told of 1 deleted session yet" in ended.err
    assert "1 deletions to tell" in carnet("sink", "list").out
    assert carnet("sink", "remove", "own", "--untold").status == 0
