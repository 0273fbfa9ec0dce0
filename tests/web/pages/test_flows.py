from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PATH = "/flows?as_of=2026-08-22&provider=bedrock&env.DISABLE_TELEMETRY=1"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(client: TestClient, path: str = PATH) -> ET.Element:
    svg = re.search(r'<svg class="flows" .*?</svg>\n</div>', client.get(path).text, re.DOTALL)
    assert svg is not None
    text = svg[0].removesuffix("\n</div>").replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return ET.fromstring(text)  # noqa: S314 - our own drawing


def styles(svg: ET.Element) -> dict[str, str]:
    """Name of a flow -> how its lines are drawn."""
    found = {}
    for link in svg.iter(f"{SVG}a"):
        name = next(text.text for text in link.iter(f"{SVG}text") if text.get("class") == "name")
        found[str(name)] = link.get("class", "").split()[1]
    return found


def test_the_diagram_has_a_title_a_description_and_a_link_for_every_flow(empty: TestClient) -> None:
    svg = drawn(empty)
    assert svg.findtext(f"{SVG}title") == "Flows from this machine to their recipients"
    told = svg.findtext(f"{SVG}desc") or ""
    assert "Prompts and outputs: on, required; to Amazon Bedrock; kept: not stated." in told
    assert "Usage metrics: off." in told
    links = [link.get("href", "") for link in svg.iter(f"{SVG}a")]
    assert len(links) == 14
    assert all(link.startswith("/explain/") for link in links)


def test_solid_is_required_dashed_optional_grey_off_dotted_unknown(empty: TestClient) -> None:
    found = styles(drawn(empty))
    assert found["Prompts and outputs"] == "solid"
    assert found["Host name check"] == "dashed"
    assert found["Usage metrics"] == "off"
    assert found["Official plugin marketplace"] == "dotted"


def test_the_table_says_the_same_as_the_diagram(empty: TestClient) -> None:
    text = empty.get(PATH).text
    table = text.partition('id="as-table"')[2]
    for name in styles(drawn(empty)):
        row = next(part for part in table.split("<tr>") if f">{name}</a>" in part)
        word = re.search(r"<span>([a-z ]+)</span></span></td>", row)
        assert word is not None
        assert f">{word[1]}" in text.partition(f'class="name">{name}</text>')[2].partition("</a>")[0]


def test_the_twins_hold_the_same_facts(empty: TestClient) -> None:
    answer = empty.get(PATH.replace("?", ".json?")).json()
    assert {one["title"]: one["line"] for one in answer["flows"]} == styles(drawn(empty))
    mermaid = empty.get(PATH.replace("?", ".mermaid?"))
    assert mermaid.headers["content-type"].startswith("text/plain")
    assert mermaid.text.startswith("flowchart LR\n")
    assert '["Prompts and outputs"] -->|"on, required, kept: not stated"| r_provider["Amazon Bedrock"]' in mermaid.text


def test_no_script_style_or_foreign_thing_stands_in_the_drawing(empty: TestClient) -> None:
    svg = drawn(empty)
    assert not {one.tag for one in svg.iter()} & {
        f"{SVG}{tag}" for tag in ("script", "style", "image", "foreignObject")
    }
    assert not [one for one in svg.iter() if one.get("style") or any(name.startswith("on") for name in one.keys())]  # noqa: SIM118 - an Element is no dict
