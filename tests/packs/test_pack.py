from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from carnet import packs
from carnet.model.document import Media
from carnet.packs import Pack, PackDocument


def page(name: str, *names: str) -> PackDocument:
    return PackDocument(f"https://a.example/{name}", name, names, Media.MARKDOWN)


PACK = Pack("a", "A", "A", Path(), (page("x", "x.md", "en/x.md"), page("y", "y.md")), ())


@pytest.mark.parametrize(
    ("path", "name", "parts"),
    [("x.md", "x", 1), ("docs/x.md", "x", 1), ("docs/en/x.md", "x", 2), ("en/x.md", "x", 2), ("y.md", "y", 1)],
)
def test_a_file_is_recognised_by_the_end_of_its_path(path: str, name: str, parts: int) -> None:
    found = PACK.recognise(path)

    assert found is not None
    assert (found[0].name, found[1]) == (name, parts)


@pytest.mark.parametrize("path", ["xx.md", "x.md/z.md", "x.txt", "X.md", ""])
def test_another_file_is_not(path: str) -> None:
    assert PACK.recognise(path) is None


@pytest.fixture(params=packs.load(), ids=lambda pack: pack.id)
def bundled(request: pytest.FixtureRequest) -> Pack:
    pack: Pack = request.param
    return pack


def test_a_bundled_packs_pages_are_told_apart(bundled: Pack) -> None:
    names = [page.name for page in bundled.documents]
    files = [name for page in bundled.documents for name in page.names]

    assert len(set(names)) == len(names)
    assert len({page.url for page in bundled.documents}) == len(names)
    assert len(set(files)) == len(files)
    assert all(urlsplit(page.url).scheme == "https" for page in bundled.documents)
    assert all(bundled.recognise(f"{page.name}.md") == (page, 1) for page in bundled.documents)


def test_a_bundled_packs_histories_can_be_imported(bundled: Pack) -> None:
    from carnet.documents.history.kinds import kind_of  # noqa: PLC0415
    from carnet.documents.history.step import Kind  # noqa: PLC0415

    for history in bundled.histories:
        assert kind_of(history.address) is Kind.REMOTE
        assert history.licence
        assert history.description
        assert all(bundled.recognise(path) for path in history.paths)


def test_histories_of_all_packs_are_offered_together() -> None:
    assert packs.histories(packs.load()) == [history for pack in packs.load() for history in pack.histories]


def test_the_pack_watches_the_pages_that_say_what_is_sent_and_kept() -> None:
    pack = packs.named("claude-code")
    expected = {
        "claude-code-on-the-web",
        "claude-directory",
        "data-usage",
        "env-vars",
        "legal-and-compliance",
        "llm-gateway",
        "llm-gateway-protocol",
        "monitoring-usage",
        "network-config",
        "permissions",
        "sandboxing",
        "security",
        "server-managed-settings",
        "settings",
        "zero-data-retention",
    }

    assert expected <= {page.name for page in pack.documents}
