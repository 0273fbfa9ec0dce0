#!/usr/bin/env bash
# Real clients through the relay and to intake: installs them with npm into build/wire, then runs their tests where there is no
# network but loopback.
#   SENTRY_NODE_VERSION=… STATSIG_NODE_VERSION=… scripts/wire.sh "CLAUDE-CODE-VERSION ..." NPM-SDK-VERSION [PYTEST-ARGUMENT ...]
set -euo pipefail
cd "$(dirname "$0")/.."
versions=$1 sdk=$2
shift 2

say() { printf 'wire: %s\n' "$*" >&2; }

for program in npm node unshare; do
  command -v "$program" >/dev/null || { say "$program was not found; Claude Code and the npm SDK are not tried"; exit 1; }
done
apart=(unshare --net)
[ "$(id -u)" = 0 ] || apart=(unshare --map-root-user --net --mount)
"${apart[@]}" true || { say "this machine lets nobody have a network of their own (unshare --net)"; exit 1; }

# Without a version npm takes an older one where node is older, and says nothing.
fetch() {
  local folder=build/wire/$1 package=$2 version=$3
  if [ "$(node -p "require('./$folder/node_modules/$package/package.json').version" 2>/dev/null)" != "$version" ]; then
    say "$package $version into $folder"
    npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$folder" "$package@$version"
  fi
  [ "$(node -p "require('./$folder/node_modules/$package/package.json').version")" = "$version" ] ||
    { say "npm installed something else than $package $version"; exit 1; }
}
wanted=()
for version in $versions; do
  fetch "claude-code-$version" @anthropic-ai/claude-code "$version"
  wanted+=("claude-code-$version")
done
fetch sdk @anthropic-ai/sdk "$sdk"
fetch sentry @sentry/node "${SENTRY_NODE_VERSION:?}"
fetch statsig statsig-node "${STATSIG_NODE_VERSION:?}"

# Loopback of the new network is down until somebody sets it up: flags UP, LOOPBACK and RUNNING.
up='import fcntl, socket, struct
with socket.socket() as loopback:
    fcntl.ioctl(loopback, 0x8914, struct.pack("16sH14s", b"lo", 0x49, b""))'
export CARNET_WIRE=$PWD/build/wire CARNET_WIRE_AGENTS="${wanted[*]}"
exec "${apart[@]}" sh -c '"$0" -c "$1"; shift; exec "$0" -m pytest tests/wire/test_claude_code.py tests/wire/test_npm_sdk.py tests/wire/test_canaries.py -n 0 --timeout 600 -v --no-header "$@"' \
  .venv/bin/python "$up" "$@"
