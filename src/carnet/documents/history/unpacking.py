"""Reads a Carnet archive.

An archive is untrusted: nothing of it is unpacked to disk, every size is bounded before it is read,
and all of it is read and checked once before anything of it is recorded.
"""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, TypeVar

import msgspec
import zstandard

from carnet.documents.history.archive import (
    FORMAT,
    HISTORY,
    LARGEST_BODY,
    LARGEST_LINE,
    MANIFEST,
    VERSION,
    WINDOW_LOG,
    AttemptLine,
    Body,
    DocumentLine,
    Line,
    Manifest,
    ObservationLine,
)
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an archive with the bytes it stands for."""

    line: Line
    text: bytes | None
    raw: bytes | None


@contextmanager
def opened(shown: str) -> Iterator[Archive]:
    """An archive whose manifest has been read. Raises CarnetError for anything that is none."""
    try:
        with zipfile.ZipFile(shown) as file:
            yield Archive(shown, file, _manifest(shown, file))
    except zipfile.BadZipFile as error:
        raise CarnetError(f"{shown}: not a whole Carnet archive (truncated or damaged): {error}") from error
    except (zstandard.ZstdError, EOFError) as error:
        raise CarnetError(f"{shown}: the archive is damaged: {error}") from error


def _manifest(shown: str, file: zipfile.ZipFile) -> Manifest:
    names = sorted(member.filename for member in file.infolist())
    if MANIFEST not in names:
        raise CarnetError(f"{shown}: a zip file, but not a Carnet archive: it has no {MANIFEST}")
    with file.open(MANIFEST) as member:
        text = member.read(LARGEST_LINE)
    head = _decode(shown, text, dict[str, object])
    if head.get("format") != FORMAT:
        raise CarnetError(f"{shown}: a zip file, but not a Carnet archive: its {MANIFEST} names no {FORMAT}")
    if head.get("version") != VERSION:
        raise CarnetError(
            f"{shown}: the archive has format version {head.get('version')!r}; "
            f"this Carnet reads {VERSION}. Update Carnet"
        )
    if names != sorted((HISTORY, MANIFEST)):
        strange = next((name for name in names if name not in {HISTORY, MANIFEST}), "one member twice, or too few")
        raise CarnetError(f"{shown}: the archive holds what no Carnet writes: {strange[:100]!r}; refused")
    return _decode(shown, text, Manifest)


@dataclass(frozen=True, slots=True)
class Archive:
    """An opened archive."""

    shown: str
    file: zipfile.ZipFile
    manifest: Manifest

    def entries(self) -> Iterator[Entry]:
        """Every line in order. Raises CarnetError at the first that is not as the manifest and its digests say."""
        decompressor = zstandard.ZstdDecompressor(max_window_size=1 << WINDOW_LOG)
        with self.file.open(HISTORY) as member, decompressor.stream_reader(member) as stream:
            reading = _Reading(self.shown, stream, self.manifest.size)
            documents = captures = 0
            while (entry := reading.entry()) is not None:
                is_document = isinstance(entry.line, DocumentLine)
                documents += is_document
                captures += not is_document
                if not documents:
                    raise CarnetError(f"{self.shown}: the archive is damaged: a capture before any document")
                yield entry
        if (documents, captures) != (self.manifest.documents, self.manifest.captures):
            raise CarnetError(
                f"{self.shown}: the archive is not whole: {captures} captures of {self.manifest.captures}"
            )
        if reading.digest.hexdigest() != self.manifest.sha256:
            raise CarnetError(f"{self.shown}: the archive is damaged: its content does not match its digest")

    def check(self) -> None:
        """Read all of it once, keeping nothing."""
        for _ in self.entries():
            pass


@dataclass(slots=True)
class _Reading:
    """The stream, read with a bound on everything."""

    shown: str
    stream: IO[bytes] | zstandard.ZstdDecompressionReader
    left: int
    """Bytes the manifest still allows."""
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _ahead: bytes = b""
    _last: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def entry(self) -> Entry | None:
        """The next line with its bytes; None at the end."""
        text = self._line()
        if text is None:
            return None
        line = _decode_line(self.shown, text)
        if isinstance(line, DocumentLine):
            self._last.clear()
            return Entry(line, None, None)
        data = self._body("text", line.text)
        return Entry(line, data, self._body("raw", line.raw))

    def _line(self) -> bytes | None:
        end = self._ahead.find(b"\n")
        while end < 0:
            more = self._more()
            if not more and not self._ahead:
                return None
            if not more or len(self._ahead) > LARGEST_LINE:
                raise self._damaged("a line does not end")
            start = len(self._ahead)
            self._ahead += more
            end = self._ahead.find(b"\n", start)
        line, self._ahead = self._ahead[:end], self._ahead[end + 1 :]
        return line

    def _body(self, kind: str, body: Body | None) -> bytes | None:
        if body is None:
            return None
        if body.given == "before":
            digest, data = self._last.get(kind, ("", b""))
        else:
            data = self._take(body.size)
            digest = hashlib.sha256(data).hexdigest()
        if digest != body.sha256 or len(data) != body.size:
            raise self._damaged(f"a {kind} does not match its digest {body.sha256[:12]}")
        self._last[kind] = digest, data
        return data

    def _take(self, size: int) -> bytes:
        """Bytes of a body and the line end behind them."""
        if not 0 <= size <= min(LARGEST_BODY, self.left + len(self._ahead)):
            raise self._damaged(f"it claims a body of {size} bytes")
        parts, held = [self._ahead], len(self._ahead)
        while held <= size:
            more = self._more()
            if not more:
                raise self._damaged("it ends within a body")
            parts.append(more)
            held += len(more)
        together = b"".join(parts)
        if together[size : size + 1] != b"\n":
            raise self._damaged("a body is longer than announced")
        self._ahead = together[size + 1 :]
        return together[:size]

    def _more(self) -> bytes:
        more = self.stream.read(_CHUNK)
        self.left -= len(more)
        if self.left < 0:
            raise self._damaged("it holds more than its manifest says")
        self.digest.update(more)
        return more

    def _damaged(self, how: str) -> CarnetError:
        return CarnetError(f"{self.shown}: the archive is damaged: {how}")


def _decode_line(shown: str, text: bytes) -> Line:
    try:
        return msgspec.json.decode(text, type=DocumentLine | ObservationLine | AttemptLine)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CarnetError(f"{shown}: the archive is damaged: a line cannot be read: {error}") from error


def _decode(shown: str, text: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CarnetError(f"{shown}: the archive's {MANIFEST} cannot be read: {error}") from error
