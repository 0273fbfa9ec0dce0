"""Captured bytes as lines, and lines with their word marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carnet.documents.render.escape import escape
from carnet.model.difference import Mark

if TYPE_CHECKING:
    from carnet.model.difference import Line

_LONE_RETURN = re.compile(r"\r(?!\n|$)")


def lines_of(text: bytes) -> list[str]:
    """The lines as `git diff` counts them, without line ends; what is not UTF-8 shows as U+FFFD."""
    decoded = _LONE_RETURN.sub("\ufffd", text.decode("utf-8", errors="replace"))
    lines = decoded.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def line_html(line: Line) -> str:
    """A line with its word marks; a line without counterpart carries no inner mark."""
    if not line.spans:
        return escape(line.text.removesuffix("\r"))
    return "".join(_TAGS[span.mark].format(escape(span.text.removesuffix("\r"))) for span in line.spans)


_TAGS = {
    Mark.SAME: "{}",
    Mark.ADDED: "<ins>{}</ins>",
    Mark.REMOVED: "<del>{}</del>",
    Mark.MOVED_FROM: "{}",
    Mark.MOVED_TO: "{}",
}
