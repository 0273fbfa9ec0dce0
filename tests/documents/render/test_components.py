from __future__ import annotations

from carnet.documents.render.components import attributes, has_components, without_nesting_indent
from carnet.documents.render.document import document_html
from carnet.documents.render.parse import parse
from carnet.documents.render.tree import Block, Kind

STEPS = """<Steps>
  <Step title="First">
    Write this:

    ```bash
      indented --stays
    ```

    <Note>
      Nested note.
    </Note>
  </Step>
</Steps>
"""


def only(text: str) -> Block:
    (block,) = parse(text).blocks
    return block


def test_a_note_becomes_a_callout_around_its_blocks() -> None:
    block = only("<Note>\n  Mind this.\n\n  * and this\n</Note>\n")
    assert (block.kind, block.name) == (Kind.CALLOUT, "Note")
    assert [child.kind for child in block.children] == [Kind.PARAGRAPH, Kind.BULLETS]


def test_a_note_on_one_line_is_a_callout_too() -> None:
    block = only("<Warning>Mind this.</Warning>\n")
    assert (block.name, block.children[0].text) == ("Warning", "Mind this.")


def test_a_tab_shows_its_title() -> None:
    tab = only('<Tabs>\n  <Tab title="On a laptop">\n    Text.\n  </Tab>\n</Tabs>\n').children[0]
    assert (tab.kind, tab.text, tab.children[0].text) == (Kind.PART, "On a laptop", "Text.")


def test_indentation_that_only_shows_nesting_is_no_code() -> None:
    step = only(STEPS).children[0]
    assert [child.kind for child in step.children] == [Kind.PARAGRAPH, Kind.CODE, Kind.CALLOUT]
    assert step.children[1].text == "  indented --stays\n"


def test_lines_keep_their_number_when_they_lose_their_indentation() -> None:
    assert without_nesting_indent(STEPS).count("\n") == STEPS.count("\n")
    assert only(STEPS).children[0].children[2].start == 8


def test_a_tag_over_many_lines_is_one_tag() -> None:
    block = only('<Card\n  title="Read on"\n  href="/docs/next"\n>\n  Text.\n</Card>\n')
    assert (block.text, block.end) == ("Read on", 6)


def test_a_tag_without_its_end_is_dropped_and_its_text_kept() -> None:
    assert [block.text for block in parse("<Note>\n\nText.\n").blocks if block.kind is Kind.PARAGRAPH] == ["Text."]


def test_an_end_without_its_beginning_is_dropped() -> None:
    assert [block.text for block in parse("Text.\n\n</Note>\n").blocks] == ["Text."]


def test_program_text_of_the_page_is_one_block() -> None:
    blocks = parse("export const A = () => {\n  return <div>\n\n</div>;\n};\n\nText.\n").blocks
    assert [(block.kind, block.end) for block in blocks] == [(Kind.SCRIPT, 5), (Kind.PARAGRAPH, 7)]


def test_program_text_without_an_end_stays_text() -> None:
    assert parse("export const A = () => {\n\nText.\n").blocks[0].kind is Kind.PARAGRAPH


def test_an_image_shows_its_description_and_asks_for_nothing() -> None:
    page = document_html(b'<img src="https://pages.test/x.png" alt="A map" onerror="alert(1)" />\n')
    assert '<span class="cn-image">A map</span>' in page
    assert "x.png" not in page
    assert "onerror" not in page


def test_a_placeholder_in_angle_brackets_is_text() -> None:
    assert "resume &lt;session&gt; now" in document_html(b"resume <session> now\n")


def test_inline_tags_are_dropped_and_a_break_is_kept() -> None:
    assert "<p>a<br>b c</p>" in document_html(b'a<br />b <span style="x">c</span>\n')


def test_computed_attributes_are_left_out() -> None:
    assert attributes(""" title="A" open={true} alt={'B'} """) == {"title": "A", "alt": "B"}


def test_only_texts_with_components_are_read_as_such() -> None:
    assert has_components("  <Tip>\n")
    assert not has_components("<div>\n\nuse Map<Key>\n")
    assert parse("Text.\n\n    four spaces\n").blocks[1].kind is Kind.CODE
