"""A comparison as one HTML file that needs nothing else: no script, no request, no other file."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from carnet.documents.render.counts import counts, instant, short_name
from carnet.documents.render.escape import escape
from carnet.documents.render.source import path_html
from carnet.documents.render.whole import whole_html
from carnet.model.document import Media

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.model.difference import Comparison


@cache
def stylesheet() -> str:
    """The style of all views, as the web pages serve it."""
    return files("carnet.documents.render").joinpath("comparison.css").read_text(encoding="utf-8")


def comparison_page(
    comparison: Comparison,
    old_text: bytes,
    new_text: bytes,
    media: Media | None = Media.MARKDOWN,
    closing: str = "",
) -> str:
    """The whole document with its changes as a file to keep or send (`carnet diff --html FILE`).

    `closing` is markup that ends the page (see `closing_html`, which escapes what it is given).
    """
    style = stylesheet()
    title = escape(short_name(comparison.document))
    old, new = instant(comparison.old.at), instant(comparison.new.at)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{_digest(style)}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}: {old} to {new}</title>
<style>{style}</style>
</head>
<body class="cn-page">
<header class="cn-header">
<h1>{title}</h1>
<p class="cn-counts"><time datetime="{comparison.old.at:%Y-%m-%dT%H:%M:%SZ}">{old}</time> to \
<time datetime="{comparison.new.at:%Y-%m-%dT%H:%M:%SZ}">{new}</time> · \
<strong>{counts(comparison.added, comparison.removed)}</strong></p>
{_contents(comparison)}
</header>
<main>
{whole_html(comparison, old_text, new_text, media)}{closing}</main>
<footer class="cn-footer">{escape(comparison.document)} · versions {comparison.old.digest[:12]} and \
{comparison.new.digest[:12]} · compared by Carnet</footer>
</body>
</html>
"""


def _contents(comparison: Comparison) -> str:
    """Links to the changes, by section."""
    if not comparison.hunks:
        return "<p>The two texts are equal.</p>"
    total = len(comparison.hunks)
    told = f"{total} change{'' if total == 1 else 's'}"
    numbered = groupby(enumerate(comparison.hunks, 1), key=lambda pair: path_html(pair[1]))
    items = "".join(f"<li>{section}: {_links(number for number, _ in run)}</li>\n" for section, run in numbered)
    return f'<details class="cn-contents"><summary>{told}</summary>\n<ul>{items}</ul></details>'


def _links(numbers: Iterable[int]) -> str:
    return " ".join(f'<a href="#c{number}">{number}</a>' for number in numbers)


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
