"""An exchange as the body of a record, and back."""

from __future__ import annotations

import pytest

from carnet.gateway.contract import Ended, How, Timings
from carnet.gateway.exchange_record import MAGIC, decoded, encoded, known_of
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


@pytest.mark.parametrize("body", [b"", b"{}", MAGIC + b"{}\n", encoded.__name__.encode()])
def test_anything_else_is_told(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(body)
