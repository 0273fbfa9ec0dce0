from __future__ import annotations

from contextlib import suppress

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway import heads
from carnet.gateway.bodies import request_length, response_length
from carnet.gateway.errors import MalformedError
from carnet.gateway.forwarding import keeps_alive, response_head
from carnet.gateway.heads import judge_begun, parse_request, parse_response, whole_response

HEAD = b"POST /v1/messages?beta=true HTTP/1.1\r\nHost: a\r\n"

BAD_REQUESTS = {
    "a bare LF": HEAD + b"A: b\nC: d\r\n\r\n",
    "a bare CR": HEAD + b"A: b\rC: d\r\n\r\n",
    "a bare CR before the line end": HEAD + b"A: b\r\r\n\r\n",
    "a header that goes on": HEAD + b"A: b\r\n c\r\n\r\n",
    "a header that goes on with a tab": HEAD + b"A: b\r\n\tc\r\n\r\n",
    "a first header that goes on": b"GET /v1/models HTTP/1.1\r\n Host: a\r\n\r\n",
    "a NUL in a value": HEAD + b"A: b\0c\r\n\r\n",
    "a NUL in a name": HEAD + b"A\0: b\r\n\r\n",
    "a control character": HEAD + b"A: b\x01\r\n\r\n",
    "a DEL": HEAD + b"A: b\x7f\r\n\r\n",
    "a space before the colon": HEAD + b"Content-Length : 5\r\n\r\n",
    "a tab before the colon": HEAD + b"Transfer-Encoding\t: chunked\r\n\r\n",
    "a name of nothing": HEAD + b": b\r\n\r\n",
    "no colon": HEAD + b"nothing\r\n\r\n",
    "a name that is no token": HEAD + b"A(b): c\r\n\r\n",
    "a name beyond ASCII": HEAD + b"\xc3\xa9: c\r\n\r\n",
    "two hosts": HEAD + b"Host: b\r\n\r\n",
    "two hosts of one case each": HEAD + b"HOST: a\r\n\r\n",
    "no host": b"GET /v1/models HTTP/1.1\r\nA: b\r\n\r\n",
    "an empty host": b"GET /v1/models HTTP/1.1\r\nHost:\r\n\r\n",
    "both lengths": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "both lengths, the other way": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "the same length twice": HEAD + b"Content-Length: 5\r\ncontent-length: 5\r\n\r\n",
    "a list of lengths": HEAD + b"Content-Length: 5, 5\r\n\r\n",
    "a length with a sign": HEAD + b"Content-Length: +5\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -5\r\n\r\n",
    "a hexadecimal length": HEAD + b"Content-Length: 0x5\r\n\r\n",
    "a length with a space in it": HEAD + b"Content-Length: 5 0\r\n\r\n",
    "an empty length": HEAD + b"Content-Length:\r\n\r\n",
    "a length beyond any": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "two codings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunked and identity": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
    "a list of codings": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "chunked, then another": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n",
    "another coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n",
    "a coding with a vertical tab": HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n",
    "a coding of nothing": HEAD + b"Transfer-Encoding:\r\n\r\n",
    "chunks of HTTP/1.0": b"POST /v1/messages HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/0.9": b"GET /v1/models\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\n",
    "HTTP/1.2": b"GET /v1/models HTTP/1.2\r\nHost: a\r\n\r\n",
    "another protocol": b"GET /v1/models ICE/1.0\r\nHost: a\r\n\r\n",
    "lower-case HTTP": b"GET /v1/models http/1.1\r\nHost: a\r\n\r\n",
    "a third space": b"GET /v1/models  HTTP/1.1\r\nHost: a\r\n\r\n",
    "words behind the version": b"GET /v1/models HTTP/1.1 x\r\nHost: a\r\n\r\n",
    "a space in the address": b"GET /v1/models /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "an absolute address": b"GET http://a/v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "an address of two slashes": b"GET //a/v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /v1/models#x HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method nobody knows": b"GE T /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "an empty line first": b"\r\nGET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "nothing": b"\r\n\r\n",
    "a response": b"HTTP/1.1 200 OK\r\nHost: a\r\n\r\n",
    "two authorizations": HEAD + b"Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n",
}


@pytest.mark.parametrize("raw", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_what_two_readers_could_read_otherwise_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError) as error:
        request_length(parse_request(raw))
    assert error.value.refused.status in {400, 505}


