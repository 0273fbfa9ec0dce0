"""Bundles and remote repositories where no `git` program is installed: dulwich is pure Python."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from carnet.documents.history.head import only_branch
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from carnet.settings import Settings


def unbundle(bundle: Path, target: Path) -> None:
    """Turn a bundle file into a bare repository."""
    from dulwich.repo import Repo  # noqa: PLC0415 - only where git is missing

    target.mkdir()
    with bundle.open("rb") as source, Repo.init_bare(str(target)) as repository:
        references = _references(source, bundle)
        pack, commit, abort = repository.object_store.add_pack()
        try:
            _copy_pack(source, pack)
            commit()
        except Exception as error:
            abort()
            raise CarnetError(f"{bundle}: the bundle is truncated or damaged: {error}") from error
        _set_references(repository, references, str(bundle))


def _copy_pack(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a pack, whose last 20 bytes are the SHA-1 of all before. Raises ValueError where they are not."""
    digest, tail = hashlib.sha1(usedforsecurity=False), b""
    while more := source.read(1 << 20):
        target.write(more)
        tail += more
        digest.update(tail[:-20])
        tail = tail[-20:]
    if tail != digest.digest():
        raise ValueError("its checksum does not match")


def _references(source: BinaryIO, bundle: Path) -> dict[bytes, bytes]:
    """Names and commits of a bundle's header; leaves the file at the pack."""
    source.readline()
    references: dict[bytes, bytes] = {}
    for line in iter(source.readline, b"\n"):
        if line.startswith(b"@object-format=") and line.strip() != b"@object-format=sha1":
            raise CarnetError(f"{bundle}: a bundle of {line.strip()[15:].decode()} objects; install git to import it")
        if line.startswith(b"-"):
            raise CarnetError(f"{bundle}: the bundle is not whole: it needs commits that it does not hold")
        if not line.startswith(b"@"):
            commit, _, name = line.strip().partition(b" ")
            references[name] = commit
        if not line:
            raise CarnetError(f"{bundle}: the bundle is truncated: it ends within its header")
    return references


def _set_references(repository: Any, references: dict[bytes, bytes], shown: str) -> None:
    for name, commit in references.items():
        if name.startswith(b"refs/heads/"):
            repository.refs[name] = commit
    branches = {name.decode() for name in references if name.startswith(b"refs/heads/")}
    head = references.get(b"HEAD")
    same = sorted(name for name in branches if references[name.encode()] == head)
    if head is not None and not same:
        repository.refs.set_if_equals(b"HEAD", None, head)
        return
    chosen = same[0] if same else only_branch(branches, shown)
    repository.refs.set_symbolic_ref(b"HEAD", chosen.encode())


def fetch(address: str, target: Path, settings: Settings) -> None:
    """Clone a remote repository, going out as Carnet does."""
    import urllib3  # noqa: PLC0415
    from dulwich.client import get_transport_and_path  # noqa: PLC0415
    from dulwich.errors import GitProtocolError, HangupException, NotGitRepository  # noqa: PLC0415

    manager = _manager(address, settings) if address.startswith(("http://", "https://")) else None
    try:
        client, path = get_transport_and_path(address, pool_manager=manager, quiet=True)
        client.clone(path, str(target), mkdir=True, bare=True).close()
    except (GitProtocolError, HangupException, NotGitRepository, urllib3.exceptions.HTTPError, OSError) as error:
        raise CarnetError(f"{address}: could not be fetched: {str(error) or type(error).__name__}") from error


def _manager(address: str, settings: Settings) -> Any:
    import urllib3  # noqa: PLC0415

    context = urllib3.util.create_urllib3_context()
    context.load_default_certs()
    if settings["net.ca-bundle"]:
        context.load_verify_locations(settings["net.ca-bundle"])
    if settings["net.client-cert"]:
        context.load_cert_chain(settings["net.client-cert"], settings["net.client-key"] or None)
    proxy = settings["net.https-proxy" if address.startswith("https:") else "net.http-proxy"]
    if not proxy or _direct(urlsplit(address).hostname or "", settings["net.no-proxy"]):
        return urllib3.PoolManager(ssl_context=context)
    account = urlsplit(proxy)
    headers = (
        urllib3.make_headers(proxy_basic_auth=f"{account.username}:{account.password or ''}")
        if account.username
        else {}
    )
    return urllib3.ProxyManager(proxy, proxy_headers=headers, ssl_context=context)


def _direct(host: str, no_proxy: str) -> bool:
    names = [name.strip().removeprefix("*").lower() for name in no_proxy.split(",") if name.strip()]
    return any(not name or host == name.lstrip(".") or host.endswith("." + name.lstrip(".")) for name in names)
