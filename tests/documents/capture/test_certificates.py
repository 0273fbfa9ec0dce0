"""Protected connections: whom we trust, and how we show who we are."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from carnet.errors import FetchError

from .certificates import Authority
from .site import Site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carnet.documents.capture.answer import Answer
    from carnet.settings import Settings

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def test_an_unknown_authority_is_not_trusted_until_the_setting_names_it(
    authority: Authority, fetch: Callable[..., Answer], near: Settings
) -> None:
    with Site(authority.server()) as site:
        site.page("/page.md", b"text\n")
        with pytest.raises(FetchError, match=r"certificate of 127\.0\.0\.1 is not trusted.*net\.ca-bundle"):
            fetch(site.url())
        known = near.with_option("net.ca-bundle", str(authority.pair.certificate))
        assert fetch(site.url(), settings=known).body == b"text\n"


def test_ssl_cert_file_names_the_systems_certificates(
    authority: Authority, fetch: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pair.certificate))
    with Site(authority.server()) as site:
        site.page("/page.md", b"text\n")
        assert fetch(site.url()).body == b"text\n"


@pytest.mark.parametrize("together", [True, False])
def test_a_client_certificate_is_shown_to_a_server_that_asks(
    authority: Authority,
    fetch: Callable[..., Answer],
    near: Settings,
    tmp_path: Path,
    together: bool,  # noqa: FBT001
) -> None:
    mine = authority.issue("client")
    near = near.with_option("net.ca-bundle", str(authority.pair.certificate))
    if together:
        both = tmp_path / "both.pem"
        both.write_bytes(mine.certificate.read_bytes() + mine.key.read_bytes())
        named = near.with_option("net.client-cert", str(both))
    else:
        named = near.with_option("net.client-cert", str(mine.certificate)).with_option("net.client-key", str(mine.key))
    with Site(authority.server(asks_for_client=True)) as site:
        site.page("/page.md", b"text\n")
        with pytest.raises(FetchError):
            fetch(site.url(), settings=near)
        assert fetch(site.url(), settings=named).body == b"text\n"
