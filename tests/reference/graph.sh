#!/bin/sh
# Train a residual network with batchnorm and layernorm on made-up data and compare with PyTorch: the weights,
# the moving statistics, the loss in prediction.
#
#   tests/reference/graph.sh MNNC CC "CFLAGS" "LIBS"
#
# Exit code: 0 agrees, 1 differs, 2 usage, 77 skipped (PyTorch or NumPy are missing).
set -u

if [ $# -ne 4 ]; then
    echo "usage: $0 MNNC CC \"CFLAGS\" \"LIBS\"" >&2
    exit 2
fi
mnnc=$1 cc=$2 cflags=$3 libs=$4
here=$(cd "$(dirname "$0")" && pwd)
python="/usr/bin/python3 -B"
epochs=3

if ! $python -c 'import numpy, torch' 2>/dev/null; then
    echo "graph: skipped: python3-torch or python3-numpy is missing"
    exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/data" || exit 1

# python, CC, CFLAGS and LIBS are lists of words.
# shellcheck disable=SC2086
$cc -std=gnu11 -O1 "$here/../programs/make_idx.c" -o "$work/make_idx" || exit 1
# 17 batches and a short one of 5
"$work/make_idx" "$work/data" 7 277 90 5 9 7 2 || exit 1
"$mnnc" "$here/graph.mnn" -o "$work/graph.c" || exit 1
# shellcheck disable=SC2086
$cc $cflags "$work/graph.c" $libs -o "$work/graph" || exit 1

run() {
    "$work/graph" "$@" --quiet --data "$work/data"
}
run train --epochs 0 --save "$work/init" >/dev/null || exit 1
run train --no-shuffle --weights "$work/init" --epochs $epochs --save "$work/trained" >/dev/null || exit 1
loss=$(run evaluate --weights "$work/trained" --json | sed -n 's/.*"loss": \([-+.0-9e]*\).*/\1/p')
$python "$here/graph_reference.py" "$work/init" "$work/trained" "$work/data" $epochs "$loss"
