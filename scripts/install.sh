#!/usr/bin/env bash
# Installs Carnet and the packages of one hashed requirement file into .venv.
#   scripts/install.sh requirements/base.txt
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

say() { printf 'install: %s\n' "$*" >&2; }

command -v "$python" >/dev/null || { say "$python was not found; Carnet needs Python 3.11 or newer"; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  say "$("$python" --version) is too old; Carnet needs 3.11 or newer (make install PYTHON=/path/to/python3)"
  exit 1
}

make_venv() {
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv .venv
  elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "this Python has no ensurepip; installing Debian's python3-venv"
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && "$python" -m venv .venv
  else
    say "$python cannot make virtual environments: ensurepip is missing."
    say "On Debian and Ubuntu: sudo apt-get install python3-venv, then run make again."
    exit 1
  fi
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  rm -rf .venv
  make_venv
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
say "packages of $1 into .venv"
.venv/bin/python -m pip install --quiet --no-deps --require-hashes --requirement "$1"
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
say "done: .venv/bin/carnet"
