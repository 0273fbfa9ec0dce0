"""Parts of pages as Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from carnet.documents.capture.extract.markdown import Converter


def written(html: str, base: str = "https://docs.test/en/page") -> str:
    body = LexborHTMLParser(html).body
    return Converter(base).document([body] if body else [])


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>One <em>two</em></h2><p>Three\n  four.", "## One *two*\n\nThree four.\n"),
        ("<p>a <strong> b </strong> c", "a **b** c\n"),
        ("<p>a<br>b", "a\nb\n"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n  - c\n"),
        ("<ol start=3><li>a<li><p>b<p>c</ol>", "3. a\n\n4. b\n\n   c\n"),
        ("<pre><code class='language-sh'>a  b\n c</code></pre>", "```sh\na  b\n c\n```\n"),
        ("<pre>```</pre>", "````\n```\n````\n"),
        ("<blockquote><p>a<p>b</blockquote>", "> a\n>\n> b\n"),
        ("<p>run <code>a  b</code> and <code>`</code>", "run `a b` and `` ` ``\n"),
        ("<p><a href='/x?y=1'>go</a>", "[go](https://docs.test/x?y=1)\n"),
        ("<p><a href='other'>go</a>", "[go](https://docs.test/en/other)\n"),
        ("<p><a href='../a (b)'>go</a>", "[go](https://docs.test/a%20%28b%29)\n"),
        ("<p><a href='javascript:alert(1)'>go</a>", "go\n"),
        ("<p><a href=' JaVa\tScript:alert(1)'>go</a>", "go\n"),
        ("<p><a href='data:text/html,x'>go</a>", "go\n"),
        ("<h2>One<a href='#one'>#</a></h2>", "## One\n"),
        ("<p><img alt='a' src='/i.png'><img alt='b' src='data:image/png;base64,x'>", "![a](https://docs.test/i.png)b\n"),
        ("<table><tr><th>a<th>b|c<tr><td>1<td><p>2<p>3</table>", "| a | b\\|c |\n| --- | --- |\n| 1 | 2 3 |\n"),
        ("<table><tr><td colspan=2>a<td>b<tr><td>c</table>", "| a |  | b |\n| --- | --- | --- |\n| c |  |  |\n"),
        ("<table><tr><td>layout</table>", "layout\n"),
        ("<dl><dt>a<dd>b</dl>", "**a**\n\nb\n"),
        ("<a href='/card'><div><h3>a</h3><p>b</div></a>", "### a\n\nb\n"),
        ("<p>a</p><script>x()</script><style>y</style><nav>n</nav><p hidden>h</p><p aria-hidden=true>i</p>", "a\n"),
        ("<details><summary>a</summary><p>b</details>", "a\n\nb\n"),
        ("<hr>", "---\n"),
        ("", ""),
        ("<p> \n &nbsp; </p>", ""),
    ],
)  # fmt: skip
def test_each_element_has_its_markdown(html: str, text: str) -> None:
    assert written(html) == text


@pytest.mark.parametrize(
    "text",
    [
        "# no heading",
        "- no item",
        "1. no item",
        "> no quote",
        "*no* _emphasis_",
        "`no code`",
        "<b>no tag</b>",
        "a](b)",
        "~~no~~",
        "== no",
        "12) no",
    ],
)
def test_characters_that_markdown_would_take_for_marks_are_shown_as_they_are(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    tokens = MarkdownIt("commonmark").parse(written(f"<p>{escaped}</p>"))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children or []} <= {"text", "text_special"}
    assert "".join(child.content for child in tokens[1].children or []) == text


@pytest.mark.parametrize("text", ["snake_case_name", "5 < 6 > 4", "2 * 3", "a-b", "[optional]", "C:\\dir", "v1.2"])
def test_characters_that_mean_nothing_are_left_alone_or_still_read_the_same(text: str) -> None:
    escaped = text.replace("<", "&lt;")
    tokens = MarkdownIt("commonmark").parse(written(f"<p>{escaped}</p>"))
    assert "".join(child.content for child in tokens[1].children or []) == text


def test_control_characters_and_invisible_ones_go() -> None:
    assert written("<p>a\x07b\u200bc</p>") == "abc\n"


@given(st.text(alphabet="<>/abpuliotdrhe12 =\"'&;#-*_`|\n", max_size=200))
def test_any_tag_soup_gives_text_that_ends_in_one_newline_or_none(soup: str) -> None:
    found = written(soup)
    assert found == "" or (found.endswith("\n") and not found.endswith("\n\n"))


@given(st.text(alphabet="abc <>/p\n", max_size=100))
def test_the_same_bytes_give_the_same_text(soup: str) -> None:
    assert written(soup) == written(soup)
