"""The gateways that are compared: how each is started on loopback, in front of an upstream at a port.

LiteLLM is whatever `litellm` lies in the environment that CARNET_LITELLM names, made by:

    python3 -m venv DIR && DIR/bin/pip install 'litellm[proxy]==1.108.7'
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TICKS = os.sysconf("SC_CLK_TCK")
CARNET = (sys.executable, "-c", "from carnet.cli.main import main; main()")
MODEL = "claude-opus-4-8"
CREDENTIAL = "sk-upstream-secret"
MASTER = "sk-bench-0000000000000000"
QUIET = {
    "LITELLM_TELEMETRY": "False",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "DISABLE_ADMIN_UI": "True",
    "NO_PROXY": "*",
}
"""LiteLLM without telemetry, and with the list of prices it was shipped with."""
NGINX = """
worker_processes {workers};
{affinity}
{user}daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn;
events {{ worker_connections 16384; }}
http {{
  access_log off; client_body_buffer_size 1m; client_max_body_size 32m; keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream one {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    location / {{
      proxy_pass http://one; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 300s;
    }}
  }}
}}
"""
LITELLM = """
model_list:
  - model_name: {model}
    litellm_params:
      model: anthropic/{model}
      api_base: http://127.0.0.1:{upstream}
      api_key: {credential}
general_settings:
  master_key: {master}
litellm_settings:
  telemetry: false
"""


@dataclass(slots=True)
class Running:
    """A gateway that runs."""

    name: str
    port: int
    pid: int
    key: str = ""
    prefix: str = ""
    """Of its paths."""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}"


def tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in (task / "children").read_text().split():
            yield from tree(int(child))


def used(pid: int, *, ended: bool = False) -> float:
    """Seconds of processor time of a tree of processes; that of ended children of theirs, too, where asked for."""
    total = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11 : 15 if ended else 13]))
    return total / TICKS


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
    return port


def enclosed() -> None:
    """Go on where there is nothing but loopback, if this system lets us: nobody phones home from there."""
    # Ended by a signal, this ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if os.environ.get("CARNET_ENCLOSED") or not shutil.which("unshare") or not shutil.which("ip"):
        return
    probe = subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, check=False)
    if probe.returncode:
        print("no network namespace can be made here: what runs could reach the network", file=sys.stderr)
        return
    os.environ["CARNET_ENCLOSED"] = "1"
    inner = 'ip link set lo up && exec "$@"'
    words = ["unshare", "--map-root-user", "--net", "sh", "-c", inner, "sh", sys.executable, *sys.argv]
    os.execvp(words[0], words)  # noqa: S606 - its words are ours


@contextmanager
def process(
    words: Sequence[str], environ: Mapping[str, str], log: Path, core: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a group of its own, ended with it; pinned to a core if one is named."""
    pinned = ["taskset", "-c", str(core), *words] if core is not None else list(words)
    with log.open("wb") as out:
        started = subprocess.Popen(
            pinned, env={**os.environ, **environ}, stdout=out, stderr=out, start_new_session=True, cwd=log.parent
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, 9)
            started.wait()


def until_listening(port: int, started: subprocess.Popen[bytes], log: Path, patience: float = 120.0) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if started.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"it does not listen at {port}:\n{log.read_text(errors='replace')[-2000:]}")


def until_ready(port: int, log: Path, patience: float = 60.0) -> None:
    """Wait until a relay says that it is ready: its socket listens before its processes have started."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        try:
            asking.request("GET", "/readyz")
            if asking.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            asking.close()
        time.sleep(0.1)
    raise SystemExit(f"it is not ready at {port}:\n{log.read_text(errors='replace')[-2000:]}")


@contextmanager
def nginx(upstream: int, folder: Path, core: int | None = None, workers: int = 1) -> Iterator[Running]:
    folder.mkdir(parents=True, exist_ok=True)
    port, conf, log = free_port(), folder / "nginx.conf", folder / "nginx.out"
    affinity = "worker_cpu_affinity auto;" if workers > 1 else ""
    user = "" if os.geteuid() else "user root;\n"
    filled = {
        "workers": workers,
        "affinity": affinity,
        "user": user,
        "folder": folder,
        "upstream": upstream,
        "port": port,
    }
    conf.write_text(NGINX.format(**filled))
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    with process([binary, "-c", str(conf), "-p", str(folder)], {}, log, core) as started:
        until_listening(port, started, log)
        yield Running("nginx", port, started.pid)


@contextmanager
def litellm(upstream: int, folder: Path, core: int | None = None) -> Iterator[Running]:
    home = os.environ.get("CARNET_LITELLM", "")
    program = Path(home) / "bin" / "litellm"
    if not program.exists():
        raise SystemExit(f"CARNET_LITELLM names no environment with litellm in it; see the top of {__file__}")
    folder.mkdir(parents=True, exist_ok=True)
    port, conf, log = free_port(), folder / "litellm.yaml", folder / "litellm.out"
    conf.write_text(LITELLM.format(model=MODEL, upstream=upstream, credential=CREDENTIAL, master=MASTER))
    environ = {
        **QUIET,
        "HOME": str(folder),
        "LITELLM_MASTER_KEY": MASTER,
        "ANTHROPIC_API_BASE": f"http://127.0.0.1:{upstream}",
        "ANTHROPIC_API_KEY": CREDENTIAL,
    }
    words = [str(program), "--config", str(conf), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    with process(words, environ, log, core) as started:
        until_listening(port, started, log, 300)
        python = Path(home) / "bin" / "python"
        ask = "from importlib.metadata import version; print(version('litellm'))"
        version = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
        yield Running("LiteLLM", port, started.pid, MASTER, facts={"version": version})


@contextmanager
def carnet(
    upstream: int, folder: Path, core: int | None = None, workers: int = 1, terms: str = "kept"
) -> Iterator[Running]:
    """Ours, with keys, limits and policy. `terms`: kept (every exchange is sealed and recorded) or zdr (nothing is)."""
    folder.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), folder / "carnet.out"
    environ = {
        "CARNET_DATA": str(folder / "data"),
        "HOME": str(folder),
        "UPSTREAM_KEY": CREDENTIAL,
        "CARNET_RELAY_WORKERS": str(workers),
        "CARNET_RELAY_REQUESTS_PER_MINUTE": "100000000",
        "CARNET_RELAY_AT_ONCE": "100000",
    }

    def do(*args: str) -> str:
        done = subprocess.run(
            [*CARNET, *args], env={**os.environ, **environ}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"carnet {' '.join(args)}: {done.stderr}")
        return done.stdout.strip()

    do("org", "add", "Bench", "--terms", "commercial", "--tier", "enterprise")
    if terms == "zdr":
        do("org", "set", "Bench", "--zdr", "on")
    do("account", "add", "ann@bench.example", "--org", "Bench")
    key = do("key", "create", "--account", "ann@bench.example")
    do(
        "upstream",
        "add",
        "one",
        "--format",
        "messages",
        "--url",
        f"http://127.0.0.1:{upstream}",
        "--key-env",
        "UPSTREAM_KEY",
    )
    words = [*CARNET, "serve", "--only", "relay", "--relay-port", str(port)]
    with process(words, environ, log, core) as started:
        until_listening(port, started, log)
        until_ready(port, log)
        yield Running("Carnet" if terms == "kept" else "Carnet, zero retention", port, started.pid, key)
