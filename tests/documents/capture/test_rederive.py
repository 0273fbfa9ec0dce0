"""A change of the derivation is never a change of the vendor's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.documents.capture.apart import Extractor
from carnet.documents.capture.rederive import rederive
from tests import make

if TYPE_CHECKING:
    from carnet.model.document import Document
    from carnet.stores.contract import Store

KIND = (("content-type", "text/html"),)


def page(*paragraphs: str) -> bytes:
    return f"<main>{''.join(f'<p>{each}</p>' for each in paragraphs)}</main>".encode()


def run(store: Store, document: Document) -> int:
    async def once() -> int:
        extractor = Extractor()
        try:
            return await rederive(store, document, extractor)
        finally:
            await extractor.close()

    return asyncio.run(once())


def seen(store: Store, hours: float, text: bytes, raw: bytes, document: Document) -> None:
    observation = replace(make.observation(document.id, hours, text, raw=raw), headers=KIND, normaliser="html-0")
    store.documents.record([observation])


def test_texts_are_replaced_where_they_stand_and_versions_follow_the_new_ones(store: Store) -> None:
    document = store.documents.add_document(make.document(url="https://docs.test/page"))
    for hours, old, paragraphs in ((1, b"a", ["One."]), (2, b"b", ["One."]), (3, b"c", ["One.", "Two."])):
        seen(store, hours, old, page(*paragraphs), document)
    assert run(store, document) == 3
    versions = store.documents.versions(document.id)
    assert [store.documents.text(each.digest) for each in versions] == [b"One.\n", b"One.\n\nTwo.\n"]
    assert [each.at for each in versions] == [make.at(1), make.at(3)]
    assert all(each.normaliser.startswith("html-1") for each in versions)
    assert run(store, document) == 3
    assert store.documents.versions(document.id) == versions


def test_imports_markdown_and_bytes_that_give_no_text_are_left_alone(store: Store) -> None:
    document = store.documents.add_document(make.document(url="https://docs.test/page"))
    markdown = replace(make.observation(document.id, 1, b"# Text\n"), headers=(("content-type", "text/markdown"),))
    store.documents.record([markdown, make.observation(document.id, 2, b"Imported.\n", source="git 1")])
    seen(store, 3, b"old", b"<main></main>", document)
    assert run(store, document) == 0
    texts = [store.documents.text(each.digest) for each in store.documents.versions(document.id)]
    assert texts == [b"# Text\n", b"Imported.\n", b"old"]
