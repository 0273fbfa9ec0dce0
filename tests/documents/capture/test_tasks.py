"""From an address to what is recorded."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.documents.capture.fetch import Fetcher
from carnet.documents.capture.tasks import accept, capture_documents, fetchable
from carnet.errors import CarnetError, NotFoundError, StoreError
from carnet.model.document import Capture, Document, Media, Outcome
from tests import make

from .extract.files import pdf
from .site import Request, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.settings import Settings
    from carnet.stores.contract import Store

    from .site import Site

LONG = b"".join(b"Line %d of the page, long enough to count.\n" % n for n in range(60))
SHORT = b"Line 1 of the page.\n"


class Watching:
    """Documents of a site, captured an hour apart."""

    def __init__(self, store: Store, site: Site, settings: Settings) -> None:
        self.store, self.site, self.settings = store, site, settings
        self.hour = 0.0

    def add(self, path: str = "/page.md") -> Document:
        name = path.strip("/").rpartition(".")[0] or path.strip("/")
        return self.store.documents.add_document(make.document(name, url=self.site.url(path)))

    def capture(self, *documents: Document) -> list[Capture]:
        self.hour += 1
        return asyncio.run(capture_documents(self.store, documents, self.settings, lambda: make.at(self.hour)))

    def outcomes(self, *documents: Document) -> list[str]:
        return [str(each.outcome) for each in self.capture(*documents)]

    def texts(self, document: Document) -> list[bytes]:
        versions = self.store.documents.versions(document.id)
        return [b"(gone)" if each.gone else self.store.documents.text(each.digest) for each in versions]

    def hours(self, document: Document) -> list[float]:
        return [(each.at - make.at(0)) / timedelta(hours=1) for each in self.store.documents.versions(document.id)]


@pytest.fixture
def watching(store: Store, site: Site, near: Settings) -> Watching:
    return Watching(store, site, near)


# --- outcomes


@pytest.mark.parametrize(
    "text",
    [
        b"# Title\n\nText without end",
        b"a\r\nb\r\n",
        b"\xff\xfe broken \x80\n",
        b"nul \0 byte\n",
        b"x" * 2_000_000,
        "Größe\n".encode("latin-1"),
    ],
    ids=["no final newline", "CRLF", "invalid UTF-8", "NUL", "one long line", "Latin-1"],
)
def test_markdown_is_kept_byte_for_byte(watching: Watching, text: bytes) -> None:
    watching.site.page("/page.md", text)
    document = watching.add()
    (capture,) = watching.capture(document)
    assert (capture.outcome, capture.status, capture.why) == (Outcome.NEW, 200, "")
    assert watching.texts(document) == [text]
    assert watching.store.documents.raw(capture.id) == text


def test_a_304_and_an_equal_body_are_unchanged_and_name_the_text(watching: Watching) -> None:
    watching.site.page("/page.md", LONG, etag='"1"')
    document = watching.add()
    (first,) = watching.capture(document)
    (second,) = watching.capture(document)
    watching.site.page("/page.md", LONG)
    (third,) = watching.capture(document)
    (fourth,) = watching.capture(document)
    assert [each.outcome for each in (second, third, fourth)] == [Outcome.UNCHANGED] * 3
    assert [each.status for each in (second, third, fourth)] == [304, 200, 200]
    assert {each.digest for each in (second, third, fourth)} == {first.digest}
    assert watching.store.documents.counts(document.id) == (4, 1)
    # Validators of the 304 went on to the third request; the third answer had none to give on.
    assert ["if-none-match" in each.headers for each in watching.site.asked("/page.md")] == [False, True, True, False]


def test_a_changed_text_is_a_version_and_a_return_is_one_too(watching: Watching) -> None:
    document = watching.add()
    for text in (LONG, LONG + b"New.\n", LONG):
        watching.site.page("/page.md", text)
        assert watching.outcomes(document) == ["new"]
    assert watching.texts(document) == [LONG, LONG + b"New.\n", LONG]
    assert watching.hours(document) == [1, 2, 3]


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("text/html", b"<!doctype html><title>Sign in</title>", "a web page, not Markdown"),
        ("image/png", b"\x89PNG", "image/png"),
        ("application/octet-stream", b"bytes", "octet-stream"),
        ("text/markdown", b"", "empty"),
    ],
)
def test_what_is_not_the_document_is_a_failed_capture_with_its_reason(
    watching: Watching, kind: str, body: bytes, words: str
) -> None:
    document = watching.add()
    watching.site.page("/page.md", LONG)
    watching.capture(document)
    watching.site.page("/page.md", body, kind)
    (capture,) = watching.capture(document)
    assert capture.outcome is Outcome.FAILED
    assert words in capture.why
    assert watching.texts(document) == [LONG]


def test_a_redirect_is_recorded_and_its_validators_belong_to_where_it_led(watching: Watching) -> None:
    watching.site.redirect("/page.md", "/new/page.md")
    watching.site.page("/new/page.md", LONG, etag='"1"')
    document = watching.add()
    (capture,) = watching.capture(document)
    assert capture.final_url == watching.site.url("/new/page.md")
    assert ("location", watching.site.url("/new/page.md")) in capture.headers
    assert watching.capture(document)[0].status == 304


def test_a_page_that_was_never_there_is_a_failure_and_no_version(watching: Watching) -> None:
    document = watching.add()
    (capture,) = watching.capture(document)
    assert (capture.outcome, capture.status) == (Outcome.FAILED, 404)
    assert "no such page" in capture.why
    assert watching.texts(document) == []


def test_one_document_s_failure_is_not_the_others(watching: Watching) -> None:
    watching.site.page("/a.md", LONG)
    watching.site.page("/b.md", b"", status=500)
    assert watching.outcomes(watching.add("/a.md"), watching.add("/b.md")) == ["new", "failed"]


def test_a_fault_of_our_own_is_one_failed_capture(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("carnet.documents.capture.judge.changed", fault)
    watching.site.page("/page.md", LONG)
    (capture,) = watching.capture(watching.add())
    assert (capture.outcome, "ZeroDivisionError" in capture.why) == (Outcome.FAILED, True)


def test_a_store_that_cannot_write_stops_the_run_with_its_reason(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> list[Capture]:
        raise StoreError("the disk is full")

    monkeypatch.setattr(watching.store.documents, "record", full)
    watching.site.page("/page.md", LONG)
    with pytest.raises(StoreError, match="disk is full"):
        watching.capture(watching.add())


def test_a_document_that_is_removed_during_the_run_is_left_out(watching: Watching) -> None:
    document = watching.add()

    def speak(_: Request) -> Iterator[bytes]:
        watching.store.documents.remove_documents([document])
        yield answer(200, LONG, "text/markdown", {})

    watching.site.say("/page.md", speak)
    assert watching.capture(document) == []


def test_documents_without_an_address_are_left_out(watching: Watching) -> None:
    imported = watching.store.documents.add_document(make.document(url="import:agent/a.md"))
    assert not fetchable(imported)
    assert watching.capture(imported) == []


def test_a_setting_that_cannot_be_understood_is_an_error_not_a_capture(watching: Watching) -> None:
    watching.settings = watching.settings.with_option("watch.timeout", "soon")
    with pytest.raises(CarnetError, match=r"watch\.timeout"):
        watching.capture(watching.add())


def test_a_run_may_use_a_fetcher_that_stays_open(watching: Watching) -> None:
    watching.site.page("/page.md", LONG)
    document = watching.add()

    async def twice() -> list[Outcome]:
        async with Fetcher(watching.settings) as fetcher:
            return [
                (
                    await capture_documents(
                        watching.store, [document], watching.settings, lambda: datetime.now(UTC), fetcher
                    )
                )[0].outcome
                for _ in range(2)
            ]

    assert asyncio.run(twice()) == [Outcome.NEW, Outcome.UNCHANGED]


# --- clocks


def test_a_clock_that_goes_backwards_never_puts_a_new_text_behind_an_old_one(watching: Watching) -> None:
    document = watching.add()
    for hour, text in ((10, LONG), (2, LONG + b"2.\n"), (3, LONG + b"3.\n"), (20, LONG + b"4.\n")):
        watching.site.page("/page.md", text)
        watching.hour = hour - 1
        assert watching.outcomes(document) == ["new"]
    assert watching.texts(document) == [LONG, LONG + b"2.\n", LONG + b"3.\n", LONG + b"4.\n"]
    assert watching.hours(document) == [10, 2, 3, 20]


def test_an_import_between_two_captures_is_not_covered_up_by_a_304(watching: Watching) -> None:
    watching.site.page("/page.md", LONG, etag='"1"')
    document = watching.add()
    watching.capture(document)
    watching.store.documents.record([make.observation(document.id, 1.5, b"Imported.\n", source="git 1")])
    assert watching.outcomes(document) == ["new"]
    assert watching.texts(document) == [LONG, b"Imported.\n", LONG]


# --- hygiene


def test_a_page_that_shrank_is_held_and_a_recovery_drops_it_without_a_version(watching: Watching) -> None:
    document = watching.add()
    watching.site.page("/page.md", LONG, etag='"1"')
    watching.capture(document)
    watching.site.page("/page.md", SHORT)
    (held,) = watching.capture(document)
    assert held.outcome is Outcome.HELD
    assert f"{len(LONG):,} to {len(SHORT)} bytes" in held.why
    assert watching.store.documents.text(held.digest) == SHORT
    watching.site.page("/page.md", LONG, etag='"1"')
    assert watching.outcomes(document) == ["unchanged"]
    assert watching.texts(document) == [LONG]
    # The hold is over: the same short text is held anew, not confirmed.
    watching.site.page("/page.md", SHORT)
    assert watching.outcomes(document) == ["held"]


def test_a_second_capture_that_agrees_counts_from_the_first(watching: Watching) -> None:
    document = watching.add()
    for text in (LONG, SHORT, SHORT):
        watching.site.page("/page.md", text)
        watching.capture(document)
    assert watching.texts(document) == [LONG, SHORT]
    assert watching.hours(document) == [1, 2]
    assert watching.outcomes(document) == ["unchanged"]


def test_a_page_that_differs_a_little_at_every_fetch_is_confirmed_too(watching: Watching) -> None:
    document = watching.add()
    for text in (LONG, SHORT * 2 + b"1\n", SHORT * 2 + b"2\n"):
        watching.site.page("/page.md", text)
        watching.capture(document)
    assert watching.texts(document) == [LONG, SHORT * 2 + b"1\n", SHORT * 2 + b"2\n"]
    assert watching.hours(document) == [1, 2, 3]


def test_a_failure_in_between_leaves_the_hold_open(watching: Watching) -> None:
    document = watching.add()
    outcomes = []
    for text, status in ((LONG, 200), (SHORT, 200), (b"", 500), (SHORT, 200)):
        watching.site.page("/page.md", text, status=status)
        outcomes += watching.outcomes(document)
    assert outcomes == ["new", "held", "failed", "new"]
    assert watching.hours(document) == [1, 2]


def test_a_page_that_is_gone_is_held_then_counts_and_comes_back(watching: Watching) -> None:
    document = watching.add()
    outcomes = []
    for text, status in ((LONG, 200), (b"", 404), (b"", 410), (b"", 404), (SHORT, 200)):
        watching.site.page("/page.md", text, status=status)
        outcomes += watching.outcomes(document)
    assert outcomes == ["new", "held", "new", "unchanged", "new"]
    assert watching.texts(document) == [LONG, b"(gone)", SHORT]
    assert watching.hours(document) == [1, 2, 5]


def test_a_held_capture_can_be_accepted_by_hand(watching: Watching) -> None:
    document = watching.add()
    for text in (LONG, SHORT):
        watching.site.page("/page.md", text)
        watching.capture(document)
    assert accept(watching.store, document).outcome is Outcome.NEW
    assert watching.texts(document) == [LONG, SHORT]
    assert watching.hours(document) == [1, 2]
    assert watching.outcomes(document) == ["unchanged"]
    with pytest.raises(NotFoundError, match="no capture of it is held"):
        accept(watching.store, document)


def test_a_held_disappearance_can_be_accepted_by_hand(watching: Watching) -> None:
    document = watching.add()
    watching.site.page("/page.md", LONG)
    watching.capture(document)
    watching.site.page("/page.md", status=404)
    watching.capture(document)
    accept(watching.store, document)
    assert watching.texts(document) == [LONG, b"(gone)"]


def test_a_collection_that_vanishes_in_one_run_is_held_as_a_whole(watching: Watching) -> None:
    documents = [watching.add(f"/{n}.md") for n in range(6)]
    for n in range(6):
        watching.site.page(f"/{n}.md", LONG)
    watching.capture(*documents)
    for n in range(6):
        watching.site.page(f"/{n}.md", status=404)
    captures = watching.capture(*documents)
    assert {each.outcome for each in captures} == {Outcome.HELD}
    assert all("6 of 6 documents of the collection are gone in one run" in each.why for each in captures)


def test_a_collection_that_changes_wholly_in_one_run_is_held_and_confirmed(watching: Watching) -> None:
    documents = [watching.add(f"/{n}.md") for n in range(6)]
    for text in (LONG, LONG.replace(b"page", b"other product"), LONG.replace(b"page", b"other product")):
        for n in range(6):
            watching.site.page(f"/{n}.md", text)
        captures = watching.capture(*documents)
    assert {each.outcome for each in captures} == {Outcome.NEW}
    assert all(watching.hours(document) == [1, 2] for document in documents)


def test_one_document_that_changes_wholly_is_believed(watching: Watching) -> None:
    documents = [watching.add(f"/{n}.md") for n in range(6)]
    for n in range(6):
        watching.site.page(f"/{n}.md", LONG)
    watching.capture(*documents)
    watching.site.page("/0.md", LONG.replace(b"page", b"other product"))
    assert watching.outcomes(*documents) == ["new", *["unchanged"] * 5]


def test_ordinary_changes_of_a_whole_collection_are_believed(watching: Watching) -> None:
    documents = [watching.add(f"/{n}.md") for n in range(6)]
    for text in (LONG, LONG + b"A new footer.\n"):
        for n in range(6):
            watching.site.page(f"/{n}.md", text)
        outcomes = watching.outcomes(*documents)
    assert outcomes == ["new"] * 6


# --- web pages and PDFs


def page(*paragraphs: str, menu: str = "Menu") -> bytes:
    text = "".join(f"<p>{each}</p>" for each in paragraphs)
    return f"<!doctype html><nav>{menu}</nav><main><h1>Data</h1>{text}</main>".encode()


def test_a_web_page_is_kept_raw_beside_its_text(watching: Watching) -> None:
    watching.site.page("/page", page("One.", "Two."), "text/html; charset=utf-8")
    document = watching.add("/page")
    (capture,) = watching.capture(document)
    assert watching.texts(document) == [b"# Data\n\nOne.\n\nTwo.\n"]
    assert watching.store.documents.raw(capture.id) == page("One.", "Two.")
    assert watching.store.documents.versions(document.id)[0].normaliser.startswith("html-1")


def test_a_change_outside_the_content_is_no_change(watching: Watching) -> None:
    document = watching.add("/page")
    watching.site.page("/page", page("One."), "text/html")
    watching.capture(document)
    watching.site.page("/page", page("One.", menu="Another menu"), "text/html")
    assert watching.outcomes(document) == ["unchanged"]


def test_the_same_bytes_are_not_read_again(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    document = watching.add("/page")
    watching.site.page("/page", page("One."), "text/html")
    watching.capture(document)

    def fault(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("carnet.documents.capture.apart.Extractor.extract", fault)
    assert watching.outcomes(document) == ["unchanged"]


def test_the_text_of_a_pdf_is_captured(watching: Watching) -> None:
    watching.site.page("/terms.pdf", pdf("First page.", "Second page."), "application/pdf")
    document = watching.add("/terms.pdf")
    watching.capture(document)
    assert watching.texts(document) == [b"First page.\n\nSecond page.\n"]


def test_another_selector_is_no_change_of_the_vendor_s(watching: Watching) -> None:
    document = watching.add("/page")
    for n in range(3):
        watching.site.page("/page", page("One.", f"<b class=x>Edition {n} of this sentence.</b>"), "text/html")
        watching.capture(document)
    narrowed = replace(document, selector=".x", media=Media.HTML)
    watching.store.documents.change_document(narrowed)
    assert watching.outcomes(narrowed) == ["unchanged"]
    assert watching.texts(document) == [b"Edition %d of this sentence.\n" % n for n in range(3)]
    assert watching.hours(document) == [1, 2, 3]


def test_a_hold_of_a_web_page_keeps_its_bytes(watching: Watching) -> None:
    document = watching.add("/page")
    for paragraphs in (["One sentence."] * 30, ["Short."]):
        watching.site.page("/page", page(*paragraphs), "text/html")
        watching.capture(document)
    version = accept(watching.store, document)
    assert watching.texts(document)[-1] == b"# Data\n\nShort.\n"
    assert watching.store.documents.raw(version.id) == page("Short.")
    assert watching.store.documents.versions(document.id)[-1].normaliser.startswith("html-1")
