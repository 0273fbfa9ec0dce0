"""`preflight` and `fetch`: what an agent may read of the web, by its settings, its rules and the domain check."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from carnet.agent.fetching.asking import ask
from carnet.agent.fetching.deadline import Deadline
from carnet.agent.fetching.dialling import Network
from carnet.agent.fetching.hops import aimed, hop
from carnet.agent.fetching.memory import Answers
from carnet.agent.fetching.nouns import Bounds, Checked, NotFetchedError
from carnet.agent.fetching.rules import host_rules
from carnet.agent.layout import layout
from carnet.agent.reporting.live import Live
from carnet.agent.reporting.nouns import Where
from carnet.model.host import read_host
from carnet.packs import named
from carnet.policy.never import never
from carnet.policy.rulebook import rulebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.agent.fetching.asking import DomainCheck
    from carnet.agent.fetching.hops import Aim
    from carnet.agent.fetching.nouns import Fetched
    from carnet.agent.reporting.live import Now
    from carnet.agent.reporting.nouns import Agent
    from carnet.model.host import Host
    from carnet.model.verdict import Verdict

FLOW = "domain-check"
_MOVED = frozenset({301, 302, 303, 307, 308})


class Fetcher:
    """Fetches for one program. Any thread may call; nothing is fetched that is not allowed."""

    def __init__(
        self,
        check: DomainCheck,
        agent: Agent,
        where: Where | None = None,
        bounds: Bounds | None = None,
        network: Network | None = None,
        *,
        confirm: Callable[[str], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`confirm` is asked about hosts that a rule says to ask about, or that the allow rules leave out."""
        self._check, self._agent, self._confirm = check, agent, confirm
        self._bounds, self._network = bounds or Bounds(), network or Network()
        self._live = Live(agent, where or Where(), clock=clock)
        self._answers = Answers(self._bounds.remembered, clock)
        pack = named(agent.pack)
        known = layout(pack)
        assert known is not None  # noqa: S101 - Live has looked
        self._opening = known.watch.preflight_rule
        self._caches = {rule.id: str(dict(rule.then).get("cache", "")) for rule in rulebook(pack).rules}

    def preflight(self, host: str) -> Checked:
        """Whether a host may be fetched from. Only its name leaves the machine, and only where nothing here decides."""
        try:
            read = read_host(host)
        except ValueError as error:
            return Checked(False, "no-host", str(error))
        return self._preflight(read, self._bounds.check_seconds)

    def fetch(self, url: str) -> Fetched:
        """Fetch a page. Each redirect is checked as the first address was. Raises NotFetchedError."""
        with Deadline(self._bounds.seconds) as deadline:
            try:
                return self._followed(aimed(url), deadline)
            except TimeoutError:
                words = f"it took longer than {self._bounds.seconds:g} seconds"
                raise NotFetchedError(words, "timeout") from None

    def _followed(self, aim: Aim, deadline: Deadline) -> Fetched:
        for _ in range(self._bounds.redirects + 1):
            checked = self._preflight(aim.host, min(self._bounds.check_seconds, deadline.left()))
            if not checked.allowed:
                deadline.left()
                raise NotFetchedError(checked.words, checked.reason)
            name = f"{self._agent.name}/{self._agent.version}".rstrip("/")
            page = hop(aim, name, self._bounds.most_bytes, self._network, deadline)
            goal = page.header("Location") if page.status in _MOVED else ""
            if not goal:
                return page
            aim = _redirected(aim, goal)
        raise NotFetchedError(f"more than {self._bounds.redirects} redirects", "redirects")

    def _preflight(self, host: Host, seconds: float) -> Checked:
        now = self._live.now(FLOW)
        verdict = now.verdicts.get(FLOW)
        if now.machine is None or verdict is None:
            return Checked(False, "settings", f"no rule can be read: {now.why}")
        return self._local(host, now) or self._asked(host, verdict, seconds)

    def _local(self, host: Host, now: Now) -> Checked | None:
        """What is refused here already: nobody needs to be asked about it."""
        if host.address is not None:
            what = self._network.objection(host.address)
            found = ("private-address", f"it is {what}") if what else None
            found = found or (never(host) if not host.usual else None)
        else:
            found = never(host)
        if found is not None:
            return Checked(False, found[0], f"{host.shown}: {found[1]}")
        assert now.machine is not None  # noqa: S101 - the caller looked
        rules = host_rules(now.machine, self._opening)
        judged = rules.judge(host)
        if judged == "deny":
            return Checked(False, "denied", f"a permission rule denies {host.shown}")
        if judged == "ask" and not self._confirm(host.shown):
            return Checked(False, "ask", f"a permission rule wants a person asked about {host.shown}")
        if not judged and rules.allow and not self._confirm(host.shown):
            return Checked(False, "not-allowed", f"no permission rule allows {host.shown}")
        return None

    def _asked(self, host: Host, verdict: Verdict, seconds: float) -> Checked:
        if verdict.verdict == "off":
            return Checked(True, "skipped", f"the check is off ({verdict.rule})")
        rule = self._caches.get(dict(verdict.deciders).get("cache", ""), "")
        known = self._answers.get(host.name, rule)
        if known is not None:
            words = f"{host.shown} {'passed' if known else 'did not pass'} the domain check less than five minutes ago"
            return Checked(known, "passed" if known else "refused", words)
        checked = ask(self._check, host, seconds, self._network.tls)
        if checked.reason != "unreachable":
            self._answers.put(host.name, rule, allowed=checked.allowed)
        return checked


def _redirected(aim: Aim, goal: str) -> Aim:
    try:
        new = aimed(urljoin(aim.url, goal))
    except ValueError:
        raise NotFetchedError(f"{aim.host.shown} redirects to what is no URL", "url") from None
    if aim.scheme == "https" and new.scheme == "http":
        raise NotFetchedError(f"{aim.host.shown} redirects to http, where anybody can read along", "downgrade")
    return new
