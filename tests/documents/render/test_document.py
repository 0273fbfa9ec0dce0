from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.document import LARGEST_PROSE, document_html, is_prose
from carnet.model.document import Media
from tests.documents.render.seen import faults, words

HOSTILE = {
    "a script": b"<script>alert(1)</script>\n",
    "a script in a cell": b"| a |\n|---|\n| <script>alert(1)</script> |\n",
    "a handler": b'<img src=x onerror="alert(1)">\n',
    "a component with a handler": b'<Note onClick="alert(1)"><svg onload=alert(1)></Note>\n',
    "a frame": b'<iframe src="https://pages.test"></iframe>\n',
    "a style": b"<style>*{display:none}</style>\n",
    "a form": b'<form action="https://pages.test"><input name=q><button>go</button></form>\n',
    "a base": b'<base href="https://pages.test/">\n<meta http-equiv=refresh content=0>\n',
    "a script link": b"[a](javascript:alert(1)) [b]( javascript:x) [c](\x01javascript:x) <javascript:x>\n",
    "a data link": b"[a](data:text/html;base64,PHNjcmlwdD4=) ![a](data:image/svg+xml,x)\n",
    "an entity": b"[a](&#106;avascript:alert(1)) &lt;script&gt;alert(1)&lt;/script&gt;\n",
    "a defined link": b"[a]\n\n[a]: javascript:alert(1)\n",
    "a quote in a link": b'[a](https://pages.test/"onmouseover="alert(1))\n',
    "a quote in a title": b'[a](https://pages.test "x\\" onmouseover=alert(1)")\n',
    "a quote in a target": b"[a](/x\"onmouseover='alert(1)')\n",
    "a heading": b'# "><script>alert(1)</script>\n',
    "a language": b'```"><script>alert(1)</script>\nx\n```\n',
    "a title": b'<Tab title="<script>alert(1)</script>">\nx\n</Tab>\n',
    "a comment": b"<!-- --><script>alert(1)</script><!-- -->\n",
    "cdata": b"<![CDATA[<script>alert(1)</script>]]>\n",
    "nested marks": b"<ins><del></ins></del></div></main><p class=cn-mark id=c1>\n",
    "direction overrides": "a\u202egnp.exe\u2066\n".encode(),
    "private use": "\ue000\ue001\uf8ff\n".encode(),
    "not utf-8": b"\xff\xfe<script>\x80alert\n",
    "a nul": b"<scr\0ipt>alert(1)</scr\0ipt>\n",
    "program text": b"export const A = () => {\n  return <script>alert(1)</script>;\n};\n",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("media", [Media.MARKDOWN, Media.TEXT])
def test_a_hostile_document_is_only_text(name: str, media: Media) -> None:
    assert faults(document_html(HOSTILE[name], media)) == []


@given(st.text(alphabet="<>&\"'/=!-[]()`*_|#\\\n abscriptNote:\x00\u202e", max_size=150))
def test_no_document_becomes_anything_but_text(text: str) -> None:
    assert faults(document_html(text.encode())) == []


def test_direction_overrides_are_shown() -> None:
    assert "U+202E" in document_html("a\u202eb\n".encode())


def test_private_use_characters_stay_what_they_are() -> None:
    assert "\ue000\uf8ff" in document_html("\ue000\uf8ff\n".encode())


def test_no_page_asks_for_anything() -> None:
    page = document_html(b"![a](https://pages.test/a.png)\n\n<img src='https://pages.test/b.png' alt='b' />\n")
    assert "src=" not in page
    assert words(page) == "ab"


def test_plain_text_stands_as_it_was_written() -> None:
    assert '<pre class="cn-plain"># no heading\n  &lt;b&gt;</pre>' in document_html(
        b"# no heading\n  <b>\n", Media.TEXT
    )


def test_derived_documents_are_laid_out() -> None:
    assert "<h2" in document_html(b"# A\n", Media.HTML)
    assert "<h2" in document_html(b"# A\n", None)
    assert "<h2" not in document_html(b"# A\n", Media.PDF)


@pytest.mark.parametrize(
    "text",
    [
        b"a" * 10_000_000,
        b"*" * 10_000_000,
        b"*a " * 1_000_000,
        b"[" * 400_000,
        b"![[" * 100_000,
        b"<A {" * 15_000,
        b'<a b="' * 10_000,
        b"_a*" * 20_000,
        b">" * 20_000 + b" deep",
        b"- " * 20_000 + b"x",
        b"<Note>\n" * 20_000,
        b"|" * 2_000 + b"\n" + b"|-" * 1_999 + b"|\n" + b"|a\n" * 5_000,
        b"```\n" + b"x\n" * 100_000,
        b"export const a\n" * 5_000,
        b"\n" * 300_000,
        b"".join(b"[a%d]: https://pages.test\n" % number for number in range(5_000)),
    ],
    ids=lambda text: f"{text[:8]!r} x {len(text)}",
)
@pytest.mark.timeout(20)
def test_a_text_made_to_keep_a_parser_busy_is_shown_all_the_same(text: bytes) -> None:
    page = document_html(text)
    assert page.startswith('<div class="cn-doc">')
    assert len(page) < 12 * len(text) + 2_000


def test_only_texts_of_a_bearable_size_are_laid_out() -> None:
    assert is_prose(Media.MARKDOWN, b"a" * LARGEST_PROSE)
    assert not is_prose(Media.MARKDOWN, b"a" * (LARGEST_PROSE + 1))
    assert not is_prose(Media.TEXT, b"a")
