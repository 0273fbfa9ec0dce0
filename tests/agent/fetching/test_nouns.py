from __future__ import annotations

from carnet.agent.fetching.nouns import Fetched


def test_a_header_is_found_whatever_its_case() -> None:
    page = Fetched("http://a.example/", 200, (("Content-Type", "text/html"), ("content-type", "other")), b"")
    assert page.header("CONTENT-TYPE") == "text/html"
