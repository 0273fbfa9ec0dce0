from __future__ import annotations

from carnet.documents.render.merge import Merge
from carnet.documents.render.numbering import Numbering
from carnet.documents.render.parse import parse
from tests import make


def merged(old: str, new: str) -> str:
    merge = Merge(Numbering(make.comparison(old, new).comparison), {}, {})
    return merge.blocks(parse(old).blocks, parse(new).blocks)


def test_the_parts_of_a_callout_are_merged_inside_it() -> None:
    markup = merged("<Note>\n  Kept for 30 days.\n</Note>\n", "<Note>\n  Kept for 60 days.\n</Note>\n")
    assert markup.count("cn-callout ") == 1
    assert "<del>30</del><ins>60</ins>" in markup


def test_a_changed_title_is_marked() -> None:
    markup = merged('<Tab title="On Linux">\nx\n</Tab>\n', '<Tab title="On Windows">\nx\n</Tab>\n')
    assert "On <del>Linux</del><ins>Windows</ins>" in markup


def test_a_row_that_came_is_one_added_row() -> None:
    head = "| A | B |\n|---|---|\n| 1 | 2 |\n"
    markup = merged(head, f"{head}| 3 | 4 |\n")
    assert markup.count('<tr class="cn-added">') == 1
    assert "<td>1</td><td>2</td>" in markup


def test_cells_past_the_header_are_marked_too() -> None:
    assert "<ins>surplus</ins>" in merged("| A |\n|---|\n| 1 |\n", "| A |\n|---|\n| 1 | surplus |\n")


def test_lines_of_code_with_nothing_in_common_are_struck_and_added() -> None:
    markup = merged("```\nalpha\nkeep\n```\n", "```\nzzzzzzz\nkeep\n```\n")
    assert "<del>alpha</del>\n<ins>zzzzzzz</ins>\nkeep" in markup


def test_a_paragraph_that_became_an_item_of_another_kind_is_replaced() -> None:
    markup = merged("words here\n", "# words here\n")
    assert "<del>words here</del>" in markup
    assert "<ins>words here</ins>" in markup
