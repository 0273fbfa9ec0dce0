"""`carnet capture`."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from carnet.documents.sentences import fingerprint
from carnet.model.rule import Citation
from carnet.packs.loading import read_pack
from tests.documents.capture.site import Site
from tests.policy import shelves

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Carnet

LONG = b"".join(b"Line %d of the page, long enough to count.\n" % n for n in range(60))


@pytest.fixture(autouse=True)
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_WATCH_ALLOW_PRIVATE", "127.0.0.1")
    monkeypatch.setenv("CARNET_WATCH_HOST_PAUSE", "0ms")
    monkeypatch.setenv("CARNET_WATCH_RETRIES", "0")


@pytest.fixture
def site(carnet: Carnet) -> Iterator[Site]:
    """A site with two watched documents."""
    with Site() as running:
        for name in ("keeping", "training"):
            running.page(f"/{name}.md", LONG)
            carnet("watch", running.url(f"/{name}.md"))
        yield running


def test_one_line_a_document_says_how_it_ended(carnet: Carnet, site: Site) -> None:
    site.page("/keeping.md", LONG + b"One more.\n")
    site.page("/training.md", b"", status=503)
    ended = carnet("capture", "--all")
    first, second = ended.out.splitlines()
    assert first.startswith("watched/keeping   new        +1 -0  ")
    assert second == "watched/training  failed     the server is busy (status 503)"
    assert ended.status == 3


def test_documents_can_be_named_by_their_last_part(carnet: Carnet, site: Site) -> None:
    ended = carnet("capture", "keeping")
    assert (ended.status, ended.out) == (0, "watched/keeping  unchanged\n")
    assert len(site.asked("/training.md")) == 1


def test_a_held_capture_says_why_and_can_be_accepted(carnet: Carnet, site: Site) -> None:
    site.page("/keeping.md", b"Short.\n")
    ended = carnet("capture", "keeping")
    assert ended.status == 0
    assert "held       shrank from" in ended.out
    accepted = carnet("capture", "keeping", "--accept")
    assert accepted.out.startswith("watched/keeping  new        +1 -60  ")
    assert carnet("capture", "keeping").out == "watched/keeping  unchanged\n"


def test_nothing_to_accept_is_said(carnet: Carnet, site: Site) -> None:
    ended = carnet("capture", "keeping", "--accept")
    assert (ended.status, "no capture of it is held" in ended.err) == (2, True)
    assert carnet("capture", "--all", "--accept").out == "No capture is held.\n"
    assert len(site.asked("/keeping.md")) == 1


def test_a_document_that_is_gone_says_so_once_it_is_sure(carnet: Carnet, site: Site) -> None:
    site.page("/keeping.md", status=404)
    assert "held" in carnet("capture", "keeping").out
    assert "not there any more" in carnet("capture", "keeping").out


def test_json_holds_every_capture(carnet: Carnet, site: Site) -> None:
    site.page("/training.md", LONG + b"One more.\n")
    told = json.loads(carnet("capture", "--all", "--json").out)["captures"]
    assert [(each["document"], each["outcome"], each.get("added")) for each in told] == [
        ("watched/keeping", "unchanged", None),
        ("watched/training", "new", 1),
    ]
    assert set(told[0]) == {"document", "at", "outcome", "status", "why", "version", "final_url"}


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("args", [[], ["keeping", "--all"]])
def test_names_or_all_but_not_both(carnet: Carnet, args: list[str]) -> None:
    ended = carnet("capture", *args)
    assert (ended.status, "give --all" in ended.err) == (2, True)


@pytest.mark.usefixtures("site")
def test_a_name_that_is_not_there_is_an_error(carnet: Carnet) -> None:
    assert carnet("capture", "nothing").status == 2


@pytest.mark.usefixtures("history")
def test_an_imported_document_has_no_address(carnet: Carnet) -> None:
    ended = carnet("capture", "--all")
    assert (ended.status, "no document is watched yet" in ended.err) == (2, True)


def test_a_reason_cannot_steer_the_terminal(carnet: Carnet, site: Site) -> None:
    site.page("/keeping.md", LONG, "text/\x1b[2Jx")
    ended = carnet("capture", "keeping")
    assert ended.status == 3
    assert "\x1b" not in ended.out


def test_a_short_name_means_the_document_that_can_be_fetched(carnet: Carnet, site: Site, tmp_path: Path) -> None:
    (tmp_path / "keeping.2026-01-01.md").write_text("Invented.\n")
    assert carnet("import", str(tmp_path), "--collection", "example").status == 0

    assert carnet("capture", "keeping").out == "watched/keeping  unchanged\n"
    assert "has no address" in carnet("capture", "example/keeping").err
    assert len(site.asked("/keeping.md")) == 2


@pytest.fixture
def ruled(site: Site, carnet: Carnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A third watched document, and a pack with one rule that cites it."""
    site.page("/terms.md", shelves.FIRST.encode())
    carnet("watch", site.url("/terms.md"))
    cite = Citation("terms", "Logs", fingerprint(shelves.KEPT), "feedfeedfeedfeed", date(2025, 1, 1))
    made = tmp_path / "juniper"
    shelves.pack(made, shelves.cited("kept", cite))
    listed = (
        f'[[document]]\nurl = "{site.url("/terms.md")}"\nname = "terms"\nnames = ["terms.md"]\nmedia = "markdown"\n'
    )
    (made / "documents.toml").write_text(listed)
    monkeypatch.setattr("carnet.packs.load", lambda: [read_pack(made)])
    return site


def test_a_capture_that_puts_a_rule_in_doubt_says_so_and_is_remembered(carnet: Carnet, ruled: Site) -> None:
    ruled.page("/terms.md", shelves.SECOND.encode())
    shown = carnet("capture", "terms").out.splitlines()
    assert [line.startswith("drift  watched/terms ") for line in shown] == [False, True]
    assert "1 rule stale (kept), 1 new sentence no rule covers: carnet drift watched/terms" in shown[1]
    listed = carnet("drift")
    assert (listed.status, listed.out.strip()) == (1, shown[1].removeprefix("drift  "))
    assert json.loads(carnet("drift", "--json").out)["alerts"][0]["stale_rules"] == ["kept"]


def test_a_cosmetic_capture_is_silent(carnet: Carnet, ruled: Site) -> None:
    ruled.page("/terms.md", shelves.FIRST.replace("30 days", "**30 days**").encode())
    answer = json.loads(carnet("capture", "terms", "--json").out)
    assert (answer["captures"][0]["outcome"], answer["alerts"]) == ("new", [])
