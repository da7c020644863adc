#!/bin/sh
# Import a PyTorch model's weights, by names and by a map, and compare predictions.
#
#   tests/reference/import.sh MNNC CC "CFLAGS" "LIBS"
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
passed=0
bad=0

if ! $python -c 'import numpy, torch' 2>/dev/null; then
    echo "import: skipped: python3-torch or python3-numpy is missing"
    exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$mnnc" "$here/import.mnn" -o "$work/imported.c" || exit 1
# shellcheck disable=SC2086
$cc $cflags "$work/imported.c" $libs -o "$work/imported" || exit 1
$python "$here/import.py" make "$work" || exit 1

# agrees NAME FILE OPTION...
agrees() {
    name=$1 file=$2
    shift 2
    if "$work/imported" import "$work/$file" --quiet --save "$work/ours" "$@" &&
        "$work/imported" predict --json --weights "$work/ours" "$work/samples" >"$work/predictions" &&
        said=$($python "$here/import.py" compare "$work"); then
        passed=$((passed + 1))
        echo "ok   import: $name: $said"
    else
        bad=$((bad + 1))
        echo "FAIL import: $name: ${said:-}"
    fi
}
agrees "names and layouts of PyTorch" weights.safetensors --from pytorch
agrees "a map of names, F64" named.safetensors --map "$work/map"
echo "import: $passed passed, $bad failed"
[ "$bad" -eq 0 ]
