"""A certificate authority of one's own, for the listeners of one Carnet, and the certificates it gives them."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from carnet.errors import AlreadyThereError, CarnetError
from carnet.gateway.tls import CERTIFICATE, KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

CA, CA_KEY = "ca.pem", "ca.key"
AUTHORITY_DAYS = 3650
SERVER_DAYS = 825
"""No client accepts more (Apple's since 2019, for authorities that were added by hand too)."""
HERE = ("localhost", "127.0.0.1", "::1")
_SKEW = timedelta(hours=1)
"""A client whose clock is a little late accepts it too."""
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_DNS = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Name = str | Address
"""A DNS name (as it goes over the wire) or an IP address."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_authority(only_for: Sequence[Name], now: datetime) -> Authority:
    """A new authority; where names are given, what it signs for other host names is worth nothing.

    Addresses it may sign for all the same: BoringSSL, and so gRPC in most languages, believes no certificate with an
    address whose authority says which addresses it is for.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Carnet authority {now:%Y-%m-%d}")])
    builder = _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    if subtrees := [x509.DNSName(name.removeprefix("*.")) for name in only_for if isinstance(name, str)]:
        builder = builder.add_extension(x509.NameConstraints(subtrees, None), critical=True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def issue(authority: Authority, names: Sequence[Name], now: datetime) -> tuple[x509.Certificate, bytes]:
    """A certificate for a server of those names, and its key as PEM. Raises CarnetError for a name beyond the CA's."""
    _check_permitted(authority.certificate, names)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Carnet")])
    builder = _builder(subject, authority.certificate.subject, key.public_key(), now, SERVER_DAYS)
    alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
    of_authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(signs_certificates=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (alternatives, False),
        (of_authority, False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(authority.key, hashes.SHA256()), _key_pem(key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    start = now.astimezone(UTC) - _SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days) - timedelta(seconds=1))  # both ends are included
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def names_of(hosts: Iterable[str]) -> list[Name]:
    """What people write as hosts, each once. Raises CarnetError for what no certificate can be for."""
    found: dict[Name, None] = {}
    for host in hosts:
        found[_name(host)] = None
    return list(found)


def _name(host: str) -> Name:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    else:
        if address.is_unspecified:
            raise CarnetError(f"--host {host}: every address at once; give the names and addresses that clients use")
        return address
    try:
        name = (
            host.lower().rstrip(".").encode("idna").decode("ascii") if not host.isascii() else host.lower().rstrip(".")
        )
    except UnicodeError:
        name = ""
    if not _DNS.fullmatch(name) or len(name) > 253:
        raise CarnetError(f"--host {host!r} is no host name or IP address; write it without port and path")
    return name


def _general(name: Name) -> x509.GeneralName:
    return x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)


def _check_permitted(authority: x509.Certificate, names: Sequence[Name]) -> None:
    try:
        permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        return
    for name in names:
        if isinstance(name, str) and not any(_covers(subtree.value, name) for subtree in permitted):
            raise CarnetError(
                f"--host {name}: the authority that is there may not sign for it, so no client would believe it; "
                "make a new authority in another folder: carnet tls init --dir DIR --host …"
            )


def _covers(subtree: object, name: str) -> bool:
    bare = name.removeprefix("*.")
    return isinstance(subtree, str) and (bare == subtree or bare.endswith(f".{subtree}"))


# --- files


def make_files(folder: Path, hosts: Sequence[str], machine: str, now: datetime) -> bool:
    """Write an authority and a certificate; whether the authority is new. Nothing that is there is overwritten.

    Without hosts the certificate is for this machine's own name, and the authority for any. Where the authority is
    there and the server's two files are not (moved away because they expired), only those are made.
    """
    names = [*names_of(hosts or ([machine] if machine else [])), *names_of(HERE)]
    names = list(dict.fromkeys(names))
    there = [name for name in (CERTIFICATE, KEY) if (folder / name).exists()]
    of_authority = [name for name in (CA, CA_KEY) if (folder / name).exists()]
    if there or len(of_authority) == 1:
        raise AlreadyThereError(
            f"{folder} has {' and '.join(of_authority + there)} already, and nothing is overwritten. "
            f"For a new certificate move {CERTIFICATE} and {KEY} away; for a new authority use another --dir"
        )
    authority = read_authority(folder) if of_authority else make_authority(names if hosts else [], now)
    certificate, key = issue(authority, names, now)
    _make_folder(folder)
    if not of_authority:
        _write(folder / CA_KEY, _key_pem(authority.key))
        _write(folder / CA, _pem(authority.certificate))
    _write(folder / KEY, key)
    _write(folder / CERTIFICATE, _pem(certificate))
    return not of_authority


def read_authority(folder: Path) -> Authority:
    """The authority in a folder. Raises CarnetError naming the file that cannot be used."""
    key_file = folder / CA_KEY
    certificate = read_certificate(folder / CA)
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except OSError as error:
        raise CarnetError(f"{key_file}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError):
        raise CarnetError(f"{key_file}: is no unencrypted key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise CarnetError(f"{key_file} is not the key of {folder / CA}")
    return Authority(certificate, key)


def read_certificate(file: Path) -> x509.Certificate:
    """The first certificate in a file. Raises CarnetError."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())[0]
    except OSError as error:
        raise CarnetError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError:
        raise CarnetError(f"{file}: is no certificate in PEM") from None


def hosts_of(certificate: x509.Certificate) -> list[str]:
    """The names and addresses it is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256, as browsers and openssl show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CarnetError(f"the folder {folder} cannot be made: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    """Never over something that is there, a link that leads elsewhere included."""
    try:
        number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise CarnetError(f"{path}: cannot be written: {error.strerror}") from error
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(number)