def test_names_and_values_keep_case_order_and_doubles() -> None:
    raw = (
        b"POST /v1/messages?beta=true&x=%2F HTTP/1.1\r\nhOsT: a\r\nanthropic-beta: b,a\r\nX-Odd:  two  spaces \r\n"
        b"ANTHROPIC-beta: c\r\nEmpty:\r\nx-bytes: \xff\xe9\r\n\r\n"
    )
    head = parse_request(raw)
    assert (head.method, head.target, head.path) == (b"POST", b"/v1/messages?beta=true&x=%2F", b"/v1/messages")
    assert head.pairs == (
        (b"hOsT", b"a"), (b"anthropic-beta", b"b,a"), (b"X-Odd", b"two  spaces"),
        (b"ANTHROPIC-beta", b"c"), (b"Empty", b""), (b"x-bytes", b"\xff\xe9"),
    )  # fmt: skip
    assert head.names == (b"host", b"anthropic-beta", b"x-odd", b"anthropic-beta", b"empty", b"x-bytes")
    assert head.lines[2] == b"X-Odd:  two  spaces "


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"a" * 9000), 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n" % (b"A: b\r\n" * 200), 431),
        (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    ],
)
def test_what_is_too_much_has_its_own_status(raw: bytes, status: int) -> None:
    with pytest.raises(MalformedError) as error:
        parse_request(raw)
    assert error.value.refused.status == status


def test_a_wish_to_upgrade_is_not_heard() -> None:
    raw = HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    assert parse_request(raw).method == b"POST"


def test_a_response_keeps_its_reason_and_its_names() -> None:
    head = parse_response(b"HTTP/1.1 529 Site is overloaded\r\nX-A: b\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n")
    assert (head.status, head.reason, head.minor) == (529, b"Site is overloaded", 1)
    assert head.pairs == ((b"X-A", b"b"), (b"Set-Cookie", b"a"), (b"set-cookie", b"b"))


def test_a_response_may_have_no_reason() -> None:
    assert parse_response(b"HTTP/1.1 200 \r\n\r\n").reason == b""


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n%b\r\n" % (b"A: b\r\n" * 201),
    ],
)
def test_a_response_that_is_no_http_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_response(raw)


TOKEN = st.text("abcXYZ-_!1", min_size=1, max_size=12).map(str.encode)
VALUE = st.text('abc XYZ\t,;="()\\1\xe9', max_size=20).map(lambda text: text.encode("latin-1"))


@given(st.lists(st.tuples(TOKEN.map(lambda name: b"x" + name), VALUE), max_size=20))
def test_any_lawful_header_comes_out_as_it_went_in(pairs: list[tuple[bytes, bytes]]) -> None:
    raw = HEAD + b"".join(b"%b: %b\r\n" % pair for pair in pairs) + b"\r\n"
    head = parse_request(raw)
    assert [(name, value.strip(b" \t")) for name, value in head.pairs[1:]] == [
        (name, value.strip(b" \t")) for name, value in pairs
    ]


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b"\0", b"a", b"Host: b"]), max_size=12))
def test_whatever_is_accepted_has_lawful_lines_only(pieces: list[bytes]) -> None:
    raw = HEAD + b"".join(pieces) + b"\r\n\r\n"
    end = raw.index(b"\r\n\r\n") + 4
    try:
        head = parse_request(raw[:end])
    except MalformedError:
        return
    lines = raw[: end - 4].split(b"\r\n")[1:]
    assert [line.partition(b":")[0] for line in lines] == [name for name, _ in head.pairs]
    assert not any(set(line) & set(b"\r\n\0") for line in lines)


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_the_beginning_of_a_head_is_judged_alike_however_it_arrives(raw: bytes, cuts: list[int]) -> None:
    def refused(pieces: list[int]) -> bool:
        judged = 0
        for upto in sorted({*pieces, len(raw)}):
            try:
                judge_begun(raw[:upto], judged)
            except MalformedError:
                return True
            judged = min(upto, len(raw))
        return False

    assert refused([]) == refused([cut for cut in cuts if cut <= len(raw)])


class Ear:
    """What llhttp hears."""

    def __init__(self) -> None:
        self.target = self.reason = b""
        self.pairs: list[tuple[bytes, bytes]] = []

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_status(self, part: bytes) -> None:
        self.reason += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self.pairs.append((name, value.rstrip(b" \t")))


