"""Behind a proxy that wants to know who asks: a real squid on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.errors import FetchError

from .certificates import Authority
from .site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carnet.documents.capture.answer import Answer
    from carnet.settings import Settings

SQUID = shutil.which("squid", path="/usr/sbin:/usr/local/sbin:/usr/bin")
NCSA = Path("/usr/lib/squid/basic_ncsa_auth")

pytestmark = [
    pytest.mark.squid,
    pytest.mark.skipif(
        SQUID is None or not NCSA.exists() or shutil.which("openssl") is None,
        reason="squid or openssl is not installed",
    ),
]

CONFIGURATION = """
http_port 127.0.0.1:{port}
auth_param basic program {ncsa} {folder}/passwords
auth_param basic realm test
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
hosts_file {folder}/hosts
cache deny all
cache_mem 8 MB
access_log none
cache_log /dev/null
pid_filename none
shutdown_lifetime 0 seconds
dns_nameservers 127.0.0.1
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running squid."""

    port: int

    def url(self, who: str = "me:p%40ss@") -> str:
        return f"http://{who}127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    # Squid runs as a user of its own, which cannot look into the folders of pytest.
    with tempfile.TemporaryDirectory(prefix="carnet-squid-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        coded = subprocess.run(
            ["openssl", "passwd", "-apr1", "p@ss"], check=True, capture_output=True, text=True
        ).stdout
        (folder / "passwords").write_text(f"me:{coded}")
        (folder / "hosts").write_text("127.0.0.1 docs.test\n")
        (folder / "squid.conf").write_text(CONFIGURATION.format(port=port, ncsa=NCSA, folder=folder))
        running = subprocess.Popen([str(SQUID), "-N", "-f", str(folder / "squid.conf")], stderr=subprocess.PIPE)
        try:
            listening(running, port)
            yield Proxy(port)
        finally:
            running.kill()
            running.communicate()


def listening(running: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert running.poll() is None, running.communicate()[1].decode()
        time.sleep(0.05)
    raise AssertionError("squid does not listen")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def behind(near: Settings, proxy: Proxy) -> Settings:
    near = near.with_option("watch.timeout", "20s")
    return near.with_option("net.http-proxy", proxy.url()).with_option("net.https-proxy", proxy.url())


async def nowhere(host: str, port: int, family: socket.AddressFamily) -> list[tuple[socket.AddressFamily, str]]:
    raise OSError(f"{host}:{port} cannot be resolved here ({family})")


def test_a_page_is_fetched_through_the_proxy_with_our_credentials(
    site: Site, fetch: Callable[..., Answer], behind: Settings
) -> None:
    site.page("/page.md", b"text\n", etag='"1"')
    found = fetch(site.url(), settings=behind)
    assert found.body == b"text\n"
    assert "squid" in found.header("via")
    assert "proxy-authorization" not in site.asked("/page.md")[0].headers


def test_a_protected_page_is_fetched_through_a_tunnel(
    authority: Authority, fetch: Callable[..., Answer], behind: Settings
) -> None:
    with Site(authority.server()) as site:
        site.page("/page.md", b"text\n")
        known = behind.with_option("net.ca-bundle", str(authority.pair.certificate))
        assert fetch(site.url(), settings=known).body == b"text\n"
        assert "proxy-authorization" not in site.asked("/page.md")[0].headers
        with pytest.raises(FetchError, match="is not trusted"):
            fetch(site.url(), settings=behind)


def test_a_name_that_only_the_proxy_can_resolve_is_the_proxys_to_judge(
    site: Site, authority: Authority, fetch: Callable[..., Answer], behind: Settings
) -> None:
    site.page("/page.md", b"text\n")
    assert fetch(site.url(host="docs.test"), settings=behind, lookup=nowhere).body == b"text\n"
    with Site(authority.server()) as protected:
        protected.page("/page.md", b"secret text\n")
        known = behind.with_option("net.ca-bundle", str(authority.pair.certificate))
        assert fetch(protected.url(host="docs.test"), settings=known, lookup=nowhere).body == b"secret text\n"


@pytest.mark.parametrize("who", ["", "me:wrong@", "you:p%40ss@"])
def test_a_proxy_that_does_not_know_us_is_named_with_what_to_do(
    site: Site, fetch: Callable[..., Answer], behind: Settings, proxy: Proxy, who: str
) -> None:
    site.page("/page.md", b"text\n")
    for name, url in (("net.http-proxy", site.url()), ("net.https-proxy", "https://127.0.0.1:9/page.md")):
        with pytest.raises(FetchError, match=r"does not accept our credentials \(407\)") as caught:
            fetch(url, settings=behind.with_option(name, proxy.url(who)))
        assert "wrong" not in str(caught.value)
    assert site.requests == []


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/page.md", "https://169.254.169.254/page.md", "http://[::1]:9/page.md"]
)
def test_a_refused_address_is_not_even_asked_of_the_proxy(
    fetch: Callable[..., Answer], behind: Settings, url: str
) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(url, settings=behind)
    assert caught.value.reason == "refused"


def test_a_name_that_resolves_here_to_a_private_address_is_refused_before_the_proxy(
    site: Site, fetch: Callable[..., Answer], behind: Settings
) -> None:
    async def private(host: str, port: int, family: socket.AddressFamily) -> list[tuple[socket.AddressFamily, str]]:  # noqa: ARG001
        return [(socket.AF_INET, "10.0.0.1")]

    with pytest.raises(FetchError, match="a private address"):
        fetch(site.url(host="docs.test"), settings=behind, lookup=private)
    assert site.requests == []


def test_no_proxy_goes_around_it(site: Site, fetch: Callable[..., Answer], behind: Settings) -> None:
    site.page("/page.md", b"text\n")
    found = fetch(site.url(), settings=behind.with_option("net.no-proxy", "127.0.0.0/8"))
    assert found.header("via") == ""


def test_a_redirect_chooses_its_way_anew(site: Site, fetch: Callable[..., Answer], behind: Settings) -> None:
    with Site() as other:
        other.page("/page.md", b"text\n")
        site.redirect("/page.md", other.url())
        found = fetch(site.url(), settings=behind.with_option("net.no-proxy", f"127.0.0.1:{other.port}"))
        assert found.header("via") == ""
        assert "via" in site.asked("/page.md")[0].headers
        assert "via" not in other.asked("/page.md")[0].headers


def test_a_server_that_the_proxy_cannot_reach_is_a_failure(fetch: Callable[..., Answer], behind: Settings) -> None:
    port = free_port()
    for scheme in ("http", "https"):
        with pytest.raises(FetchError):
            fetch(f"{scheme}://127.0.0.1:{port}/page.md", settings=behind)


def test_a_proxy_that_does_not_answer_is_named(site: Site, fetch: Callable[..., Answer], near: Settings) -> None:
    with pytest.raises(FetchError, match=r"the proxy 127\.0\.0\.1:\d+ cannot be reached"):
        fetch(site.url(), settings=near.with_option("net.http-proxy", f"http://me:secret@127.0.0.1:{free_port()}"))
