"""The section that ends a comparison's page: what the change means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.render.escape import escape

if TYPE_CHECKING:
    from collections.abc import Sequence


def closing_html(title: str, lines: Sequence[str]) -> str:
    """A headed section of plain lines, every character of them escaped."""
    items = "".join(f"<li>{escape(line)}</li>\n" for line in lines)
    return f'<section class="cn-closing"><h2>{escape(title)}</h2>\n<ul>\n{items}</ul></section>\n'
