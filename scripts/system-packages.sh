#!/usr/bin/env bash
# Installs the programs some tests use, where apt may; otherwise names the tests that will be skipped.
set -euo pipefail

missing=()
command -v git >/dev/null || missing+=("git: comparisons with git diff --numstat, imports through the git program")
command -v chromium >/dev/null || missing+=("chromium: tests of the pages in a browser (marker browser)")
command -v squid >/dev/null || [ -x /usr/sbin/squid ] || missing+=("squid: captures through a proxy (marker squid)")
command -v ip >/dev/null || [ -x /usr/sbin/ip ] || missing+=("iproute2: the opt-outs, proven on the wire")
command -v curl >/dev/null || missing+=("curl: the walk through docs/gateway.md")
command -v patch >/dev/null || missing+=("patch: that a printed change of settings applies as it is")
ldconfig -p 2>/dev/null | grep -q libatomic.so.1 || missing+=("libatomic1: the same, its driver needs this library")
command -v go >/dev/null || missing+=("golang-go: the audit log, verified by Go (marker go)")
[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || missing+=("golang-golang-x-mod-dev: the same, its library")
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  packages=("${missing[@]%%:*}")
  echo "system packages: installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || true
  # A package that starts a daemon must not: the tests start their own squid.
  if RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null; then
    exit 0
  fi
  echo "system packages: apt-get could not install them"
fi
for row in "${missing[@]}"; do
  echo "system packages: ${row%%:*} is not installed, so these are skipped:${row#*:}"
done
