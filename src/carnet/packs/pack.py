"""A pack: what is known of one agent, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from carnet.model.document import Media


@dataclass(frozen=True, slots=True)
class PackDocument:
    """A vendor page that belongs to a pack."""

    url: str
    """Source URL; public and fetched without an account."""
    name: str
    """Name within the pack's collection, such as `data-usage`."""
    names: tuple[str, ...]
    """File names (or ends of paths) by which a file of an imported history is recognised as this page."""
    media: Media


@dataclass(frozen=True, slots=True)
class History:
    """A public git history of a pack's documents, kept by somebody else."""

    pack: str
    """Id of the pack."""
    address: str
    """Remote address that git can clone."""
    licence: str
    """Licence the repository states, or `no licence stated`."""
    size: str
    """Size of a clone in words, as far as it is known."""
    description: str
    paths: tuple[str, ...]
    """Globs that pick the pack's documents out of the repository, as `carnet import --path` takes them."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything about one agent as data; this station reads its documents."""

    id: str
    """Stable name, such as `claude-code`; also its collection of documents."""
    title: str
    agent: str
    """Name of the agent the pack is about."""
    folder: Path
    """Where its files lie."""
    documents: tuple[PackDocument, ...]
    histories: tuple[History, ...]

    def recognise(self, path: str) -> tuple[PackDocument, int] | None:
        """The document a file's path stands for and how precisely (parts of the path matched), or None."""
        found: tuple[PackDocument, int] | None = None
        for document in self.documents:
            for name in document.names:
                parts = name.count("/") + 1
                if (path == name or path.endswith(f"/{name}")) and (found is None or parts > found[1]):
                    found = (document, parts)
        return found


def histories(packs: Sequence[Pack]) -> list[History]:
    """Public histories of all packs: what the start page offers to import."""
    return [history for pack in packs for history in pack.histories]
