"""`carnet domains`: the same answers as agents get, with the line that decided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet


@pytest.fixture(autouse=True)
def _lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "block.txt").write_text("evil.example\n")
    (tmp_path / "orgs").mkdir()
    (tmp_path / "orgs" / "acme.allow").write_text("evil.example\n")
    monkeypatch.setenv("CARNET_DOMAINS_LISTS", str(tmp_path / "block.txt"))
    monkeypatch.setenv("CARNET_DOMAINS_ORGANISATIONS", str(tmp_path / "orgs"))


def test_a_host_is_judged_and_the_line_named(carnet: Carnet, tmp_path: Path) -> None:
    ended = carnet("domains", "check", "www.evil.example")
    assert ended.status == 1
    assert ended.out.splitlines() == [
        "www.evil.example may not be fetched from: evil.example stands on a list to block (blocked)",
        f"  {tmp_path}/block.txt:1",
    ]
    assert carnet("domains", "check", "docs.example.com").status == 0


def test_json_says_everything(carnet: Carnet, tmp_path: Path) -> None:
    ended = carnet("domains", "check", "EVIL.example", "--org", "acme", "--json")
    assert ended.status == 0
    assert json.loads(ended.out) == {
        "domain": "EVIL.example",
        "can_fetch": True,
        "name": "evil.example",
        "reason": "allowed",
        "why": "evil.example stands on a list to allow",
        "decided_by": f"{tmp_path}/orgs/acme.allow:1",
    }


def test_what_is_no_host_is_a_mistake_in_the_command(carnet: Carnet) -> None:
    ended = carnet("domains", "check", "https://example.com/")
    assert ended.status == 2
    assert "this is a URL" in ended.err


def test_a_list_that_cannot_be_read_tells_nothing(carnet: Carnet, tmp_path: Path) -> None:
    (tmp_path / "block.txt").write_text("evil.example\nb@d\n")
    ended = carnet("domains", "check", "example.com")
    assert ended.status == 3
    assert "block.txt: line 2: 'b@d' is no domain" in ended.err


def test_lists_are_listed(carnet: Carnet, tmp_path: Path) -> None:
    ended = carnet("domains", "lists")
    assert ended.status == 0
    assert ended.out.splitlines()[1].split()[:4] == ["block", "everybody", "domains", "1"]
    rows = json.loads(carnet("domains", "lists", "--json").out)["lists"]
    assert [(row["for"], row["organisation"], row["names"]) for row in rows] == [
        ("block", None, 1),
        ("allow", "acme", 1),
    ]
    (tmp_path / "block.txt").unlink()
    ended = carnet("domains", "lists")
    assert ended.status == 3
    assert "cannot be read: No such file" in ended.err


def test_without_lists_it_says_how_to_name_some(carnet: Carnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARNET_DOMAINS_LISTS")
    monkeypatch.delenv("CARNET_DOMAINS_ORGANISATIONS")
    assert "intake.domains.lists" in carnet("domains", "lists").out
