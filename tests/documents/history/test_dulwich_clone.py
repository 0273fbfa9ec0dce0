from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import urllib3

from carnet.documents.history import dulwich_clone
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (b"# v3 git bundle\n@object-format=sha256\n\n", "install git"),
        (b"# v2 git bundle\n-" + b"1" * 40 + b" earlier\n\n", "needs commits that it does not hold"),
        (b"# v2 git bundle\n" + b"1" * 40 + b" refs/heads/main\n", "ends within its header"),
        (b"# v2 git bundle\n" + b"1" * 40 + b" refs/heads/main\n\nPACK", "truncated or damaged"),
        (b"# v2 git bundle\n\n", "truncated or damaged"),
    ],
)
def test_a_bundle_that_cannot_be_read_says_why(tmp_path: Path, header: bytes, says: str) -> None:
    bundle = tmp_path / "x.bundle"
    bundle.write_bytes(header)

    with pytest.raises(CarnetError, match=says):
        dulwich_clone.unbundle(bundle, tmp_path / "x.git")


@pytest.mark.parametrize(
    ("host", "no_proxy", "direct"),
    [
        ("git.example.org", "", False),
        ("git.example.org", "example.org", True),
        ("git.example.org", ".example.org", True),
        ("example.org", ".example.org", True),
        ("git.example.org", "other.org, git.example.org", True),
        ("git.example.org", "*", True),
        ("git.example.org", "*.example.org", True),
        ("notexample.org", "example.org", False),
    ],
)
def test_hosts_of_no_proxy_are_reached_directly(settings: Settings, host: str, no_proxy: str, *, direct: bool) -> None:
    through = settings.with_option("net.https-proxy", "http://proxy:3128").with_option("net.no-proxy", no_proxy)

    manager = dulwich_clone._manager(f"https://{host}/docs.git", through)

    assert isinstance(manager, urllib3.ProxyManager) is not direct


def test_the_proxys_account_is_sent_to_the_proxy(settings: Settings) -> None:
    through = settings.with_option("net.http-proxy", "http://user:secret@proxy:3128")

    manager = dulwich_clone._manager("http://git.example.org/docs.git", through)

    assert manager.proxy_headers == {"proxy-authorization": "Basic dXNlcjpzZWNyZXQ="}
