"""Credentials on a way they were not meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings.view import place
from carnet.agent.machine import host, redirected
from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View


def gateway(view: View) -> Iterator[Finding]:
    """A gateway's key that also reaches the vendor, a person's token that also reaches the gateway, unchecked TLS."""
    if redirected(view.machine.env, view.layout) and view.context.facts.get("provider") == view.layout.provider.gateway:
        yield from _credentials(view)
    yield from _unverified(view)


def _credentials(view: View) -> Iterator[Finding]:
    watch, env = view.layout.watch, view.machine.env
    base = env[view.layout.provider.base_url]
    name = host(str(base.value))
    key, token = env.get(watch.key_variable), env.get(watch.token_variable)
    if key is not None and key.value:
        yield Finding(
            "gateway.key-reaches-vendor",
            "high",
            f"the key for {name} in {watch.key_variable} is also sent to the vendor's own hosts",
            place(f"env.{watch.key_variable}", key),
            f"give the gateway's key in {watch.token_variable} instead",
            ("inference", "feature-flags"),
            f"env.{watch.key_variable}",
        )
    elif (token is None or not token.value) and "apiKeyHelper" not in view.machine.settings:
        yield Finding(
            "gateway.sign-in-reaches-gateway",
            "medium",
            f"{name} is used without a key of its own, so a vendor sign-in on this machine is sent to it",
            place(f"env.{view.layout.provider.base_url}", base),
            f"give the gateway's own key in {watch.token_variable}",
            ("sign-in",),
            f"env.{view.layout.provider.base_url}",
        )


def _unverified(view: View) -> Iterator[Finding]:
    for name in view.layout.watch.unverified_tls:
        located = view.machine.env.get(name) or view.machine.waiting.get(name)
        if located is not None and str(located.value).strip() == "0":
            yield Finding(
                "transit.unverified",
                "high",
                f"{name}=0: certificates are not verified, so anybody on the way can read every flow",
                place(f"env.{name}", located),
                f"remove {name}; name a private authority's certificate in NODE_EXTRA_CA_CERTS",
                (),
                f"env.{name}",
            )
