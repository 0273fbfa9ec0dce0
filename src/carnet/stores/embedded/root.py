"""The root key: a file that nobody else may read, and its change for another."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carnet.errors import StoreError
from carnet.stores.embedded.slots import SLOT, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

RING = "ring"
"""The file of slots that the root key wraps."""
_HEAD = "carnet-root-1 "
_BYTES = 32


class RootFile:
    """The root key in a file with mode 0600; `elsewhere` puts it on another disk than the keys it opens."""

    def __init__(self, folder: Path, elsewhere: Path | None) -> None:
        self._folder = folder
        self.path = elsewhere or folder / "root.key"
        self._ring = folder / f"{RING}.slots"

    def read(self) -> bytes:
        """The key, made at the first use; a change that was cut short is finished."""
        self._finish()
        if not self.path.exists():
            if self._ring.exists():
                raise StoreError(
                    f"{self.path}: the root key is missing, and without it nothing in {self._folder} can be opened; "
                    "put the file back from its copy"
                )
            write_root(self.path, secrets.token_bytes(_BYTES))
        return read_root(self.path)

    def replace(self, ring: Mapping[int, bytes], root: bytes) -> None:
        """The ring's draft bears the mark of the root it is for, so that `_finish` knows whether that root has come."""
        draft = self._folder / f"{RING}.{_mark(root)}.new"
        size = max(ring, default=-1) + 1
        write_whole(draft, b"".join(ring.get(slot, bytes(SLOT)) for slot in range(size)))
        new = self._draft()
        write_root(new, root)
        with self._changing(), wiped(self.path), wiped(self._ring):
            new.replace(self.path)
            sync_folder(self.path.parent)
            self._finish()

    def _finish(self) -> None:
        """Put a ring in place whose root has come; take away what was prepared for one that has not."""
        drafts = list(self._folder.glob(f"{RING}.*.new"))
        with self._changing():
            if drafts and self.path.exists():
                wanted = f"{RING}.{_mark(read_root(self.path))}.new"
                for draft in drafts:
                    if draft.name == wanted:
                        draft.replace(self._ring)
                    else:
                        draft.unlink()
                sync_folder(self._folder)
            halves = [_part(self.path), _part(self._draft()), *self._folder.glob(f"{RING}.*.new.part")]
            for left in (self._draft(), *halves):
                if left.exists():  # where the root key is mounted read-only, removing nothing is refused, too
                    left.unlink()

    def _draft(self) -> Path:
        return self.path.with_name(f"{self.path.name}.new")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{self.path}: the root key, or the ring in {self._folder}, cannot be put in place: {error.strerror}; "
                "make that possible and repeat: what was begun is finished then"
            ) from error


@contextmanager
def wiped(path: Path) -> Iterator[None]:
    """Overwrite what a file held, once another one has taken its name."""
    old = path.open("r+b", buffering=0) if path.exists() else None
    try:
        yield
        if old is not None and (not path.exists() or os.fstat(old.fileno()).st_ino != path.stat().st_ino):
            old.write(bytes(os.fstat(old.fileno()).st_size))
            os.fsync(old.fileno())
    finally:
        if old is not None:
            old.close()


def _mark(root: bytes) -> str:
    return hashlib.sha256(b"carnet root mark" + root).hexdigest()[:16]


def read_root(path: Path) -> bytes:
    """The key in a file. Raises StoreError where others can read it, or it is none."""
    try:
        status = path.stat()
        text = path.read_text("ascii", "replace").strip()
    except OSError as error:
        raise StoreError(f"{path}: the root key cannot be read: {error.strerror}") from error
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise StoreError(
            f"{path}: others can read or write the root key (mode {stat.S_IMODE(status.st_mode):04o}); "
            f"run chmod 600 {path}, and carnet records rotate --root if somebody may have copied it"
        )
    try:
        root = base64.b64decode(text.removeprefix(_HEAD), validate=True)
    except ValueError:
        root = b""
    if not text.startswith(_HEAD) or len(root) != _BYTES:
        raise StoreError(f"{path}: this is not a root key of Carnet's; put the file back from its copy")
    return root


def write_root(path: Path, root: bytes) -> None:
    write_whole(path, f"{_HEAD}{base64.b64encode(root).decode()}\n".encode())


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def write_whole(path: Path, content: bytes) -> None:
    """A file that is there whole and durable, readable by nobody else, or not there."""
    draft = _part(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
