from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from carnet.web.app import make_app
from tests.web.conftest import BASE

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings
    from carnet.stores.contract import Store

SECRET = "sk-ant-" + "heron0123456789abcdef" * 2


@pytest.fixture
def machine(store: Store, settings: Settings, home: Path) -> TestClient:
    """A client on a machine with one settings file."""
    write(home, {"env": {"DISABLE_TELEMETRY": "1", "ANTHROPIC_API_KEY": SECRET}, "apiKeyHelper": f"echo {SECRET}"})
    return TestClient(make_app(store, settings), base_url=BASE, raise_server_exceptions=False)


def write(home: Path, settings: object) -> None:
    file = home / ".claude" / "settings.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(settings if isinstance(settings, str) else json.dumps(settings, indent=1))


def test_the_page_opens_with_the_machine_then_the_matrix_then_the_documents(machine: TestClient) -> None:
    text = machine.get("/").text
    places = [text.index(part) for part in ("What leaves this machine", "By provider", ">Documents</h2>")]
    assert places == sorted(places)


def test_a_verdict_says_what_decided_it_and_where_that_is_set(machine: TestClient, home: Path) -> None:
    text = machine.get("/").text
    row = next(part for part in text.partition('class="verdicts"')[2].split("<tr>") if ">Usage metrics<" in part)
    assert "vm-off" in row
    assert "DISABLE_<wbr>TELEMETRY=<wbr>1" in row
    assert f"{home}/.claude/settings.json:3" in row


def test_what_a_machine_cannot_show_is_named_and_leads_to_its_explanation(machine: TestClient) -> None:
    text = machine.get("/").text
    part = text.partition("Not visible on a machine")[2].partition("</div>")[0]
    assert "the account tier" in part
    href = re.search(r'href="(/explain/[^"]+)"', part)
    assert href is not None
    assert machine.get(href[1].replace("&amp;", "&")).status_code == 200


def test_no_secret_s_value_is_shown_anywhere(machine: TestClient) -> None:
    for path in ("/", "/index.json"):
        assert SECRET not in machine.get(path).text
        assert "heron0123456789" not in machine.get(path).text


def test_what_was_read_is_told_and_nothing_is_written(machine: TestClient, home: Path) -> None:
    file = home / ".claude" / "settings.json"
    before = (file.read_bytes(), file.stat().st_mtime_ns, sorted(home.rglob("*")))
    assert f"<code>{file}</code>" in machine.get("/").text
    assert (file.read_bytes(), file.stat().st_mtime_ns, sorted(home.rglob("*"))) == before


@pytest.mark.parametrize("text", ["{", '{"env": 7}', "\x00\xff", "[" * 100_000, ""])
def test_a_broken_settings_file_breaks_no_page(store: Store, settings: Settings, home: Path, text: str) -> None:
    write(home, text)
    with TestClient(make_app(store, settings), base_url=BASE, raise_server_exceptions=False) as client:
        assert client.get("/").status_code == 200


def test_a_home_without_the_agent_shows_its_defaults(empty: TestClient) -> None:
    answer = empty.get("/index.json").json()
    assert answer["machine"]["flows"][0]["flow"] == "inference"
    assert answer["documents"] == []
    assert len(answer["matrix"]["flows"]) == 14


def test_pages_on_a_network_tell_nothing_of_the_machine(store: Store, settings: Settings, home: Path) -> None:
    write(home, {"env": {"DISABLE_TELEMETRY": "1"}})
    app = make_app(store, settings.with_option("web.host", "0.0.0.0"))
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        text = client.get("/").text
        assert "What leaves this machine" not in text
        assert str(home) not in text
        assert client.get("/index.json").json()["machine"] is None
