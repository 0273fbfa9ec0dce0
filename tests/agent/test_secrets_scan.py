"""Secrets are counted and placed, never told; what was not looked at is said."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.agent import secrets_scan
from carnet.agent.secrets_scan import ADDRESS, SHAPES, Budget, Sought, scan

# Put together here, so that no file of the project holds what looks like a secret.
INVENTED = {
    "anthropic-key": "sk-ant-" + "api03-" + "a1" * 45,
    "openai-key": "sk-proj-" + "b2" * 30,
    "aws-key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "aws-session-key": "ASIA" + "ABCDEFGHIJKLMNOP",
    "aws-secret": "aws_secret_access_key" + " = " + "c3" * 20,
    "github-token": "ghp_" + "d4" * 18,
    "gitlab-token": "glpat-" + "e5" * 10,
    "slack-token": "xoxb-" + "1234567890-" * 3,
    "slack-hook": "hooks.slack.com" + "/services/T0000000/B0000000/" + "f6" * 12,
    "google-key": "AIza" + "g7" * 17 + "h",
    "stripe-key": "sk_live_" + "h8" * 12,
    "npm-token": "npm_" + "i9" * 18,
    "pypi-token": "pypi-AgE" + "j0" * 30,
    "huggingface-token": "hf_" + "k" * 34,
    "sendgrid-key": "SG." + "l" * 22 + "." + "m" * 43,
    "private-key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "web-token": "eyJ" + "n" * 20 + ".eyJ" + "o" * 20 + "." + "p" * 30,
    "address-password": "postgres://admin:" + "q7-r8-s9" + "@db.test",
}


def _found(text: bytes, size: int = 1 << 30) -> Sought:
    sought = Sought()
    scan(io.BytesIO(text), "a.jsonl", Budget(size, 1.0, lambda: 0.0), sought)
    return sought


def test_every_shape_has_an_invented_secret_here() -> None:
    assert set(INVENTED) == {shape.id for shape in (*SHAPES, ADDRESS)}


@pytest.mark.parametrize("name", INVENTED)
def test_a_secret_is_found_on_its_line_among_other_text(name: str) -> None:
    title = next(shape.title for shape in (*SHAPES, ADDRESS) if shape.id == name)

    found = _found(b'{"a": "x"}\n{"b": "before ' + INVENTED[name].encode() + b' after"}\n')

    assert found.counts == {title: 1}
    assert found.places == [("a.jsonl", 2, title)]


@pytest.mark.parametrize(
    "text",
    [
        "ghp_short",
        "AKIAabcdefghijklmnop",
        "https://pages.test/path:with@signs",
        "https://user:password@pages.test",
        "git@github.com:me/shop.git",
        "http://localhost:8417/x@y",
        "-----BEGIN PUBLIC KEY-----",
        "${TOKEN}",
        "postgres://admin:${PASSWORD}@db.test",
    ],
)
def test_what_only_looks_alike_is_no_secret(text: str) -> None:
    assert _found(f"before {text} after".encode()).counts == {}


def test_the_same_secret_twice_is_one_secret_in_two_places() -> None:
    one, other = INVENTED["github-token"], "ghp_" + "z9" * 18

    found = _found(f"{one}\n{one}\n{other}\n".encode())

    assert (found.counts["GitHub token"], found.different) == (3, 2)
    assert [line for _, line, _ in found.places] == [1, 2, 3]


def test_nothing_that_is_kept_holds_the_value() -> None:
    secret = INVENTED["npm-token"]

    found = _found(secret.encode())

    assert secret not in repr(found)
    assert secret[8:] not in repr(found)


@given(st.integers(0, 300), st.sampled_from(sorted(INVENTED)))
def test_a_secret_between_two_pieces_is_found_once(before: int, name: str) -> None:
    piece, secrets_scan.PIECE, longest, secrets_scan.LONGEST = secrets_scan.PIECE, 256, secrets_scan.LONGEST, 200
    try:
        found = _found(b"." * before + b"\n " + INVENTED[name].encode() + b" \n" + b"." * 600)
    finally:
        secrets_scan.PIECE, secrets_scan.LONGEST = piece, longest

    assert sum(found.counts.values()) == 1
    assert found.places[0][1] == 2


@given(st.binary(max_size=2000))
def test_any_bytes_are_searched_without_a_fault(raw: bytes) -> None:
    assert _found(raw).size == len(raw)


def test_a_search_ends_at_its_bound_of_bytes_and_says_so() -> None:
    sought = Sought()

    whole = scan(io.BytesIO(b"x" * 100), "a", Budget(50, 1.0, lambda: 0.0), sought)

    assert (whole, sought.size) == (False, 50)


def test_a_search_ends_at_its_bound_of_time_and_says_so() -> None:
    assert not scan(io.BytesIO(b"x"), "a", Budget(50, 1.0, lambda: 1.0), Sought())


def test_places_beyond_the_first_are_counted_and_not_kept() -> None:
    found = _found(b"\n".join([INVENTED["npm-token"].encode()] * 100))

    assert found.counts["npm token"] == 100
    assert len(found.places) == secrets_scan.MOST_PLACES
