"""Small rulebooks for tests, written as a pack's author writes them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from carnet.packs import named
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import resolve
from carnet.policy.rulebook import read_rulebook, rulebook

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.verdict import Verdict
    from carnet.policy.rulebook import Rulebook

DAY = date(2026, 5, 1)

FLOWS = """
[[flow]]
id = "metrics"
title = "Metrics"
data = "numbers"
[[flow]]
id = "mirror"
title = "Mirror"
data = "the same numbers"
"""

CONTROLS = """
[[control]]
fact = "env.OFF"
title = "Off"
[[control.reading]]
reads = "value"
on = ["1"]
until = 2026-06-01
[[control.reading]]
reads = "nonempty"
since = 2026-06-01
[[control]]
fact = "provider"
title = "Provider"
kind = "choice"
classes = ["own", "cloud", "other"]
[[control]]
fact = "client_version"
title = "Version"
kind = "version"
[[control]]
fact = "org.zdr"
title = "Zero retention"
default = "off"
"""

CITE = """
[[rule.cites]]
document = "page"
section = "Metrics"
fingerprint = "s1:0123456789abcdef"
version = "abc"
"""


def rule(name: str, then: str = 'verdict = "on"', when: str = "", flow: str = "metrics", more: str = "") -> str:
    """One rule in TOML, cited."""
    return (
        f'[[rule]]\nid = "{name}"\nflow = "{flow}"\nwhen = {{ {when} }}\nthen = {{ {then} }}\n'
        f'since = 2026-01-01\nmeans = "What {name} means."\n{more}\n{CITE}\n'
    )


def write(folder: Path, rules: str, controls: str = CONTROLS, flows: str = FLOWS) -> Path:
    """A pack's folder with these files."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "flows.toml").write_text(flows)
    (folder / "controls.toml").write_text(controls)
    (folder / "rules" / "all.toml").write_text(rules)
    return folder


def book(folder: Path, *rules: str, controls: str = CONTROLS) -> Rulebook:
    """A rulebook of these rules."""
    return read_rulebook("agent", write(folder, "\n".join(rules), controls))


def ask(rules: Rulebook, flow: str, day: date = DAY, **facts: object) -> Verdict:
    """The verdict of one flow."""
    context = read_context({**facts, "as_of": facts.get("as_of", day.isoformat())}, rules, day)
    return next(one for one in resolve(compile_tables(rules, context.day), context.facts) if one.flow == flow)


def claude() -> Rulebook:
    """The rules of the bundled pack."""
    return rulebook(named("claude-code"))
