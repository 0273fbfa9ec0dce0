"""Finds packs and reads their files."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import msgspec

from carnet.errors import CarnetError, NotFoundError
from carnet.model.document import Media  # noqa: TC001 - msgspec reads the annotation
from carnet.packs.pack import History, Pack, PackDocument

T = TypeVar("T")

SCHEMA = 1
"""The schema of pack files this Carnet reads."""


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    """pack.toml."""

    schema: int
    id: str
    title: str
    agent: str


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    name: str
    names: tuple[str, ...]
    media: Media


class _History(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    licence: str
    size: str
    description: str
    folders: tuple[str, ...] = ()
    """Where in the repository the pages lie; empty looks in all of it."""


class _Documents(msgspec.Struct, forbid_unknown_fields=True):
    """documents.toml."""

    document: tuple[_Document, ...]
    history: tuple[_History, ...] = ()


@cache
def load() -> list[Pack]:
    """All packs, bundled and installed, ordered by id. Raises CarnetError naming the file that cannot be used."""
    packs = {pack.id: pack for pack in bundled()}
    for folder in _installed():
        pack = read_pack(folder)
        if pack.id in packs and packs[pack.id].folder != pack.folder:
            raise CarnetError(f"{folder}: the pack id {pack.id!r} is taken by {packs[pack.id].folder}")
        packs[pack.id] = pack
    return [packs[name] for name in sorted(packs)]


@cache
def bundled() -> list[Pack]:
    """Those that are part of Carnet. Nothing that is installed can take the place of one."""
    here = Path(__file__).parent
    return [read_pack(file.parent) for file in sorted(here.glob("*/pack.toml"))]


def named(name: str) -> Pack:
    """The pack with that id. Raises NotFoundError naming those there are."""
    for pack in bundled():
        if pack.id == name:
            return pack
    packs = load()
    for pack in packs:
        if pack.id == name:
            return pack
    raise NotFoundError(
        f"no pack {name!r}; there {'is' if len(packs) == 1 else 'are'}: {', '.join(p.id for p in packs)}"
    )


def read_pack(folder: Path) -> Pack:
    """Read one pack's folder. Raises CarnetError naming file and reason."""
    head = _head(folder / "pack.toml")
    listed = _decode(folder / "documents.toml", _Documents)
    return Pack(
        id=head.id,
        title=head.title,
        agent=head.agent,
        folder=folder,
        documents=tuple(PackDocument(d.url, d.name, d.names, d.media) for d in listed.document),
        histories=tuple(
            History(head.id, h.address, h.licence, h.size, h.description, _paths(h, listed)) for h in listed.history
        ),
    )


def _paths(history: _History, listed: _Documents) -> tuple[str, ...]:
    """Globs of the pack's pages within a history's repository."""
    files = sorted({name.rpartition("/")[2] for document in listed.document for name in document.names})
    return tuple(f"{folder.strip('/')}/{file}" for folder in history.folders for file in files) or tuple(files)


def _head(file: Path) -> _Head:
    """pack.toml; its schema is judged before anything else in it, which another schema may have changed."""
    schema = _tree(file).get("schema")
    if schema != SCHEMA:
        raise CarnetError(
            f"{file}: the pack has schema {schema!r}; this Carnet reads schema {SCHEMA}. "
            "Update Carnet, or install a pack made for it"
        )
    return _decode(file, _Head)


def _decode(file: Path, kind: type[T]) -> T:
    try:
        return msgspec.convert(_tree(file), kind)
    except msgspec.ValidationError as error:
        raise CarnetError(f"{file}: {error}") from error


def _tree(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CarnetError(f"{file}: the pack's file cannot be read: {error}") from error


def _installed() -> list[Path]:
    """Packages registered as `carnet.packs`: the entry point's value is a package whose files are the data."""
    folders: list[Path] = []
    from importlib.metadata import entry_points  # noqa: PLC0415 - 2 MB for who asks for bundled packs alone

    for point in entry_points(group="carnet.packs"):
        try:
            package = import_module(point.value)
        except ImportError as error:
            raise CarnetError(
                f"pack {point.name!r}: its package {point.value!r} cannot be imported: {error}"
            ) from error
        folders += [Path(path) for path in package.__path__]
    return folders
