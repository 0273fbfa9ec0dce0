from __future__ import annotations

from carnet.gateway.bodies import CHUNKED, UNTIL_CLOSE
from carnet.gateway.formats import MESSAGES
from carnet.gateway.forwarding import chunk, keeps_alive, last_chunk, nominated, request_head, response_head
from carnet.gateway.heads import parse_request, parse_response
from carnet.gateway.upstreams import upstream_at

UPSTREAM = upstream_at("one", "https://api.upstream.test", ((b"x-api-key", b"theirs"),))


def test_a_request_changes_in_host_credential_and_hop_by_hop_headers_only() -> None:
    raw = (
        b"POST /v1/messages?beta=true HTTP/1.1\r\nhost: carnet:8418\r\nAccept: application/json\r\n"
        b"X-Stainless-Retry-Count: 0\r\nanthropic-beta: b,a\r\nX-API-Key: ours\r\nanthropic-beta: c\r\n"
        b"Authorization: Bearer ours\r\nConnection: keep-alive, X-Only-Here\r\nX-Only-Here: 1\r\nTE: trailers\r\n"
        b"Keep-Alive: 5\r\nProxy-Authorization: Basic x\r\nUpgrade: h2c\r\nExpect: 100-continue\r\n"
        b"accept-encoding: gzip, deflate, br, zstd\r\nX-Claude-Code-Session-Id: s\r\nCookie: a=b\r\n"
        b"Content-Length: 2\r\nanthropic-unknown: x\r\n\r\n"
    )
    assert request_head(parse_request(raw), MESSAGES, UPSTREAM, 2) == (
        b"POST /v1/messages?beta=true HTTP/1.1\r\nhost: api.upstream.test\r\nAccept: application/json\r\n"
        b"X-Stainless-Retry-Count: 0\r\nanthropic-beta: b,a\r\nx-api-key: theirs\r\nanthropic-beta: c\r\n"
        b"accept-encoding: gzip, deflate, br, zstd\r\nX-Claude-Code-Session-Id: s\r\nCookie: a=b\r\n"
        b"Content-Length: 2\r\nanthropic-unknown: x\r\n\r\n"
    )


def test_a_body_that_came_in_chunks_goes_on_with_its_length() -> None:
    head = parse_request(b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n")
    sent = request_head(head, MESSAGES, UPSTREAM, 7)
    assert b"Content-Length: 7\r\nX: y\r\nx-api-key: theirs\r\n\r\n" in sent
    assert b"chunked" not in sent


def test_an_upstream_may_lie_below_a_path_at_a_port_of_its_own() -> None:
    upstream = upstream_at("f", "http://foundry.test:8080/anthropic/", ((b"Authorization", b"Bearer theirs"),))
    head = parse_request(b"GET /v1/models?limit=1000 HTTP/1.1\r\nHost: a\r\nx-api-key: ours\r\n\r\n")
    assert request_head(head, MESSAGES, upstream, 0) == (
        b"GET /anthropic/v1/models?limit=1000 HTTP/1.1\r\nHost: foundry.test:8080\r\n"
        b"Authorization: Bearer theirs\r\n\r\n"
    )


AWS = ((b"x-api-key", b"theirs"), (b"anthropic-workspace-id", b"ws-org"))


def test_what_the_upstream_is_configured_with_takes_the_place_of_what_a_client_says() -> None:
    upstream = upstream_at("aws", "https://aws.test", AWS, provider="anthropic-aws")
    raw = (
        b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nAnthropic-Workspace-ID: ws-mine\r\n"
        b"Authorization: Bearer ours\r\nConnection: x-api-key\r\nContent-Length: 2\r\n\r\n"
    )
    assert request_head(parse_request(raw), MESSAGES, upstream, 2) == (
        b"POST /v1/messages HTTP/1.1\r\nHost: aws.test\r\n"
        b"x-api-key: theirs\r\nanthropic-workspace-id: ws-org\r\nContent-Length: 2\r\n\r\n"
    )


def test_a_client_names_its_workspace_where_the_upstream_names_none() -> None:
    upstream = upstream_at("aws", "https://aws.test", AWS[:1], provider="anthropic-aws")
    raw = b"GET /v1/models HTTP/1.1\r\nHost: a\r\nx-api-key: ours\r\nanthropic-workspace-id: ws-mine\r\n\r\n"
    assert b"\r\nanthropic-workspace-id: ws-mine\r\n" in request_head(parse_request(raw), MESSAGES, upstream, 0)


def test_a_request_of_http_1_0_gets_a_host() -> None:
    head = parse_request(b"GET /v1/models HTTP/1.0\r\n\r\n")
    assert b"\r\nHost: api.upstream.test\r\n" in request_head(head, MESSAGES, UPSTREAM, 0)


def test_a_response_changes_in_hop_by_hop_headers_only() -> None:
    raw = (
        b"HTTP/1.1 200 Fine\r\nDate: today\r\nrequest-id: r\r\nSet-Cookie: a\r\nset-cookie: b\r\n"
        b"Connection: close, X-Here\r\nX-Here: 1\r\nKeep-Alive: timeout=5\r\nTransfer-Encoding: chunked\r\n"
        b"anthropic-ratelimit-requests-limit: 5\r\n\r\n"
    )
    assert response_head(parse_response(raw), CHUNKED, 1, closing=False) == (
        b"HTTP/1.1 200 Fine\r\nDate: today\r\nrequest-id: r\r\nSet-Cookie: a\r\nset-cookie: b\r\n"
        b"anthropic-ratelimit-requests-limit: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    )


def test_a_client_is_told_when_the_connection_ends() -> None:
    head = parse_response(b"HTTP/1.1 200 OK\r\n\r\n")
    assert response_head(head, UNTIL_CLOSE, 0, closing=True) == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def test_connection_names_headers_of_this_connection() -> None:
    head = parse_request(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: X-A , close\r\nconnection: x-b\r\n\r\n")
    assert nominated(head) == {b"x-a", b"close", b"x-b"}
    assert not keeps_alive(head)


def test_http_1_0_is_not_kept_open() -> None:
    assert not keeps_alive(parse_request(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))


def test_a_chunk_and_the_end_of_chunks() -> None:
    assert b"".join(chunk(b"x" * 17)) == b"11\r\n" + b"x" * 17 + b"\r\n"
    assert last_chunk(((b"A", b"b"),)) == b"0\r\nA: b\r\n\r\n"
