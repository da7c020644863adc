#!/bin/sh
# Import a PyTorch model's weights, by names and by a map, and compare predictions.
#
#   tests/reference/import.sh MNNC CC "CFLAGS" "LIBS"
#
# Exit code: 0 agrees, 1 differs, 2 usage, 77 skipped (PyTorch or NumPy are missing).
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 4 ] || usage "MNNC CC \"CFLAGS\" \"LIBS\""
make_work

mnnc=$1 cc=$2 cflags=$3 libs=$4
python="/usr/bin/python3 -B"

$python -c 'import numpy, torch' 2>/dev/null || skip import "python3-torch or python3-numpy is missing"
compile_model "$here/import.mnn" "$work/imported" || exit 1
$python "$here/import.py" make "$work" || exit 1

# agrees NAME FILE OPTION...
agrees() {
    name=$1 file=$2
    shift 2
    if "$work/imported" import "$work/$file" --quiet --save "$work/ours" "$@" &&
        "$work/imported" predict --json --weights "$work/ours" "$work/samples" >"$work/predictions" &&
        said=$($python "$here/import.py" compare "$work"); then
        ok "import: $name: $said"
    else
        fail "import: $name: ${said:-}"
    fi
}
agrees "names and layouts of PyTorch" weights.safetensors --from pytorch
agrees "a map of names, F64" named.safetensors --map "$work/map"
finish import
