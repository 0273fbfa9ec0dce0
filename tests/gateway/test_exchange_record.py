"""An exchange as the body of a record, and back."""

from __future__ import annotations

from typing import cast

import pytest
from msgspec.structs import replace

from carnet.gateway.contract import Ended, How, Timings
from carnet.gateway.exchange_record import MAGIC, decoded, encoded, known_of
from carnet.gateway.formats import MESSAGES
from carnet.gateway.heads import parse_request, parse_response
from carnet.gateway.usage import Usage
from tests.gateway.test_admitting import asked


def test_bytes_come_back_as_they_were_and_no_credential_is_among_them() -> None:
    request, response = b'{"a":\n1}', [b"\x00\xff", b"\n", MAGIC]
    ended = Ended(How.COMPLETE, 200, "main", True, 5, Timings(1.0, 1.1, 1.2, 1.3, 1.4, 1.5), Usage("m", 1, 2))
    known = known_of(asked("ck_secret"), request, None, ended, ["a1", "p1"])
    back, sent, got = decoded(encoded(known, request, response))
    assert (back, sent, got) == (known, request, b"".join(response))
    assert "ck_secret" not in str(back)
    assert (back.model, back.usage["output"], back.milliseconds["ended"], back.agent) == ("m", 2, 500, "a1")


def test_no_header_that_carries_a_credential_is_kept_whichever_its_name() -> None:
    ours, theirs = "ck_abcdefgh_" + "0" * 46, "sk-ant-oat01-abcdef"
    lines = [f"{name.decode()}: {ours}" for name in MESSAGES.credentials]
    head = parse_request("\r\n".join(("POST /v1/messages HTTP/1.1", "Host: h", *lines, "X-3: kept", "", "")).encode())
    answered = parse_response(f"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nX-4: {ours}\r\nX-5: {theirs}\r\n\r\n".encode())
    ended = Ended(How.COMPLETE, 200, "main", True, 5, Timings(1.0), Usage())
    known = known_of(replace(asked(""), head=head), b"", answered, ended, ["", ""])
    assert ours not in str(known)
    assert theirs not in str(known)
    assert "a=b" not in str(known)
    assert ["X-3", "kept"] in cast("list[list[str]]", known.request["headers"])


@pytest.mark.parametrize("body", [b"", b"{}", MAGIC + b"{}\n", encoded.__name__.encode()])
def test_anything_else_is_told(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(body)
