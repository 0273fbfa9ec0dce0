from __future__ import annotations

from carnet.documents.render.closing import closing_html


def test_every_character_of_the_lines_is_escaped() -> None:
    page = closing_html("Effect", ["a -> b", "<script>alert(1)</script>"])
    assert "<script>" not in page
    assert "<li>a -&gt; b</li>" in page
    assert page.startswith('<section class="cn-closing"><h2>Effect</h2>')