LINES = st.sampled_from([
    b"Host: a", b"Content-Length: 3", b"content-length:0", b"Transfer-Encoding: chunked", b"Transfer-Encoding:chunked",
    b"Connection: close", b"Connection: keep-alive, x", b"Connection: upgrade", b"Upgrade: h2c", b"A: b\xff", b"x-a:",
    b"A:\tb \t", b"a: b: c", b"Expect: 100-continue", b"TE: trailers", b"A : b", b" A: b", b"A\n: b", b"A", b": b",
    b"A: \0",
])  # fmt: skip


@given(
    st.lists(LINES, max_size=6), st.sampled_from([b"GET", b"POST", b"HEAD", b"DELETE"]), st.sampled_from([b"0", b"1"])
)
def test_what_we_read_as_a_request_llhttp_reads_alike(lines: list[bytes], method: bytes, minor: bytes) -> None:
    raw = b"\r\n".join((method + b" /v1/messages?a=b HTTP/1." + minor, *lines, b"", b""))
    try:
        head = parse_request(raw)
        request_length(head)
    except MalformedError:
        return
    ear = Ear()
    parser = httptools.HttpRequestParser(ear)
    with suppress(httptools.HttpParserUpgrade):
        parser.feed_data(raw)
    assert (parser.get_method(), ear.target, ear.pairs) == (head.method, head.target, list(head.pairs))


@given(st.lists(LINES, max_size=6), st.sampled_from([b" OK", b"", b" ", b" Two words", b"OK", b"  "]))
def test_what_we_read_as_a_response_llhttp_reads_alike(lines: list[bytes], reason: bytes) -> None:
    raw = b"\r\n".join((b"HTTP/1.1 200" + reason, *lines, b"", b""))
    try:
        head = parse_response(raw)
        response_length(head, b"GET")
    except MalformedError:
        return
    ear = Ear()
    parser = httptools.HttpResponseParser(ear)
    with suppress(httptools.HttpParserUpgrade):
        parser.feed_data(raw)
    assert (parser.get_status_code(), ear.reason.lstrip(), ear.pairs) == (
        head.status,
        head.reason.lstrip(),
        list(head.pairs),
    )


PLAIN = b"HTTP/1.1 200 OK\r\nDate: Thu, 26 Nov 2026 21:20:31 GMT\r\n%bcontent-length: 5\r\nid: req_1\r\n\r\nhello"
SINGULAR = {
    "an older version": PLAIN.replace(b"1.1", b"1.0") % b"",
    "no reason": PLAIN.replace(b" OK", b"") % b"",
    "informational": PLAIN.replace(b"200", b"103") % b"",
    "without content": PLAIN.replace(b"200", b"204") % b"",
    "not modified": PLAIN.replace(b"200", b"304") % b"",
    "closing": PLAIN % b"Connection: close\r\n",
    "kept alive": PLAIN % b"keep-alive: timeout=5\r\n",
    "another length": PLAIN % b"Content-Length: 5\r\n",
    "chunks": PLAIN % b"Transfer-Encoding: chunked\r\n",
    "a wish to upgrade": PLAIN % b"uPGRADE: h2c\r\n",
    "trailers wanted": PLAIN % b"TE: trailers\r\n",  # codespell:ignore te
    "less than the length": PLAIN[:-1] % b"",
    "more than the length": PLAIN % b"" + b"HTTP/1.1 200 OK",
    "no end": PLAIN.partition(b"\r\n\r\n")[0] % b"",
    "too many headers": PLAIN % (b"a:\r\n" * 198),
    "too large a head": PLAIN % (b"a: %b\r\n" % (b"b" * 70_000)),
}


@pytest.mark.parametrize("raw", SINGULAR.values(), ids=SINGULAR)
def test_a_response_that_does_not_go_on_as_it_came_is_not_told_whole(raw: bytes) -> None:
    assert whole_response(raw) is None
    assert whole_response(PLAIN % b"") == (200, (PLAIN % b"").index(b"hello"))
    assert whole_response(PLAIN % (b"a:\r\n" * 197)) is not None


