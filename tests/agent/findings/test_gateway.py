"""Credentials and gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.agent.homes import Home

URL = "https://gw.test/x"


def test_a_gateways_key_that_also_reaches_the_vendor_is_named_but_not_shown(made: Home) -> None:
    path = made.write("user", {"env": {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_API_KEY": "hunter2"}})
    found = made.found("gateway.key-reaches-vendor")

    assert found.where == f"{path}:4"
    assert "ANTHROPIC_AUTH_TOKEN" in found.fix
    assert "hunter2" not in str(made.findings())


def test_a_token_for_the_gateway_is_as_it_should_be(made: Home) -> None:
    made.write("user", {"env": {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": "hunter2"}})

    assert made.ids() == set()


def test_without_a_key_the_persons_sign_in_goes_to_the_gateway(made: Home) -> None:
    made.write("user", {"env": {"ANTHROPIC_BASE_URL": URL}})

    assert made.found("gateway.sign-in-reaches-gateway").flows == ("sign-in",)


def test_a_key_for_the_vendor_itself_is_none_of_it(made: Home) -> None:
    made.write("user", {"env": {"ANTHROPIC_API_KEY": "hunter2"}})

    assert made.ids() == set()


def test_certificates_that_nobody_verifies_are_named(made: Home) -> None:
    made.write("user", {"env": {"NODE_TLS_REJECT_UNAUTHORIZED": "0"}})

    assert made.found("transit.unverified").severity == "high"
