"""An authority of one's own: what it signs is believed, and only for what it may sign."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from carnet.errors import AlreadyThereError, CarnetError
from carnet.gateway.certificates import (
    fingerprint,
    hosts_of,
    issue,
    make_authority,
    make_files,
    names_of,
    read_authority,
    read_certificate,
)

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.gateway.certificates import Authority, Name

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def believed(authority: Authority, certificate: x509.Certificate, name: Name, at: datetime = NOW) -> bool:
    """Whether a strict verifier takes the certificate for that name."""
    subject = x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)
    builder = PolicyBuilder().store(Store([authority.certificate])).time(at.replace(tzinfo=None))
    try:
        builder.build_server_verifier(subject).verify(certificate, [])
    except VerificationError:
        return False
    return True


def test_a_certificate_is_believed_for_its_names_until_its_end() -> None:
    authority = make_authority([], NOW)
    certificate, _ = issue(authority, names_of(["carnet.test", "10.0.0.7"]), NOW)
    assert hosts_of(certificate) == ["carnet.test", "10.0.0.7"]
    for name in ("carnet.test", ip_address("10.0.0.7")):
        assert believed(authority, certificate, name)
        assert not believed(authority, certificate, name, NOW + timedelta(days=826))
    assert not believed(authority, certificate, "other.test")
    assert not believed(make_authority([], NOW), certificate, "carnet.test")


def test_how_long_and_how_strong() -> None:
    authority = make_authority([], NOW)
    certificate, key = issue(authority, ["carnet.test"], NOW)
    lives = [one.not_valid_after_utc - one.not_valid_before_utc for one in (authority.certificate, certificate)]
    assert lives == [timedelta(days=days) - timedelta(seconds=1) for days in (3650, 825)]
    assert certificate.not_valid_before_utc < NOW, "a client's clock may be late"
    for one in (authority.certificate, certificate):
        public = one.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        assert public.curve.name == "secp256r1"
    assert b"PRIVATE KEY" in key
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not constraints.ca
    assert len(fingerprint(certificate)) == 95


def test_an_authority_for_some_names_is_worth_nothing_for_others() -> None:
    names = names_of(["carnet.test", "10.0.0.7"])
    constrained, free = make_authority(names, NOW), make_authority([], NOW)
    certificate, _ = issue(constrained, names, NOW)
    assert believed(constrained, certificate, "carnet.test")
    assert believed(constrained, certificate, ip_address("10.0.0.7"))
    extension = constrained.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    # Of addresses it says nothing: BoringSSL, and with it gRPC, would believe no certificate with one.
    assert extension.value == x509.NameConstraints([x509.DNSName("carnet.test")], None)
    assert believed(constrained, issue(constrained, names_of(["10.0.0.8"]), NOW)[0], ip_address("10.0.0.8"))
    for other in ("bank.test", "evilcarnet.test"):
        with pytest.raises(CarnetError, match="may not sign for it"):
            issue(constrained, names_of([other]), NOW)
    # Somebody who stole the key would not ask us: what they sign is not believed either.
    stolen = type(constrained)(free.certificate, constrained.key)
    builder, _ = issue(stolen, names_of(["bank.test"]), NOW)
    forged = (
        x509.CertificateBuilder(
            constrained.certificate.subject,
            builder.subject,
            builder.public_key(),
            builder.serial_number,
            builder.not_valid_before_utc,
            builder.not_valid_after_utc,
            list(builder.extensions),
        ).sign(constrained.key, builder.signature_hash_algorithm)  # type: ignore[arg-type]
    )
    assert not believed(constrained, forged, "bank.test")


def test_names_are_read_as_people_write_them() -> None:
    assert names_of(["Carnet.Test.", "carnet.test", "[::1]", "*.corp.test", "bücher.test"]) == [
        *("carnet.test", ip_address("::1")),
        *("*.corp.test", "xn--bcher-kva.test"),
    ]
    for wrong in ("", "https://carnet.test", "carnet.test:8418", "a b", "*", "a.*.test", "-a.test", "0.0.0.0", "::"):
        with pytest.raises(CarnetError, match="--host"):
            names_of([wrong])


def test_files_are_for_their_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    assert make_files(folder, ["carnet.test"], "", NOW)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert sorted(before) == ["ca.key", "ca.pem", "server.key", "server.pem"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(AlreadyThereError, match="nothing is overwritten"):
        make_files(folder, ["carnet.test"], "", NOW)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert hosts_of(read_certificate(folder / "server.pem")) == ["carnet.test", "localhost", "127.0.0.1", "::1"]


def test_a_new_certificate_comes_from_the_authority_that_is_there(tmp_path: Path) -> None:
    make_files(tmp_path, ["carnet.test"], "", NOW)
    authority, first = read_authority(tmp_path), read_certificate(tmp_path / "server.pem")
    for name in ("server.pem", "server.key"):
        (tmp_path / name).unlink()
    later = NOW + timedelta(days=900)
    with pytest.raises(CarnetError, match="may not sign"):
        make_files(tmp_path, ["other.test"], "", later)
    assert not make_files(tmp_path, ["carnet.test"], "", later)
    second = read_certificate(tmp_path / "server.pem")
    assert second != first
    assert believed(authority, second, "carnet.test", later)
    (tmp_path / "server.pem").unlink()
    with pytest.raises(AlreadyThereError):
        make_files(tmp_path, ["carnet.test"], "", later)


def test_a_link_in_the_place_of_a_file_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "ca.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CarnetError):
        make_files(tmp_path / "tls", [], "", NOW)
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_of_another_authority_is_refused_by_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        make_files(tmp_path / folder, [], "", NOW)
    (tmp_path / "a" / "ca.key").write_bytes((tmp_path / "b" / "ca.key").read_bytes())
    with pytest.raises(CarnetError, match=r"ca\.key is not the key of"):
        read_authority(tmp_path / "a")
    (tmp_path / "a" / "ca.pem").write_text("no certificate")
    with pytest.raises(CarnetError, match=r"ca\.pem: is no certificate"):
        read_authority(tmp_path / "a")


def test_without_hosts_the_machines_own_name_is_in_it(tmp_path: Path) -> None:
    make_files(tmp_path, [], "box7", NOW)
    assert hosts_of(read_certificate(tmp_path / "server.pem")) == ["box7", "localhost", "127.0.0.1", "::1"]
    with pytest.raises(x509.ExtensionNotFound):
        read_certificate(tmp_path / "ca.pem").extensions.get_extension_for_class(x509.NameConstraints)
