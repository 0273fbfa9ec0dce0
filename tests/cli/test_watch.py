"""`carnet watch`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.cli.watch import name_of
from carnet.model.document import Document, Media
from tests.documents.capture.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.stores.contract import Store

    from .conftest import Carnet

TEXT = b"# Title\n\nOne.\nTwo.\n"


@pytest.fixture(autouse=True)
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_WATCH_ALLOW_PRIVATE", "127.0.0.1")
    monkeypatch.setenv("CARNET_WATCH_HOST_PAUSE", "0ms")
    monkeypatch.setenv("CARNET_WATCH_RETRIES", "0")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        running.page("/docs/data-usage.md", TEXT)
        yield running


def only(store: Store) -> Document:
    (document,) = store.documents.documents()
    return document


def test_a_document_is_watched_and_captured_at_once(carnet: Carnet, site: Site, store: Store) -> None:
    ended = carnet("watch", site.url("/docs/data-usage.md"))
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0] == f"Watching watched/data-usage at {site.url('/docs/data-usage.md')}"
    assert lines[1].startswith("watched/data-usage  new        +4 -0  ")
    document = only(store)
    assert (document.watched, document.url) == (True, site.url("/docs/data-usage.md"))


def test_everything_can_be_said_about_a_document(carnet: Carnet, site: Site, store: Store) -> None:
    site.page("/terms", b"<main>a<p class=x>Text</main>", "text/html")
    carnet(
        "watch", site.url("/terms"), "--name", "legal/terms", "-c", "juniper", "--every", "2h", "--media", "html",
        "--selector", ".x", "--filter", ".ad", "--filter", "nav",
    )  # fmt: skip
    document = only(store)
    assert (document.full_name, document.every, document.media) == (
        "juniper/legal/terms",
        timedelta(hours=2),
        Media.HTML,
    )
    assert (document.selector, document.filters, document.browser) == (".x", (".ad", "nav"), False)


def test_a_first_capture_that_fails_does_not_undo_the_watching(carnet: Carnet, site: Site, store: Store) -> None:
    ended = carnet("watch", site.url("/absent.md"))
    assert ended.status == 3
    assert "failed" in ended.out
    assert "no such page" in ended.out
    assert only(store).watched


def test_a_refused_address_is_watched_with_its_reason(
    carnet: Carnet, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARNET_WATCH_ALLOW_PRIVATE")
    ended = carnet("watch", site.url("/docs/data-usage.md"))
    assert ended.status == 3
    assert "loopback" in ended.out
    assert "watch.allow-private" in ended.out


def test_watching_again_changes_what_is_given_and_keeps_the_rest(carnet: Carnet, site: Site, store: Store) -> None:
    url = site.url("/docs/data-usage.md")
    carnet("watch", url, "-c", "juniper", "--every", "2h")
    ended = carnet("watch", url, "--media", "markdown")
    assert "juniper/data-usage  unchanged" in ended.out
    document = only(store)
    assert (document.every, document.media) == (timedelta(hours=2), Media.MARKDOWN)


def test_a_name_that_belongs_to_another_address_is_a_conflict(carnet: Carnet, site: Site, store: Store) -> None:
    carnet("watch", site.url("/docs/data-usage.md"))
    site.page("/other/data-usage.md", TEXT)
    ended = carnet("watch", site.url("/other/data-usage.md"))
    assert ended.status == 2
    assert f"watched/data-usage is already {site.url('/docs/data-usage.md')}; give another --name" in ended.err
    assert only(store).url == site.url("/docs/data-usage.md")


def test_an_address_that_has_another_name_is_a_conflict(carnet: Carnet, site: Site) -> None:
    carnet("watch", site.url("/docs/data-usage.md"))
    ended = carnet("watch", site.url("/docs/data-usage.md"), "--name", "usage")
    assert ended.status == 2
    assert "already watched as watched/data-usage" in ended.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["ftp://docs.test/a"], "only http and https"),
        (["https://me:secret@docs.test/a"], "user name or password"),
        (["https://"], "names no host"),
        (["https://docs test/a"], "white space"),
        (["https://docs.test/a", "--every", "99999999999999d"], "longer than"),
        (["https://docs.test/a", "--every", "soon"], "--every"),
        (["https://docs.test/a", "--every", "1s"], "at most once a minute"),
        (["https://docs.test/a", "--name", "../x"], "--name"),
        (["https://docs.test/a", "--name", " "], "--name"),
        (["https://docs.test/a", "-c", "a/b"], "--collection"),
        (["https://docs.test/a", "--media", "word"], "--media"),
    ],
)
def test_what_cannot_be_watched_is_said_before_anything_is_stored(
    carnet: Carnet, store: Store, args: list[str], words: str
) -> None:
    ended = carnet("watch", *args)
    assert ended.status == 2
    assert words in ended.err
    assert "secret" not in ended.err
    assert store.documents.documents() == []


def test_json_is_one_value(carnet: Carnet, site: Site) -> None:
    told = json.loads(carnet("watch", site.url("/docs/data-usage.md"), "--json").out)
    assert [(each["document"], each["outcome"], each["added"]) for each in told["captures"]] == [
        ("watched/data-usage", "new", 4)
    ]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://docs.test/en/data-usage.md", "data-usage"),
        ("https://docs.test/en/data-usage/", "data-usage"),
        ("https://docs.test/terms?v=1.2", "terms"),
        ("https://docs.test/", "docs.test"),
        ("https://docs.test/a%20b/c%20d.html", "c-d"),
        ("https://docs.test/.md", "md"),
    ],
)
def test_a_name_is_the_last_part_of_the_address(url: str, name: str) -> None:
    assert name_of(url) == name


def test_a_named_imported_document_gets_the_address_and_keeps_its_history(
    carnet: Carnet, site: Site, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "data-usage.2026-01-01.md").write_bytes(b"# Title\n\nOne.\n")
    carnet("import", str(tmp_path), "--collection", "juniper")
    imported = only(store)
    address = site.url("/docs/data-usage.md")

    unnamed = carnet("watch", address, "--collection", "juniper")
    assert (unnamed.status, "--name data-usage goes on with its history" in unnamed.err) == (2, True)
    assert only(store) == imported

    assert carnet("watch", address, "--collection", "juniper", "--name", "data-usage").status == 0
    assert (only(store).id, only(store).url, only(store).watched) == (imported.id, address, True)
    assert len(store.documents.versions(imported.id)) == 2


def test_the_example_is_given_no_address(carnet: Carnet, site: Site, store: Store) -> None:
    store.documents.add_document(Document(0, "example", "data-usage", "import:example/data-usage.md", example=True))

    ended = carnet("watch", site.url("/docs/data-usage.md"), "--collection", "example", "--name", "data-usage")

    assert (ended.status, only(store).example) == (2, True)
