from __future__ import annotations

import pytest

from carnet.gateway.formats import MESSAGES
from carnet.gateway.heads import parse_request


@pytest.mark.parametrize(
    ("method", "path", "name", "feature"),
    [
        (b"POST", b"/v1/messages", "messages", ""),
        (b"POST", b"/v1/messages/count_tokens", "count-tokens", ""),
        (b"GET", b"/v1/models", "models", ""),
        (b"GET", b"/v1/models/claude-test-1@20260101", "model", ""),
        (b"HEAD", b"/api/hello", "hello", ""),
        (b"GET", b"/v1/messages/batches/msgbatch_1/results", "batches", "batches"),
        (b"GET", b"/v1/files/file_1/content", "files", "files"),
    ],
)
def test_what_is_relayed_has_a_name_and_perhaps_a_feature(method: bytes, path: bytes, name: str, feature: str) -> None:
    route = MESSAGES.route(method, path)
    assert route is not None
    assert (route.name, route.feature) == (name, feature)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (b"GET", b"/v1/messages"), (b"POST", b"/v1/messages/"), (b"POST", b"/V1/messages"), (b"POST", b"/"),
        (b"POST", b"/v1/%6Dessages"), (b"POST", b"//v1/messages"), (b"GET", b"/v1/models/.."),
        (b"GET", b"/v1/models/a/../../files"), (b"GET", b"/v1/models/a%2f..%2ffiles"), (b"GET", b"/v1/models/"),
        (b"POST", b"/v1/complete"), (b"GET", b"/v1/organizations/users"), (b"DELETE", b"/v1/models/x"),
        (b"POST", b"/v1/messages;x"), (b"GET", b"/v1/models/..;/files"),
    ],
)  # fmt: skip
def test_everything_else_is_nothing_that_is_relayed(method: bytes, path: bytes) -> None:
    assert MESSAGES.route(method, path) is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (b"x-api-key: k\r\n", (b"k",)),
        (b"Authorization: Bearer k\r\n", (b"k",)),
        (b"authorization: bearer  k \r\n", (b"k",)),
        (b"X-Api-Key: k\r\nAuthorization: Bearer k\r\n", (b"k",)),
        (b"X-Api-Key: k\r\nAuthorization: Bearer other\r\n", (b"k", b"other")),
        (b"Authorization: Basic k\r\n", (b"Basic k",)),
        (b"x-api-key:\r\n", ()),
        (b"", ()),
    ],
)
def test_a_key_is_taken_from_either_header(lines: bytes, expected: tuple[bytes, ...]) -> None:
    head = parse_request(b"GET /v1/models HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")
    assert MESSAGES.shown(head) == expected
