"""The texts read or written last, so that neighbours in a chain are cheap."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock


class RecentTexts:
    """Texts by digest, the oldest dropped beyond a number of bytes. Content-addressed, so never out of date."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._texts: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: bytes) -> bytes | None:
        with self._lock:
            text = self._texts.get(digest)
            if text is not None:
                self._texts.move_to_end(digest)
            return text

    def put(self, digest: bytes, text: bytes) -> None:
        with self._lock:
            if digest in self._texts or len(text) > self._limit:
                return
            self._texts[digest] = text
            self._held += len(text)
            while self._held > self._limit:
                self._held -= len(self._texts.popitem(last=False)[1])

    def drop(self, digest: bytes) -> None:
        """Let go of a text that is not likely to be asked for again."""
        with self._lock:
            self._held -= len(self._texts.pop(digest, b""))
