"""What a source is: told from its form and its first bytes, never tried out."""

from __future__ import annotations

import re
from pathlib import Path

from carnet.documents.history.step import Kind
from carnet.errors import CarnetError

SCHEMES = ("https", "http", "ssh", "git", "file")
FIRST_BYTES = ((b"# v2 git bundle", Kind.BUNDLE), (b"# v3 git bundle", Kind.BUNDLE), (b"PK\x03\x04", Kind.ARCHIVE))
TRIED = "a git repository (its folder, a bundle file or an address), a folder of dated files, a Carnet archive"


def kind_of(source: str) -> Kind:
    """What a source is. Raises CarnetError that says what was looked for."""
    if source.startswith("-"):
        raise CarnetError(f"{source}: looks like an option; write ./{source} for a file of that name")
    if not source:
        raise CarnetError(f"no such file or folder: the name is empty. A source is {TRIED}")
    if scheme := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)(:?)://", source):
        return _remote(source, scheme[1].lower())
    if re.match(r"[A-Za-z0-9+.-]+::", source):
        raise CarnetError(f"{source}: addresses that name a transport program are refused; {_schemes()}")
    path = Path(source)
    try:
        if path.is_dir():
            return _folder(path)
        if path.is_file():
            return _file(path)
    except OSError as error:
        raise CarnetError(f"{source}: cannot be read: {error.strerror}") from error
    if re.match(r"(?:[^@/:\s-][^@/:\s]*@)?[^@/:\s-][^@/:\s]*:(?!/?$)[^\s]", source):
        return Kind.REMOTE
    raise CarnetError(f"{source}: no such file or folder. A source is {TRIED}")


def _remote(source: str, scheme: str) -> Kind:
    if scheme not in SCHEMES:
        raise CarnetError(f"{source}: {scheme}:// is no address a git repository is fetched from; {_schemes()}")
    host = source.split("://", 1)[1].rpartition("@")[2]
    if host.startswith("-"):
        raise CarnetError(f"{source}: the host's name begins with a dash, which ssh would take for an option")
    return Kind.REMOTE


def _schemes() -> str:
    return f"use {', '.join(f'{scheme}://' for scheme in SCHEMES)} or user@host:path"


def _folder(path: Path) -> Kind:
    is_bare = (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()
    return Kind.REPOSITORY if is_bare or (path / ".git").exists() else Kind.FOLDER


def _file(path: Path) -> Kind:
    with path.open("rb") as file:
        first = file.read(16)
    for start, kind in FIRST_BYTES:
        if first.startswith(start):
            return kind
    raise CarnetError(f"{path}: a file that is neither a git bundle nor a Carnet archive. A source is {TRIED}")
