"""Which document a file of a history is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.documents.history.wanted import media_of, name_of
from carnet.errors import CarnetError
from carnet.model.document import Document

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from carnet.documents.history.step import Progress, Seen
    from carnet.model.document import Media
    from carnet.packs import Pack, PackDocument
    from carnet.stores.contract import DocumentStore


def checked_collection(name: str) -> str:
    """The name of a collection as the user gave it. Raises CarnetError for one that addresses could not hold."""
    if not name.strip() or name in {".", ".."} or "/" in name or not name.isprintable():
        raise CarnetError(f"--collection {name!r} is no name: use letters, digits, `-`, `_` and `.`")
    return name


class Naming:
    """Gives every file of one import its document, by source URL.

    A page of a pack is one file of the source at a time: two files with one name (`en/` and `de/`, a mirror beside
    a mirror) would otherwise take turns in one document. The more precise path has it until that file is gone.

    A document imported without its pack becomes the pack's page when the pack is named later. `given` are the
    documents this source filled before: imported again without the pack, its files still find theirs.
    """

    def __init__(
        self,
        documents: DocumentStore,
        collection: str,
        pack: Pack | None,
        claims: Mapping[str, int],
        given: Collection[int] = (),
    ) -> None:
        self._documents = documents
        self._collection = collection
        self._pack = pack
        known = documents.documents(collection)
        self._by_url = {document.url: document for document in known}
        self._names = {document.name: document.url for document in known}
        by_id = {document.id: document for document in known}
        self._claims = {path: by_id[number] for path, number in claims.items() if number in by_id}
        filled = [by_id[number] for number in given if number in by_id and pack is None]
        self._given = {document.name: document for document in filled if not document.url.startswith("import:")}

    @property
    def claims(self) -> dict[str, int]:
        """Path -> document id of the pack's pages, to go on with in a later import."""
        return {path: document.id for path, document in self._claims.items()}

    def assign(self, seen: Iterable[Seen], progress: Progress) -> list[tuple[Seen, Document]]:
        """The documents of one step's files; a page that only moved to another path is not gone."""
        seen = list(seen)
        gone = [(one, self._leave(one.document)) for one in seen if one.read is None]
        present = sorted((one for one in seen if one.read is not None), key=self._precedence)
        assigned = [(one, self._document(one.document, progress)) for one in present]
        still = {document.id for _, document in assigned}
        return [(one, document) for one, document in gone if document and document.id not in still] + assigned

    def _leave(self, path: str) -> Document | None:
        """The document a vanished file was; None for one that was never taken (too large)."""
        return self._claims.pop(path, None) or self._by_url.get(self._file_url(path))

    def _precedence(self, one: Seen) -> tuple[int, int, str]:
        found = self._pack.recognise(one.document) if self._pack else None
        return -(found[1] if found else 0), one.document.count("/"), one.document

    def _document(self, path: str, progress: Progress) -> Document:
        found = self._pack.recognise(path) if self._pack else None
        if path in self._claims:
            return self._claims[path]
        url = found[0].url if found else ""
        if found and all(document.url != url for document in self._claims.values()):
            self._claims[path] = self._page(found[0], path)
            return self._claims[path]
        return self._file(path, progress)

    def _page(self, page: PackDocument, path: str) -> Document:
        """The pack's page: the one on the watch list, else this file as it was imported without the pack."""
        if page.url in self._by_url:
            return self._by_url[page.url]
        earlier = self._by_url.get(self._file_url(path))
        return self._adopt(earlier, page) if earlier else self._add(page.url, page.name, page.name, page.media)

    def _adopt(self, earlier: Document, page: PackDocument) -> Document:
        """Give an imported document the page's address; its history stays, and its name where the page's is taken."""
        name = earlier.name if page.name in self._names else page.name
        adopted = replace(earlier, name=name, url=page.url, media=page.media or earlier.media)
        self._documents.change_document(adopted)
        del self._by_url[earlier.url], self._names[earlier.name]
        self._by_url[adopted.url] = adopted
        self._names[adopted.name] = adopted.url
        return adopted

    def _file(self, path: str, progress: Progress) -> Document:
        """A file that is nobody's page: its path is its source."""
        url = self._file_url(path)
        if url in self._by_url:
            return self._by_url[url]
        name = name_of(path)
        if name in self._given:
            return self._given[name]
        if name in self._names:
            progress.note(f"{path} is imported as {path}: {name} is already {self._names[name]}{self._hint(name)}")
        return self._add(url, name, path, media_of(path))

    def _file_url(self, path: str) -> str:
        return f"import:{self._collection}/{path}"

    def _hint(self, name: str) -> str:
        watched = not self._names[name].startswith("import:") and self._pack is None
        return " (--pack makes a file that page's history)" if watched else ""

    def _add(self, url: str, name: str, otherwise: str, media: Media) -> Document:
        chosen = next(free for free in _free_names(name, otherwise) if free not in self._names)
        document = self._documents.add_document(
            Document(id=0, collection=self._collection, name=chosen, url=url, media=media)
        )
        self._by_url[url] = document
        self._names[document.name] = url
        return document


def _free_names(name: str, otherwise: str) -> Iterable[str]:
    yield name
    yield otherwise
    number = 2
    while True:
        yield f"{otherwise}-{number}"
        number += 1