NAMES = st.sampled_from([
    b"date", b"Content-Length", b"content-length", b"CONTENT-LENGTH", b"content-type", b"Connection", b"cache-control",
    b"Keep-Alive", b"te", b"tea", b"Transfer-Encoding", b"Upgrade", b"http2-settings", b"host", b"proxy-x", b"p", b"",
])  # fmt: skip
PIECES = st.one_of(
    st.tuples(NAMES, st.sampled_from([b":", b": ", b":\t", b" :"]), st.sampled_from([b"5", b"7", b"a b", b" 5 ", b""])),
    st.tuples(st.binary(max_size=2), st.just(b": "), st.binary(max_size=2)),
    st.tuples(st.integers(0, 255).map(lambda one: bytes([one]))),
)


@given(
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 529 Overloaded", b"HTTP/1.1 200 ", b"HTTP/1.0 200 OK"]),
    st.lists(PIECES, max_size=4),
    st.sampled_from([b"Content-Length: 5", b"content-length:5", b"x: y"]),
    st.lists(PIECES, max_size=2),
)
def test_what_is_told_of_a_whole_response_is_what_is_read_of_it(
    first: bytes, before: list[tuple[bytes, ...]], length: bytes, behind: list[tuple[bytes, ...]]
) -> None:
    lines = [first, *map(b"".join, before), length, *map(b"".join, behind)]
    raw = b"\r\n".join(lines) + b"\r\n\r\nhello"
    told = whole_response(raw)
    if told is None:
        return
    status, start = told
    head = parse_response(raw[:start])
    assert (head.status, head.only_length, keeps_alive(head)) == (status, True, True)
    assert response_length(head, b"POST") == len(raw) - start
    assert response_head(head, len(raw) - start, 1, closing=False) == raw[:start]


@pytest.mark.parametrize("first", range(256))
def test_a_header_may_begin_with_what_a_name_is_made_of(first: int) -> None:
    raw = PLAIN % (bytes([first]) + b"ame: value\r\n")
    with suppress(MalformedError):
        parse_response(raw[:-5])
        assert whole_response(raw) is not None
        return
    assert whole_response(raw) is None


def test_lines_that_are_remembered_are_bounded_and_hold_no_credential() -> None:
    for number in range(heads._MOST + 10):
        parse_request(HEAD + b"X-Number: %d\r\nx-api-key: secret\r\nLong: %b\r\n\r\n" % (number, b"x" * 500))
    assert len(heads._known) <= heads._MOST
    assert not any(b"secret" in line or len(line) > 200 for line in heads._known)


STRAY = {
    "a login token in another header": b"X-Token: sk-ant-oat01-abc\r\n",
    "one in a cookie": b"Cookie: a=b; sessionKey=sk-ant-sid01-abc\r\n",
    "one behind a long value": b"X-Long: " + b"x" * 500 + b" sk-ant-api03-abc\r\n",
    "a key of ours in another header": b"X-Key: ck_" + b"a" * 8 + b"_" + b"0" * 46 + b"\r\n",
}


@pytest.mark.parametrize("line", STRAY.values(), ids=STRAY)
def test_a_credential_where_it_would_go_on_to_the_upstream_is_refused_and_not_repeated(line: bytes) -> None:
    in_address = HEAD.replace(b"beta=true", line.partition(b": ")[2].strip().replace(b" ", b"+"))
    for raw in (HEAD + line + b"\r\n", HEAD + line + b"\r\n", in_address + b"\r\n"):
        with pytest.raises(MalformedError) as error:
            parse_request(raw)
        assert (error.value.refused.status, error.value.refused.why) == (400, "stray-credential")
        assert "abc" not in error.value.refused.message


def test_an_answer_may_say_what_it_likes_and_teaches_requests_nothing() -> None:
    line = STRAY["a key of ours in another header"]
    assert parse_response(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n").lines == [line.strip()]
    with pytest.raises(MalformedError, match="nowhere else"):
        parse_request(HEAD + line + b"\r\n")


@pytest.mark.parametrize(
    "line", [b"x-api-key: sk-ant-oat01-a", b"Authorization: Bearer sk-ant-a", b"X-Back_up: ck_aaaa"]
)
def test_where_credentials_belong_they_are_for_the_admission_to_judge(line: bytes) -> None:
    assert parse_request(HEAD + line + b"\r\n\r\n").lines[-1] == line


def test_a_line_that_is_remembered_reads_the_same() -> None:
    raw = HEAD + b"X-Twice: \tvalue \r\n\r\n"
    assert parse_request(raw) == parse_request(raw)
