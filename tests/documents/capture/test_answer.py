"""What is kept of an answer."""

from __future__ import annotations

from carnet.documents.capture.answer import Answer, header, kept


def test_evidence_and_validators_are_kept_and_cookies_are_not() -> None:
    found = kept({"etag": '"1"', "set-cookie": "secret", "content-type": "text/html"}, ["https://docs.test/b"])
    assert found == (("location", "https://docs.test/b"), ("content-type", "text/html"), ("etag", '"1"'))


def test_an_endless_header_is_cut() -> None:
    assert len(kept({"etag": "x" * 50_000}, [])[0][1]) == 1_000


def test_the_last_value_of_a_header_counts_and_an_absent_one_is_empty() -> None:
    answer = Answer(200, "https://docs.test/", (("etag", "1"), ("etag", "2")))
    assert answer.header("etag") == "2"
    assert header((), "etag") == ""
