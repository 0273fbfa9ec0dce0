"""What an empty store begins with: the packs' documents on the watch list and an example history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from carnet import packs
from carnet.documents.history.importing import Request, import_folder
from carnet.documents.history.step import Quiet
from carnet.model.document import Document

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from carnet.stores.contract import Store

NOTE = "first-start"
BEGUN = "begun"
"""What the note says until all is there: a killed first start is gone on with, adding nothing twice."""
EXAMPLE = "example"
"""Collection of the example."""


def first_start(store: Store, now: datetime) -> bool:
    """Fill an empty store, once; whether it did. What a person removes later stays removed."""
    state = store.note(NOTE)
    if state is None:
        # A store that is not empty was begun by somebody's own watch or import; they chose what is on it.
        state = "left alone" if store.documents.documents() else BEGUN
        store.set_note(NOTE, state)
    if state != BEGUN:
        return False
    _watch_packs(store)
    add_example(store)
    store.set_note(NOTE, f"done {now.isoformat()}")
    return True


def add_example(store: Store) -> None:
    """Import the invented history that ships with Carnet, marked as an example."""
    folder = examples_folder() / "juniper-coder"
    import_folder(store, folder, EXAMPLE, Request(str(folder), EXAMPLE), Quiet())
    mark_example(store, [document.id for document in store.documents.documents(EXAMPLE)])


def is_example(source: str) -> bool:
    """Whether an import's source is the invented history, brought in by hand."""
    return Path(source).resolve().is_relative_to(examples_folder().resolve())


def mark_example(store: Store, ids: Collection[int]) -> None:
    """Mark documents as the example, so that every page says what they are."""
    for document in store.documents.documents():
        if document.id in ids:
            store.documents.change_document(replace(document, example=True))


def remove_example(store: Store) -> int:
    """Take the example away, for good; how many documents it was."""
    documents = [document for document in store.documents.documents() if document.example]
    store.documents.remove_documents(documents)
    return len(documents)


def examples_folder() -> Path:
    """The folder `examples`: beside the packs in an installed Carnet, at the top of a checkout."""
    installed = Path(packs.__file__).parent / "examples"
    return installed if installed.is_dir() else Path(packs.__file__).parents[3] / "examples"


def _watch_packs(store: Store) -> None:
    for pack in packs.load():
        for page in pack.documents:
            store.documents.add_document(
                Document(id=0, collection=pack.id, name=page.name, url=page.url, media=page.media, watched=True)
            )
