from __future__ import annotations

import pytest

from carnet.documents.history.wanted import media_of, name_of, wanted
from carnet.model.document import Media


@pytest.mark.parametrize("path", ["a.md", "deep/down/a.MD", "b.mdx", "c.txt", "d.html", "e.htm", "f.pdf"])
def test_documents_are_taken_at_any_depth(path: str) -> None:
    assert wanted(path, ())


@pytest.mark.parametrize("path", ["run.py", "md", "a.md.bak", "image.png", "folder.md/run.py"])
def test_other_files_are_not(path: str) -> None:
    assert not wanted(path, ())


@pytest.mark.parametrize(
    ("glob", "taken", "left"),
    [
        ("data-*.md", ["data-usage.md", "x/data-usage.md"], ["usage.md"]),
        ("docs/*.md", ["docs/a.md"], ["docs/b/a.md", "x/docs/a.md", "a.md"]),
        ("docs/**", ["docs/a.md", "docs/b/c/a.txt"], ["x/docs/a.md"]),
        ("docs/**/a.md", ["docs/a.md", "docs/b/c/a.md"], ["a.md"]),
        ("/a.md", ["a.md"], ["b/a.md"]),
        ("[ab].md", ["a.md"], ["c.md"]),
        ("[!ab].md", ["c.md"], ["a.md"]),
        ("a?.md", ["ab.md"], ["a.md", "a/.md"]),
        ("a+(b).md", ["a+(b).md"], ["aab.md"]),
    ],
)
def test_globs_mean_what_gitignore_means(glob: str, taken: list[str], left: list[str]) -> None:
    assert [path for path in taken + left if wanted(path, (glob,))] == taken


def test_a_glob_with_an_exclamation_mark_leaves_out() -> None:
    assert not wanted("README.md", ("!README.md",))
    assert wanted("data-usage.md", ("!README.md",))
    assert not wanted("docs/x/a.md", ("docs/**", "!docs/x/**"))


def test_a_name_is_the_path_without_suffix() -> None:
    assert [name_of(path) for path in ("guides/setup.md", "v1.2/a.html", "LICENSE")] == [
        "guides/setup",
        "v1.2/a",
        "LICENSE",
    ]


def test_the_suffix_tells_the_kind() -> None:
    assert [media_of(path) for path in ("a.md", "a.mdx", "a.HTM", "a.pdf", "a.txt", "a.rst", "a")] == [
        Media.MARKDOWN,
        Media.MARKDOWN,
        Media.HTML,
        Media.PDF,
        Media.TEXT,
        Media.TEXT,
        Media.TEXT,
    ]
