#!/bin/sh
# Install the Debian packages that are missing, and say so. Usage: packages.sh NAME...
set -eu
missing=""
for name in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
echo "installing through apt-get:$missing"
root=""
if [ "$(id -u)" -ne 0 ]; then
    root=sudo
    command -v sudo >/dev/null || {
        echo "error: not root and no sudo; run as root: apt-get install$missing" >&2
        exit 1
    }
fi
retry="-o Acquire::Retries=5" # of a download
# shellcheck disable=SC2086 # words
$root apt-get $retry update -qq
# shellcheck disable=SC2086 # words
$root env DEBIAN_FRONTEND=noninteractive apt-get $retry install -y -qq --no-install-recommends $missing >/dev/null
echo "installed:$missing"
