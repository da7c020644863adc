#!/bin/sh
# Fetch ONNX Runtime's binding for node from npm, once, into BUILD/npm (node finds it with NODE_PATH=BUILD/npm/node_modules).
# Usage: onnxruntime.sh BUILD. Exit code: 0 it is there, 77 it cannot be had, with a line that says why.
set -u
npm=${1:?usage: onnxruntime.sh BUILD}/npm
NODE_PATH=$npm/node_modules
export NODE_PATH
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "node or npm is missing"
    exit 77
fi
node -e "require('onnxruntime-node')" 2>/dev/null && exit 0
mkdir -p "$npm" || exit 77
exec 9>"$npm/lock" && flock 9 # two parts of the tests may want it
node -e "require('onnxruntime-node')" 2>/dev/null && exit 0
# Without a network npm tries for a minute: not again within the hour.
if [ -z "$(find "$npm/log" -mmin -60 2>/dev/null)" ]; then
    # Its install script fetches GPU libraries, which nobody needs here.
    timeout 120 npm install --prefix "$npm" --ignore-scripts --no-audit --no-fund onnxruntime-node@1 >"$npm/log" 2>&1
    node -e "require('onnxruntime-node')" 2>>"$npm/log" && exit 0
fi
echo "npm cannot install onnxruntime-node ($(grep -m 1 -E 'npm (ERR!|error)|^Error' "$npm/log"))"
exit 77
