from __future__ import annotations

import pytest

from carnet.errors import CarnetError
from carnet.gateway.conformance.target import Target, target_at


def test_an_address_is_read_with_its_path() -> None:
    assert target_at("http://127.0.0.1:8418") == Target("127.0.0.1", 8418)
    assert target_at("https://gateway.test/anthropic/") == Target("gateway.test", 443, tls=True, prefix=b"/anthropic")
    assert target_at("http://[::1]:80").authority == b"[::1]:80"


@pytest.mark.parametrize(
    "url", ["", "gateway", "ftp://gateway.test", "http://u:p@gateway.test", "http://gateway.test/?a=1"]
)
def test_what_is_no_base_address_is_refused(url: str) -> None:
    with pytest.raises(CarnetError, match="address"):
        target_at(url)


def test_near_is_what_is_on_this_machine() -> None:
    assert [target_at(f"http://{host}").near for host in ("localhost", "127.0.0.2", "[::1]")] == [True] * 3
    assert not target_at("http://gateway.test").near
    assert not target_at("http://10.0.0.1").near
