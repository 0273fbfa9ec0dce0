"""The one table of Carnet's own settings; nothing else reads the environment."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


@dataclass(frozen=True, slots=True)
class Setting:
    """One of Carnet's own settings."""

    name: str
    """Dotted name, as written in carnet.toml."""
    default: str
    env: str
    """Environment variable that overrides the file."""
    help: str


SETTINGS: tuple[Setting, ...] = (
    Setting("data", "~/.local/share/carnet", "CARNET_DATA", "Folder of the embedded store."),
    Setting("store", "", "CARNET_STORE", "URL of the index; empty means the embedded store in `data`."),
    Setting("objects", "", "CARNET_OBJECTS", "URL of sealed bodies; empty means files in `data`."),
    Setting(
        "records.root-key",
        "",
        "CARNET_ROOT_KEY",
        "File of the root key, mode 0600; empty means keys/root.key in `data`.",
    ),
    Setting("records.idle", "15m", "CARNET_RECORDS_IDLE", "Pause of a session after which its records are packed."),
    Setting("records.max-bytes", "64MB", "CARNET_RECORDS_MAX_BYTES", "Largest body of one record."),
    Setting("web.host", "127.0.0.1", "CARNET_HOST", "Address of pages and intake; beyond loopback with TLS."),
    Setting("web.port", "8417", "CARNET_PORT", "Port of the pages."),
    Setting("web.open-pages", "on", "CARNET_OPEN_PAGES", "Document and policy pages need no sign-in (on, off)."),
    Setting(
        "web.connections",
        "1000",
        "CARNET_WEB_CONNECTIONS",
        "Connections of pages and intake at once; who comes beyond takes the place of one that rests, or is told so.",
    ),
    Setting("relay.host", "127.0.0.1", "CARNET_RELAY_HOST", "Address the relay listens on; beyond loopback with TLS."),
    Setting("relay.port", "8418", "CARNET_RELAY_PORT", "Port of the relay."),
    Setting("relay.workers", "0", "CARNET_RELAY_WORKERS", "Processes of the relay; 0 means one for each core."),
    Setting(
        "relay.notice",
        "0s",
        "CARNET_RELAY_NOTICE",
        "Time in which a relay that was told to end still takes clients, and /readyz says that it is not ready.",
    ),
    Setting(
        "relay.log",
        "off",
        "CARNET_RELAY_LOG",
        "A line for each exchange on standard error: off, text or json. Events are always told, as JSON with json.",
    ),
    Setting(
        "relay.requests-per-minute",
        "0",
        "CARNET_RELAY_REQUESTS_PER_MINUTE",
        "Requests a minute of one key; 0 means no limit.",
    ),
    Setting(
        "relay.tokens-per-minute",
        "0",
        "CARNET_RELAY_TOKENS_PER_MINUTE",
        "Tokens a minute of one key; 0 means no limit.",
    ),
    Setting(
        "relay.at-once",
        "0",
        "CARNET_RELAY_AT_ONCE",
        "Requests of one key at the same time; 0 means no limit.",
    ),
    Setting(
        "relay.org-requests-per-minute",
        "0",
        "CARNET_RELAY_ORG_REQUESTS_PER_MINUTE",
        "The same limit of requests for all keys of an organisation together.",
    ),
    Setting(
        "relay.org-tokens-per-minute",
        "0",
        "CARNET_RELAY_ORG_TOKENS_PER_MINUTE",
        "The same limit of tokens for all keys of an organisation together.",
    ),
    Setting(
        "relay.org-at-once",
        "0",
        "CARNET_RELAY_ORG_AT_ONCE",
        "The same limit of requests at once for all keys of an organisation together.",
    ),
    Setting(
        "relay.spool-bytes", "1GB", "CARNET_RELAY_SPOOL_BYTES", "Most bytes that wait, sealed, while the store is away."
    ),
    Setting(
        "relay.remember",
        "10MB",
        "CARNET_RELAY_REMEMBER",
        "Memory of each process of the relay for last turns of conversations, on which the next ones rest.",
    ),
    Setting("intake.grpc-port", "8419", "CARNET_INTAKE_GRPC_PORT", "Port of OTLP over gRPC, beside the pages' one."),
    Setting(
        "intake.issues-repository",
        "",
        "CARNET_ISSUES_REPOSITORY",
        "OWNER/NAME where people may make a public issue of their feedback; empty: nowhere.",
    ),
    Setting(
        "intake.issues-url",
        "https://api.github.com",
        "CARNET_ISSUES_URL",
        "Address of the tracker's API, which speaks as GitHub's does.",
    ),
    Setting(
        "intake.issues-token-env",
        "CARNET_ISSUES_TOKEN",
        "CARNET_ISSUES_TOKEN_ENV",
        "Name of the environment variable that holds the tracker's token.",
    ),
    Setting("intake.allow", "", "CARNET_INTAKE_ALLOW", "File (TOML) that adds fields to the list of what is kept."),
    Setting(
        "intake.domains.lists",
        "",
        "CARNET_DOMAINS_LISTS",
        "Block lists of host names (files, comma-separated); a file may have its format before it, as in hosts:PATH.",
    ),
    Setting(
        "intake.domains.hosts-below",
        "off",
        "CARNET_DOMAINS_HOSTS_BELOW",
        "Names of a file in the format of hosts stand for all names below them, too (on, off).",
    ),
    Setting(
        "intake.domains.allow",
        "",
        "CARNET_DOMAINS_ALLOW",
        "Lists of hosts that may be fetched from though a block list names them (files, comma-separated).",
    ),
    Setting(
        "intake.domains.deny",
        "",
        "CARNET_DOMAINS_DENY",
        "Lists of hosts that may not be fetched from, whatever is allowed (files, comma-separated).",
    ),
    Setting(
        "intake.domains.organisations",
        "",
        "CARNET_DOMAINS_ORGANISATIONS",
        "Folder with ORGANISATION.allow and ORGANISATION.deny, for those who ask with a key.",
    ),
    Setting(
        "intake.domains.look-every", "10s", "CARNET_DOMAINS_LOOK_EVERY", "Time between two looks for changed lists."
    ),
    Setting(
        "intake.domains.per-minute",
        "600",
        "CARNET_DOMAINS_PER_MINUTE",
        "Checks a minute of one client address; 0 means no limit.",
    ),
    Setting(
        "tls.certificate",
        "",
        "CARNET_TLS_CERTIFICATE",
        "Certificate for clients (PEM, with its chain); empty beyond loopback means tls/server.pem in `data`.",
    ),
    Setting("tls.key", "", "CARNET_TLS_KEY", "Key of that certificate (PEM); empty means server.key beside it."),
    Setting("watch.every", "30m", "CARNET_WATCH_EVERY", "Time between two captures of a watched document."),
    Setting("watch.user-agent", "", "CARNET_USER_AGENT", "User-Agent of captures; empty names Carnet and its version."),
    Setting("watch.timeout", "30s", "CARNET_WATCH_TIMEOUT", "Longest time for one fetch, redirects included."),
    Setting("watch.max-bytes", "10MB", "CARNET_WATCH_MAX_BYTES", "Largest document body, after decompression."),
    Setting("watch.per-host", "2", "CARNET_WATCH_PER_HOST", "Fetches at the same time from one host."),
    Setting("watch.at-once", "10", "CARNET_WATCH_AT_ONCE", "Fetches at the same time from all hosts together."),
    Setting("watch.host-pause", "500ms", "CARNET_WATCH_HOST_PAUSE", "Pause between two fetches from one host."),
    Setting("watch.retries", "2", "CARNET_WATCH_RETRIES", "Further tries after a fault that may pass."),
    Setting("watch.robots", "on", "CARNET_WATCH_ROBOTS", "Honour robots.txt (on, off)."),
    Setting(
        "watch.allow-private",
        "",
        "CARNET_WATCH_ALLOW_PRIVATE",
        "Hosts, host:port or networks (comma-separated) that may be captured though private or loopback.",
    ),
    Setting("net.https-proxy", "", "HTTPS_PROXY", "Proxy for https addresses."),
    Setting("net.http-proxy", "", "HTTP_PROXY", "Proxy for http addresses."),
    Setting("net.no-proxy", "", "NO_PROXY", "Hosts reached without the proxy (comma-separated)."),
    Setting("net.ca-bundle", "", "CARNET_CA_BUNDLE", "File of CA certificates (PEM) trusted beside the system's."),
    Setting("net.client-cert", "", "CARNET_CLIENT_CERT", "Client certificate (PEM, may hold the key)."),
    Setting("net.client-key", "", "CARNET_CLIENT_KEY", "Key of the client certificate (PEM)."),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value and where it came from."""

    setting: Setting
    value: str
    origin: str
    """`default`, `environment NAME`, `option` or the file it stands in."""


class Settings:
    """All settings, resolved: option, then environment, then file, then default."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name].value

    def all(self) -> list[Value]:
        return [self._values[setting.name] for setting in SETTINGS]

    def with_option(self, name: str, value: str) -> Settings:
        return Settings({**self._values, name: Value(BY_NAME[name], value, "option")})

    @property
    def data(self) -> Path:
        return Path(self["data"]).expanduser()

    def whole(self, name: str) -> int:
        """A whole number that is not negative."""
        return int(self._checked(name, r"\d{1,15}", "a whole number"))

    def on(self, name: str) -> bool:
        """A switch."""
        return self._checked(name, r"(?i:on|off)", "`on` or `off`").lower() == "on"

    def choice(self, name: str, *choices: str) -> str:
        """One of some words."""
        return self._checked(name, "|".join(map(re.escape, choices)), f"one of {', '.join(choices)}")

    def duration(self, name: str) -> timedelta:
        """A length of time, such as 500ms, 30s, 30m, 12h or 1d."""
        text = self._checked(name, DURATION, "a length of time such as 30s, 30m, 12h or 1d")
        try:
            return parse_duration(text)
        except ValueError as error:
            raise CarnetError(f"{name} ({self._values[name].origin}): {error}") from error

    def size(self, name: str) -> int:
        """A number of bytes, such as 500KB, 10MB or 1GB."""
        text = self._checked(name, r"(?i:\d{1,15} ?([kmg]i?)?b?)", "a size such as 500KB or 10MB").lower().rstrip("b")
        number, unit = text.rstrip("kmgi "), text.lstrip("0123456789 ")
        base: int = 1024 if unit.endswith("i") else 1000
        return int(number) * int(base ** " kmg".index(unit[:1] or " "))

    def _checked(self, name: str, pattern: str, wanted: str) -> str:
        value = self._values[name]
        if not re.fullmatch(pattern, value.value, re.ASCII):
            raise CarnetError(f"{name} = {value.value!r} ({value.origin}) is not {wanted}")
        return value.value


DURATION = r"\d{1,15} ?(?:ms|s|m|h|d)"
LONGEST = timedelta(days=3650)
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> timedelta:
    """Read 500ms, 30s, 30m, 12h or 1d. Raises ValueError for anything else, and for more than ten years."""
    if not re.fullmatch(DURATION, text, re.ASCII):
        raise ValueError(f"{text!r} is not a length of time; write it like 30s, 30m, 12h or 1d")
    number, unit = re.findall(r"\d+|[a-z]+", text)
    seconds = int(number) * UNITS[unit]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{text!r} is longer than {LONGEST.days}d")
    return timedelta(seconds=seconds)


def load(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Resolve every setting. Raises CarnetError naming file and key for a file that cannot be understood."""
    environ = os.environ if environ is None else environ
    named = environ.get("CARNET_CONFIG")
    path = file or Path(named or "~/.config/carnet/carnet.toml").expanduser()
    if named and not path.exists():
        raise CarnetError(f"{path}: no such file (named by CARNET_CONFIG)")
    written = _read_file(path)
    return Settings({setting.name: _resolve(setting, environ, written, path) for setting in SETTINGS})


def child_environment(changes: Mapping[str, str], without: Collection[str] = ()) -> dict[str, str]:
    """The environment for a program that is started: ours, less some names, with changes."""
    return {name: value for name, value in os.environ.items() if name not in without} | dict(changes)


def environment() -> Mapping[str, str]:
    """What terminals and people say in the environment beside the settings: NO_COLOR, TERM, CARNET_DEBUG."""
    return os.environ


def looking(environ: Mapping[str, str]) -> tuple[Callable[[object], object], Callable[[str], object]]:
    """The quickest way to a variable, and how it wants names: the process's own are not decoded at every look.

    The two are for telling whether a value has changed, not for reading it.
    """
    inner = getattr(os.environ, "_data", None)
    if environ is os.environ and isinstance(inner, dict):
        return inner.get, os.environ.encodekey
    return environ.get, str  # type: ignore[return-value]  # names are texts here


def _resolve(setting: Setting, environ: Mapping[str, str], written: Mapping[str, str], path: Path) -> Value:
    for name in (setting.env, setting.env.lower()):
        if environ.get(name):
            return Value(setting, environ[name], f"environment {name}")
    if setting.name in written:
        return Value(setting, written[setting.name], str(path))
    return Value(setting, setting.default, "default")


def _read_file(path: Path) -> dict[str, str]:
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CarnetError(f"{path}: cannot be read as TOML: {error}") from error
    return dict(_flatten(tree, path))


def _flatten(tree: Mapping[str, object], path: Path, above: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            rows += _flatten(value, path, f"{name}.")
        elif name not in BY_NAME:
            raise CarnetError(f"{path}: unknown setting {name!r}; `carnet settings` lists them")
        else:
            rows.append((name, _as_text(value)))
    return rows


def _as_text(value: object) -> str:
    """A value of the file as the environment would write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
