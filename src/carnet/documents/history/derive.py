"""Canonical text of an imported file, derived as a live capture derives it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.model.document import Media

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from carnet.documents.capture.apart import Extractor
    from carnet.model.document import Document


CONTENT_TYPES = {Media.HTML: "text/html", Media.PDF: "application/pdf"}
"""What a server would call these files; a fragment of a page does not look like one."""


class Derivation:
    """Turns files into canonical text; pages and PDFs in a process of their own, started when the first one comes."""

    def __init__(self) -> None:
        self._running: tuple[asyncio.Runner, Extractor] | None = None

    def derive(self, document: Document, data: bytes | None) -> tuple[bytes | None, bytes | None, str]:
        """(canonical text, raw bytes where they differ, normaliser). Raises FetchError where no text can be had."""
        if data is None or document.media not in CONTENT_TYPES:
            return data, None, ""
        from carnet.documents.capture.derive import derive  # noqa: PLC0415 - most histories are Markdown

        runner, extractor = self._started()
        # An imported file has no address that its links could be read against.
        source = document if not document.url.startswith("import:") else replace(document, url="")
        made = runner.run(derive(source, CONTENT_TYPES[document.media], data, extractor))
        return made.text, made.raw, made.normaliser

    def close(self) -> None:
        """End the process."""
        if self._running:
            runner, extractor = self._running
            runner.run(extractor.close())
            runner.close()

    def _started(self) -> tuple[asyncio.Runner, Extractor]:
        import asyncio  # noqa: PLC0415

        from carnet.documents.capture.apart import Extractor  # noqa: PLC0415

        if self._running is None:
            self._running = asyncio.Runner(), Extractor()
        return self._running


@contextmanager
def deriving() -> Iterator[Derivation]:
    """A derivation whose process ends with the block."""
    derivation = Derivation()
    try:
        yield derivation
    finally:
        derivation.close()
