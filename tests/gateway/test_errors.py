from __future__ import annotations

import json

import pytest

from carnet.gateway.errors import MalformedError, Refused, answer, phrase, shaped


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"), (401, "authentication_error"), (403, "permission_error"),
        (404, "not_found_error"), (408, "timeout_error"), (413, "request_too_large"), (417, "invalid_request_error"),
        (429, "rate_limit_error"), (431, "invalid_request_error"), (500, "api_error"), (502, "api_error"),
        (503, "api_error"), (504, "timeout_error"), (529, "overloaded_error"),
    ],
)  # fmt: skip
def test_every_refusal_has_the_apis_own_shape(status: int, kind: str) -> None:
    assert json.loads(shaped(Refused(status, 'no "more"'))) == {
        "type": "error",
        "error": {"type": kind, "message": 'Carnet: no "more"'},
    }


def test_an_answer_says_how_long_it_is_and_when_to_come_back() -> None:
    assert answer(Refused(429, "wait", retry_after=7), b"{}", closing=True) == (
        b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ncontent-length: 2\r\nretry-after: 7\r\n"
        b"connection: close\r\n\r\n{}"
    )


def test_a_final_answer_says_that_asking_again_changes_nothing() -> None:
    assert b"\r\nx-should-retry: false\r\n" in answer(Refused(401, "x", final=True), b"{}")
    assert b"x-should-retry" not in answer(Refused(401, "x"), b"{}")


def test_an_answer_to_head_has_no_body() -> None:
    assert answer(Refused(404, "x"), b"{}", bodyless=True).endswith(b"content-length: 2\r\n\r\n")


def test_a_malformed_request_is_its_own_answer() -> None:
    assert MalformedError("bad", 431).refused == Refused(431, "bad", "malformed")


def test_529_has_a_phrase() -> None:
    assert (phrase(529), phrase(413)[:7]) == (b"Overloaded", b"Request")
