"""Imports a history into the store: streaming, resumable, idempotent."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.documents.history import bookmark
from carnet.documents.history.derive import deriving
from carnet.documents.history.folder import read_folder
from carnet.documents.history.kinds import kind_of
from carnet.documents.history.naming import Naming, checked_collection
from carnet.documents.history.recording import Imported, Recording
from carnet.documents.history.repository import Position, Reading, read_steps
from carnet.documents.history.step import Kind, Quiet
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from carnet.documents.history.step import Progress
    from carnet.packs import Pack
    from carnet.settings import Settings
    from carnet.stores.contract import Store


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be imported, and as what."""

    source: str
    """Path or address, as the user wrote it."""
    collection: str | None = None
    """Collection to import into; None derives it from pack or source."""
    globs: tuple[str, ...] = ()
    """Files to take; empty takes what looks like a document."""
    pack: Pack | None = None


def import_history(store: Store, settings: Settings, request: Request, progress: Progress | None = None) -> Imported:
    """Import any kind of source. Raises CarnetError saying what was tried; a repeated import completes."""
    progress = progress or Quiet()
    request = with_known_paths(request)
    if request.collection is not None:
        checked_collection(request.collection)
    kind = kind_of(request.source)
    if kind is Kind.ARCHIVE:
        from carnet.documents.history.restoring import restore  # noqa: PLC0415 - only an archive needs it

        return restore(store, request, progress)
    collection = request.collection or (request.pack.id if request.pack else default_collection(request.source))
    if kind is Kind.FOLDER:
        return import_folder(store, Path(request.source), collection, request, progress)
    return _import_git(store, settings, kind, collection, request, progress)


def with_known_paths(request: Request) -> Request:
    """A public history that the pack names is read where the pack says its documents lie, unless paths are given."""
    if request.globs or request.pack is None:
        return request
    known = next((one for one in request.pack.histories if one.address == request.source), None)
    return replace(request, globs=known.paths) if known else request


def default_collection(source: str) -> str:
    """Last part of a path or address without suffix: `https://host/a/claude-docs.git` -> `claude-docs`."""
    local = Path(source)
    text = str(local.resolve()) if local.exists() else source.split("?", 1)[0]
    last = text.rstrip("/").removesuffix("/.git").replace(":", "/").rpartition("/")[2]
    return Path(last).stem or last or "imported"


def import_folder(store: Store, folder: Path, collection: str, request: Request, progress: Progress) -> Imported:
    """Import a folder of dated files."""
    with deriving() as derivation:
        naming = Naming(store.documents, collection, request.pack, {})
        recording = Recording(store, naming, derivation, progress)
        recording.take(read_folder(folder, request.globs, progress))
    return _imported(recording, Kind.FOLDER, collection, request)


def _import_git(
    store: Store, settings: Settings, kind: Kind, collection: str, request: Request, progress: Progress
) -> Imported:
    key = bookmark.key_of(
        _identity(kind, request), collection, *request.globs, f"pack {request.pack and request.pack.id}"
    )
    known = bookmark.read(store, key)
    with _repository(kind, request, settings) as path, deriving() as derivation:
        given = known.documents if known else {}
        naming = Naming(store.documents, collection, request.pack, known.claims if known else {}, given)
        recording = Recording(store, naming, derivation, progress, key, dict(given))
        after = Position(known.commit, known.order) if known else None
        recording.take(read_steps(Reading(path, request.source, request.globs), after, progress))
    return _imported(recording, kind, collection, request)


def _imported(recording: Recording, kind: Kind, collection: str, request: Request) -> Imported:
    """What was added. Raises CarnetError where the source held no document at all."""
    if not recording.captures:
        globs = ", ".join(request.globs) or "Markdown, text, HTML or PDF"
        raise CarnetError(f"{request.source}: read as a {kind}; it holds no file to import ({globs})")
    return recording.imported(kind, collection)


def _identity(kind: Kind, request: Request) -> str:
    return request.source if kind is Kind.REMOTE else str(Path(request.source).resolve())


def _repository(kind: Kind, request: Request, settings: Settings) -> AbstractContextManager[Path]:
    if kind is Kind.REPOSITORY:
        return nullcontext(Path(request.source))
    from carnet.documents.history.clone import cloned  # noqa: PLC0415 - only bundles and addresses need it

    return cloned(request.source if kind is Kind.REMOTE else str(Path(request.source).resolve()), settings)
