"""A head that was parsed once: read again only where it is the very same, and never with its key in it."""

from __future__ import annotations

import pytest

from carnet.accounts.keys import Shown
from carnet.gateway.intake.contract import Asked
from carnet.gateway.intake.sentry import ENVELOPE
from carnet.gateway.intake.usual import LONGEST_HEAD, Usual, usual_of

SHOWN = Shown("abcdefgh", b"d" * 32)
KEY = "ck_secret"
ASKED = Asked("POST", "/api/1/envelope/", {"sentry_key": KEY, "v": "7"}, {"x-sentry-auth": KEY, "content-type": "a/b"})


def request(body: bytes, *more: str, version: str = "1.1", first: str = "POST /api/1/envelope/") -> bytes:
    lines = [f"{first} HTTP/{version}", f"X-Sentry-Auth: {KEY}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


def known(body: bytes, *more: str, **form: str) -> Usual | None:
    return usual_of(request(body, *more, **form), body, ENVELOPE, ASKED, SHOWN)


@pytest.mark.parametrize("body", [b"", b"a", b"other", b"x" * 12_345, b"\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("more", [(), ("Content-Type: a/b", "Connection: keep-alive"), ("X-Length: 5",)])
def test_the_same_head_before_another_body_is_known(body: bytes, more: tuple[str, ...]) -> None:
    usual = known(b"first", *more)
    assert usual is not None
    assert usual.body_in(request(body, *more)) == body


def test_what_is_not_the_same_is_to_be_parsed() -> None:
    usual = known(b"first", "A: b")
    assert usual is not None
    whole = request(b"first", "A: b")
    for cut in range(len(whole)):
        assert usual.body_in(whole[:cut]) is None
        if cut < len(whole) - 5:
            for byte in (b"x", b"9", b"\r", b" "):
                changed = whole[:cut] + byte + whole[cut + 1 :]
                assert usual.body_in(changed) is None or changed == whole
    for other in (whole + b"\r\n", whole + whole, request(b"first"), request(b"first", "A: b", "Expect: 100-continue")):
        assert usual.body_in(other) is None
    assert usual.body_in(whole.replace(b": 5", b": +5")) is None
    assert usual.body_in(whole.replace(b": 5", b": 5 ")) is None
    assert usual.body_in(whole.replace(b": 5", b": 05")) == b"first"


@pytest.mark.parametrize(
    "header",
    ["Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: close", "Upgrade: h2c", "Trailer: x",
     "Content-Length: 5", "connection: Keep-Alive, x", "content-length : 5", "X: " + "y" * LONGEST_HEAD],
)  # fmt: skip
def test_a_head_with_anything_unusual_is_parsed_each_time(header: str) -> None:
    assert known(b"first", header) is None


def test_another_version_and_bytes_that_are_not_this_request_alone_are_not_remembered() -> None:
    assert known(b"first", version="1.0") is None
    whole = request(b"first")
    assert usual_of(whole + whole, b"first", ENVELOPE, ASKED, SHOWN) is None
    assert usual_of(whole, b"fir", ENVELOPE, ASKED, SHOWN) is None
    assert usual_of(b"", b"", ENVELOPE, ASKED, SHOWN) is None


def test_the_key_is_let_go_of() -> None:
    usual = known(b"first")
    assert usual is not None
    assert KEY not in repr((usual, usual.digest))
    assert usual.asked.headers == {"content-type": "a/b"}
    assert usual.asked.query == {"v": "7"}
