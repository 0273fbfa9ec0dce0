"""What may never be fetched from, whatever a list says."""

from __future__ import annotations

import pytest

from carnet.model.host import read_host
from carnet.policy.never import LOCAL_ZONES, METADATA_NAMES, never


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("localhost", "local-name"),
        ("a.localhost.", "local-name"),
        ("printer.local", "local-name"),
        ("wiki.internal", "local-name"),
        ("nas.home.arpa", "local-name"),
        ("home.arpa", "local-name"),
        ("x.svc.cluster.local", "local-name"),
        ("kubernetes.default.svc", "local-name"),
        ("intranet", "local-name"),
        ("wiki", "single-label"),
        ("metadata", "metadata"),
        ("metadata.google.internal", "metadata"),
        ("METADATA.goog", "metadata"),
        ("169.254.169.254", "metadata"),
        ("0xA9FEA9FE", "metadata"),
        ("2852039166", "metadata"),
        ("[::ffff:169.254.169.254]", "metadata"),
        ("[64:ff9b::a9fe:a9fe]", "metadata"),
        ("[fd00:ec2::254]", "metadata"),
        ("100.100.100.200", "metadata"),
        ("168.63.129.16", "metadata"),
        ("127.0.0.1", "private-address"),
        ("0", "private-address"),
        ("0x7f.1", "private-address"),
        ("[::1]", "private-address"),
        ("[::]", "private-address"),
        ("[::ffff:10.0.0.1]", "private-address"),
        ("[::ffff:0:127.0.0.1]", "private-address"),
        ("[64:ff9b::a00:1]", "private-address"),
        ("[2002:7f00:1::]", "private-address"),
        ("10.0.0.1", "private-address"),
        ("172.31.255.255", "private-address"),
        ("192.168.0.1", "private-address"),
        ("100.64.0.1", "private-address"),
        ("169.254.1.1", "private-address"),
        ("224.0.0.1", "private-address"),
        ("255.255.255.255", "private-address"),
        ("198.18.0.1", "private-address"),
        ("[fe80::1]", "private-address"),
        ("[fc00::1]", "private-address"),
        ("[ff02::1]", "private-address"),
        ("134744072", "odd-address"),
        ("010.8.8.8", "odd-address"),
    ],
)
def test_it_is_refused_for_its_reason(text: str, reason: str) -> None:
    found = never(read_host(text))
    assert found is not None
    assert found[0] == reason
    assert found[1]


@pytest.mark.parametrize(
    "text",
    [
        "example.com",
        "8.8.8.8",
        "[2606:4700::1111]",
        "internal.example.com",
        "local.example",
        "thehome.arpa",
        "1.arpa.se",
    ],
)
def test_anything_else_is_left_to_the_lists(text: str) -> None:
    assert never(read_host(text)) is None


def test_every_name_is_in_the_form_that_is_compared() -> None:
    for name in METADATA_NAMES | LOCAL_ZONES:
        assert read_host(name).name == name
