"""Public git histories the packs name, offered on the start page until one was imported."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.packs.loading import load

if TYPE_CHECKING:
    from carnet.packs.pack import History
    from carnet.stores.contract import Store


@dataclass(frozen=True, slots=True)
class Offer:
    """One history somebody keeps in public."""

    pack: str
    title: str
    """Name of the pack in words."""
    address: str
    licence: str
    size: str
    description: str
    command: str
    """What imports it."""


def offers(store: Store) -> list[Offer]:
    """Histories of packs whose collection holds no imported capture yet; a pack that cannot be read offers none."""
    try:
        packs = load()
    except CarnetError:
        return []
    return [
        Offer(pack.id, pack.title, one.address, one.licence, one.size, one.description, command(one))
        for pack in packs
        if not _imported(store, pack.id)
        for one in pack.histories
    ]


def command(history: History) -> str:
    """The import takes the paths from the pack, which knows this address."""
    return f"carnet import {shlex.quote(history.address)} --pack {history.pack}"


def _imported(store: Store, collection: str) -> bool:
    """Whether any document of the collection has a history: its oldest version came from an import."""
    return any(
        versions and store.documents.captures(document.id, until=versions[0].at, limit=1)[0].source
        for document in store.documents.documents(collection)
        if (versions := store.documents.versions(document.id))
    )
