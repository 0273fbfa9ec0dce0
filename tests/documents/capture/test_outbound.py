"""Which way requests go out, and with which certificates."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from yarl import URL

from carnet.documents.capture.outbound import Outbound, bypasses, tls
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings


@pytest.mark.parametrize(
    ("entry", "url", "direct"),
    [
        ("docs.test", "https://docs.test/", True),
        ("docs.test", "https://en.docs.test/", True),
        (".docs.test", "https://en.docs.test/", True),
        (".docs.test", "https://docs.test/", True),
        ("*.docs.test", "https://en.docs.test/", True),
        ("docs.test", "https://mydocs.test/", False),
        ("DOCS.test", "https://docs.TEST./", True),
        ("docs.test:8443", "https://docs.test:8443/", True),
        ("docs.test:8443", "https://docs.test/", False),
        ("docs.test:443", "https://docs.test/", True),
        ("10.0.0.0/8", "http://10.2.3.4/", True),
        ("10.0.0.0/8", "http://11.2.3.4/", False),
        ("10.0.0.0/8", "http://docs.test/", False),
        ("10.2.3.4", "http://10.2.3.4/", True),
        ("[::1]:80", "http://[::1]/", True),
        ("fd00::/8", "http://[fd12::1]/", True),
        ("*", "http://anything.test/", True),
        (".", "http://anything.test/", False),
    ],
)
def test_no_proxy_names_hosts_suffixes_networks_and_ports(entry: str, url: str, direct: bool) -> None:  # noqa: FBT001
    assert bypasses((entry.lower(),), URL(url)) is direct


def test_each_scheme_has_its_proxy_and_no_proxy_goes_around_both(settings: Settings) -> None:
    settings = settings.with_option("net.https-proxy", "http://secure.test:3128")
    settings = settings.with_option("net.http-proxy", "plain.test:8080")
    outbound = Outbound.read(settings.with_option("net.no-proxy", "near.test, localhost"))
    assert [str(each.url) if each else "" for each in map(outbound.proxy_for, map(URL, (
        "https://docs.test/", "http://docs.test/", "https://near.test/", "http://localhost:1/",
    )))] == ["http://secure.test:3128", "http://plain.test:8080", "", ""]  # fmt: skip


def test_credentials_of_a_proxy_are_kept_apart_from_its_address(settings: Settings) -> None:
    settings = settings.with_option("net.https-proxy", "http://me:p%40ss@proxy.test:3128")
    proxy = Outbound.read(settings).https
    assert proxy is not None
    assert "p" not in str(proxy.url).replace("proxy", "").replace("http", "")
    assert base64.b64decode(proxy.authorization.removeprefix("Basic ")) == b"me:p@ss"


@pytest.mark.parametrize("text", ["socks5://proxy.test:1", "http://", "http://proxy.test:99999", "ftp://me:secret@x"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(settings: Settings, text: str) -> None:
    with pytest.raises(CarnetError, match=r"net\.http-proxy") as caught:
        Outbound.read(settings.with_option("net.http-proxy", text))
    assert "secret" not in str(caught.value)


def test_certificates_that_cannot_be_read_name_their_setting_and_file(settings: Settings, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    for name in ("net.ca-bundle", "net.client-cert"):
        for file in (garbage, tmp_path / "absent.pem"):
            with pytest.raises(CarnetError, match=name) as caught:
                tls(settings.with_option(name, str(file)))
            assert str(file) in str(caught.value)
    with pytest.raises(CarnetError, match=r"without net\.client-cert"):
        tls(settings.with_option("net.client-key", str(garbage)))


def test_the_systems_certificates_are_trusted_without_any_setting(settings: Settings) -> None:
    context = tls(settings)
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
