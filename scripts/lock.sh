#!/usr/bin/env bash
# Writes the hashed requirement files from pyproject.toml: base.txt (to run), dev.txt (to test; holds base.txt's too),
# fuzz.txt (for `make fuzz` alone, on top of dev.txt).
# `scripts/lock.sh --upgrade` takes the newest releases; without it, what is pinned stays pinned.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-annotate --no-header "${@:2}" --output-file "requirements/$1"
}
lock base.txt pyproject.toml --group build "$@"
lock dev.txt pyproject.toml --group build --group dev --constraint requirements/base.txt "$@"
lock fuzz.txt --group fuzz "$@"
if grep -nE 'https?://|--(extra-)?index-url|--find-links' requirements/*.txt; then
  echo "lock: a requirement file names an address" >&2
  exit 1
fi
