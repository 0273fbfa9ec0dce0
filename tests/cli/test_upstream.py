"""`carnet upstream`: where traffic goes, and never the credential it goes with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet, Ended

SECRET = "sk-ant-api03-" + "Zq9" * 30


def add(carnet: Carnet, name: str, *args: str) -> Ended:
    return carnet("upstream", "add", name, "--format", "messages", "--url", f"https://{name}.test", *args)


def listed(carnet: Carnet) -> list[dict[str, object]]:
    found = json.loads(carnet("upstream", "list", "--json").out)["upstreams"]
    assert isinstance(found, list)
    return found


def test_the_contract_for_scripts(carnet: Carnet, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", SECRET)
    ended = carnet(
        *("upstream", "add", "direct", "--format", "messages", "--url", "http://127.0.0.1:9/"),
        *("--provider", "anthropic-aws", "--key-env", "SOME_KEY", "--header", "anthropic-workspace-id=WORKSPACE"),
    )
    assert ended.status == 0
    assert "WORKSPACE is not set here" in ended.out
    assert "SOME_KEY is not" not in ended.out
    (row,) = listed(carnet)
    del row["created"]
    assert row == {
        "name": "direct",
        "format": "messages",
        "url": "http://127.0.0.1:9",
        "provider": "anthropic-aws",
        "key_env": "SOME_KEY",
        "headers": {"anthropic-workspace-id": "WORKSPACE"},
        "priority": 100,
        "org": None,
        "enabled": True,
    }
    everything = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert SECRET.encode() not in everything
    assert SECRET not in ended.out + ended.err + carnet("upstream", "list").out


def test_the_order_is_the_order_to_try(carnet: Carnet) -> None:
    assert "No upstreams yet" in carnet("upstream", "list").out
    for name, priority in (("second", "20"), ("first", "10")):
        assert add(carnet, name, "--priority", priority).status == 0
    assert [row["name"] for row in listed(carnet)] == ["first", "second"]
    assert carnet("upstream", "set", "first", "--priority", "30", "--enabled", "off").status == 0
    assert [(row["name"], row["enabled"]) for row in listed(carnet)] == [("second", True), ("first", False)]
    assert carnet("upstream", "remove", "second").status == 0
    assert "not used" in carnet("upstream", "list").out
    assert carnet("upstream", "set", "first").status == 2
    assert carnet("upstream", "remove", "second").status == 2


def test_an_upstream_may_be_an_organisations_own(carnet: Carnet) -> None:
    assert add(carnet, "own", "--org", "acme").status == 2
    carnet("org", "add", "acme", "--terms", "commercial", "--tier", "team")
    assert add(carnet, "own", "--org", "acme").status == 0
    assert listed(carnet)[0]["org"] == "acme"
    assert "only acme" in carnet("upstream", "list").out


@pytest.mark.parametrize(
    "args",
    [
        ("--key-env", SECRET),
        ("--header", f"x-key={SECRET}"),
        ("--header", SECRET),
        ("--url", f"https://me:{SECRET}@one.test"),
        ("--url", f"http://one.test/{SECRET}"),
    ],
)
def test_a_credential_on_the_command_line_is_refused_and_not_repeated(
    carnet: Carnet, data: Path, args: tuple[str, ...]
) -> None:
    ended = add(carnet, "one", *args)
    assert ended.status == 2
    assert SECRET not in ended.err + ended.out
    assert listed(carnet) == []
    assert SECRET.encode() not in b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
