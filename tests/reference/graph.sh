#!/bin/sh
# Train a residual network with batchnorm and layernorm on made-up data and compare with PyTorch: the weights,
# the moving statistics, the loss in prediction.
#
#   tests/reference/graph.sh MNNC CC "CFLAGS" "LIBS"
#
# Exit code: 0 agrees, 1 differs, 2 usage, 77 skipped (PyTorch or NumPy are missing).
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 4 ] || usage "MNNC CC \"CFLAGS\" \"LIBS\""
make_work

mnnc=$1 cc=$2 cflags=$3 libs=$4
python="/usr/bin/python3 -B"
epochs=3

$python -c 'import numpy, torch' 2>/dev/null || skip graph "python3-torch or python3-numpy is missing"
mkdir "$work/data" || exit 1

make_tools make_idx
# 17 batches and a short one of 5
"$work/make_idx" "$work/data" 7 277 90 5 9 7 2 || exit 1
compile_model "$here/graph.mnn" "$work/graph" || exit 1

run() {
    "$work/graph" "$@" --quiet --data "$work/data"
}
run train --epochs 0 --save "$work/init" >/dev/null || exit 1
run train --no-shuffle --weights "$work/init" --epochs $epochs --save "$work/trained" >/dev/null || exit 1
loss=$(run evaluate --weights "$work/trained" --json | sed -n 's/.*"loss": \([-+.0-9e]*\).*/\1/p')
$python "$here/graph_reference.py" "$work/init" "$work/trained" "$work/data" $epochs "$loss"
