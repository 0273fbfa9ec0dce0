"""Which files of a source are documents, and what they are called."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

from carnet.model.document import Media

DEFAULT = ("*.md", "*.mdx", "*.txt", "*.html", "*.htm", "*.pdf")
"""Taken where no `--path` is given."""

MEDIA = {
    ".md": Media.MARKDOWN,
    ".mdx": Media.MARKDOWN,
    ".markdown": Media.MARKDOWN,
    ".html": Media.HTML,
    ".htm": Media.HTML,
    ".pdf": Media.PDF,
}


def wanted(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a file is taken: one glob matches and none that begins with `!` does."""
    taken = [glob for glob in globs if not glob.startswith("!")] or DEFAULT
    return any(_matches(path, glob) for glob in taken) and not any(
        _matches(path, glob[1:]) for glob in globs if glob.startswith("!")
    )


def name_of(path: str) -> str:
    """Name of a document within its collection: the path without suffix."""
    pure = PurePosixPath(path)
    return str(pure.with_suffix("")) if pure.suffix else str(pure)


def media_of(path: str) -> Media:
    """Kind of text, by suffix; what is not known is plain text."""
    return MEDIA.get(PurePosixPath(path).suffix.lower(), Media.TEXT)


def _matches(path: str, glob: str) -> bool:
    """A glob without `/` is about the file's name at any depth, one with `/` about the whole path."""
    whole = glob.strip("/")
    subject = path if "/" in glob else path.rpartition("/")[2]
    return _compiled(whole).fullmatch(subject) is not None


@lru_cache(maxsize=256)
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile("".join(_translate(glob)), re.IGNORECASE | re.DOTALL)


def _translate(glob: str) -> list[str]:
    """`**` crosses folders, `*` and `?` do not, as in .gitignore (pathlib's full_match needs Python 3.13)."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]/]+\])", glob)
    return [_part(part) for part in parts]


def _part(part: str) -> str:
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if part.startswith("[") and part.endswith("]") and len(part) > 2:
        inside = part[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return (
            f"[^{inside[1:]}/]" if inside[0] in "!^" and len(inside) > 1 else f"[{inside.replace('^', chr(92) + '^')}]"
        )
    return known.get(part, re.escape(part))
