"""Layers of settings against the vendor's own resolver, which runs offline in node.

Needs npm once, so it is no part of `make test`: `make oracle` fetches the package and says where it lies.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.agent.homes import Home, claude

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = os.environ.get("CARNET_ORACLE", "")
"""Folder of the vendor's package, set by `make oracle`."""

pytestmark = pytest.mark.skipif(not PACKAGE, reason="oracle: run `make oracle`, which fetches the vendor's resolver")

OURS = {rule.key for rule in claude().stricter}
"""Keys whose stricter value wins when they are read, which the resolver leaves to its caller."""
APART = {"gatewayInternalNetworks", "managedSourcesBehavior", "parentSettingsBehavior", "timeFormat"}
"""Keys the resolver rewrites or keeps to itself; no rule reads them."""
KINDS = {"flag", "text", "texts", "choice", "count", "whole", "rate", "share", "any text or texts", "object of texts"}
KEYS = sorted(
    key for key, shape in claude().shapes.items() if "." not in key and shape.kind in KINDS and key not in OURS | APART
)
WORDS = sorted({word for shape in claude().shapes.values() if shape.kind == "choice" for word in shape.one_of})
VALUES = st.sampled_from(
    [
        True,
        False,
        0,
        1,
        -1,
        0.5,
        30,
        1e30,
        2.0,
        "",
        "1",
        "true",
        "Bash",
        *WORDS,
        [],
        ["a"],
        ["b", "a"],
        [1],
        {},
        {"a": "x"},
    ]
)
FITTING = {
    "flag": st.booleans(), "text": st.sampled_from(["a", "b", ""]),
    "texts": st.lists(st.sampled_from("abc"), max_size=3),
    "count": st.integers(1, 60), "whole": st.integers(0, 60), "rate": st.sampled_from([0, 0.5, 1]),
    "share": st.sampled_from([0.5, 1]), "any text or texts": st.just("a"), "object of texts": st.just({"a": "x"}),
}  # fmt: skip


def _fitting(key: str) -> st.SearchStrategy[object]:
    shape = claude().shapes[key]
    return st.sampled_from(shape.one_of) if shape.kind == "choice" else FITTING[shape.kind]


TEXTS: st.SearchStrategy[object] = st.sampled_from(["1", "0", "", "x", 1, True, None, 1.5, [], ["a", 1], {}])
ENV = st.dictionaries(
    st.sampled_from(["DISABLE_TELEMETRY", "DO_NOT_TRACK", "A", "B"]),
    TEXTS,
    max_size=3,
)
PERMISSIONS = st.fixed_dictionaries(
    {},
    optional={
        "allow": st.lists(st.sampled_from(["Bash", "Read", "WebFetch(domain:a.test)"]), max_size=3),
        "deny": st.lists(st.sampled_from(["Bash", "Edit"]), max_size=2) | st.sampled_from(["Bash", None]),
        "defaultMode": st.sampled_from(["plan", "acceptEdits", "sometimes"]),
        "other": st.integers(0, 1),
    },
)
NETWORK = st.fixed_dictionaries(
    {},
    optional={
        "allowedDomains": st.lists(st.sampled_from(["a.test", "b.test"]), max_size=2) | st.just("a.test"),
        "httpProxyPort": st.sampled_from([1, 2, "1"]),
        "strictAllowlist": st.sampled_from([True, False, 1]),
    },
)
SANDBOX = st.fixed_dictionaries({}, optional={"enabled": st.sampled_from([True, False, "x"]), "network": NETWORK})


@st.composite
def layers(draw: st.DrawFn) -> dict[str, object]:
    """A settings file: mostly right, sometimes with a value of a wrong shape."""
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=4, unique=True))
    spoilt = draw(st.integers(0, 3)) == 0
    made: dict[str, object] = {key: draw(VALUES if spoilt else _fitting(key)) for key in keys}
    for name, strategy in (("env", ENV), ("permissions", PERMISSIONS), ("sandbox", SANDBOX)):
        if draw(st.booleans()):
            made[name] = draw(strategy)
    return made


class Oracle:
    """The vendor's resolver, asked line by line."""

    def __init__(self, home: Path) -> None:
        module = json.loads((Path(PACKAGE) / "package.json").read_text("utf-8"))["main"]
        self.process = subprocess.Popen(
            ["node", str(Path(__file__).with_name("resolve.mjs")), str(Path(PACKAGE) / module)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(home)},
        )  # fmt: skip

    def ask(self, cwd: Path, config: Path, server: object = None) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"cwd": str(cwd), "config": str(config), "server": server}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    with closing(Oracle(tmp_path_factory.mktemp("home"))) as opened:
        yield opened


def _ours(made: Home) -> tuple[dict[str, object], dict[str, object]]:
    machine = made.machine()
    settings = {key: one.value for key, one in machine.settings.items()}
    return settings, {key: one.value for key, one in machine.env.items()}


def _theirs(answer: dict[str, Any]) -> tuple[dict[str, object], dict[str, object]]:
    effective = dict(answer["effective"])
    env = effective.pop("env", {})
    return effective, env


def _fresh(root: Path, content: dict[str, object]) -> Home:
    shutil.rmtree(root, ignore_errors=True)
    made = Home(root)
    for layer, one in content.items():
        made.write(layer, one)
    return made


@given(user=layers(), project=layers(), local=layers())
@hypothesis_settings(max_examples=1500, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_effective_settings_are_the_vendors(
    oracle: Oracle, tmp_path: Path, user: dict[str, object], project: dict[str, object], local: dict[str, object]
) -> None:
    made = _fresh(tmp_path / "machine", {"user": user, "project": project, "local": local})

    assert _ours(made) == _theirs(oracle.ask(made.root / "project", made.root / "home" / ".claude"))


@given(user=layers(), server=layers())
@hypothesis_settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_settings_of_the_server_win_entry_by_entry(
    oracle: Oracle, tmp_path: Path, user: dict[str, object], server: dict[str, object]
) -> None:
    made = _fresh(tmp_path / "machine", {"user": user, "remote": server})
    theirs = oracle.ask(made.root / "project", made.root / "home" / ".claude", server)
    machine = made.machine()
    dropped = {one.name.partition(".")[2].partition(".")[0] for one in machine.dropped}

    ours, env = _ours(made)
    settings, variables = _theirs(theirs)
    assert {key: ours[key] for key in ours if key not in dropped} == {
        key: settings[key] for key in settings if key not in dropped and key in ours
    }
    assert env == variables


@pytest.mark.parametrize(
    "text",
    [
        '{"language":"a",}',
        '{"language":"a"/* */}',
        "// x\n{}", '{"language":NaN}', "[1]", "null",
        "", " ", '{"language":"a"',
        "{'language':'a'}", '{"language":"x\ty"}', '{"language":"a"} x',
        '\ufeff{"language":"a"}', '{"env":{"A":"1","A":"2"}}',
        '{"env":{"A":"1"},"env":{"B":"1"}}', '{"cleanupPeriodDays":30.0}', '{"cleanupPeriodDays":1e1}',
    ],
)  # fmt: skip
def test_texts_are_read_as_the_vendor_reads_them(oracle: Oracle, tmp_path: Path, text: str) -> None:
    made = _fresh(tmp_path / "machine", {"project": text})

    assert _ours(made) == _theirs(oracle.ask(made.root / "project", made.root / "home" / ".claude"))
