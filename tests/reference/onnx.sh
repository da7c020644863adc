#!/bin/sh
# Compare the predictions of programs with those of ONNX Runtime for the files of mnnc --emit=onnx: every model of
# models/, a little trained, on 1000 test samples, and every program of tests/golden/ with random weights on random
# samples.
#
#   tests/reference/onnx.sh MNNC CC BUILD_DIR [NAME ...]
#
# With names, only these descriptions of both folders.
# Every export must be accepted by onnx.checker, where python3-onnx is installed.
# ONNX Runtime comes from npm, once, into BUILD_DIR/npm. Exit code: 0 agrees, 1 differs, 2 usage, 77 skipped (no node,
# no npm, no network).
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 3 ] || usage "MNNC CC BUILD_DIR [NAME ...]"
use_tools "$1" "$2" "$3"
make_work "$build/tests"
mkdir "$work/energy"
shift 3
only=$*
NODE_PATH=$build/npm/node_modules
export NODE_PATH
why=$("$root/scripts/onnxruntime.sh" "$build") || skip onnx "$why"

count() {
    if "$@"; then
        ok
    else
        fail "$*"
    fi
}

# Whether a description is one of those asked for.
wanted() {
    case " ${only:-$(basename "$1" .mnn)} " in
    *" $(basename "$1" .mnn) "*) ;;
    *) return 1 ;;
    esac
}

# compile DESCRIPTION: to $program
compile() {
    program=$work/$(basename "$1" .mnn)
    compile_model "$1" "$program"
}

checker=yes
if ! /usr/bin/python3 -c 'import onnx' 2>/dev/null; then
    checker=
    echo "onnx: python3-onnx is missing, onnx.checker is not asked"
fi

# compare DESCRIPTION PROGRAM...: with ONNX Runtime, and ask onnx.checker
compare() {
    node "$root/tests/reference/onnx_compare.js" "$mnnc" "$@" || return 1
    [ -n "$checker" ] || return 0
    /usr/bin/python3 -B "$root/tests/reference/onnx_check.py" "$work/model.onnx" || return 1
    checked=$((${checked:-0} + 1))
}

# model DESCRIPTION FOLDER TEST_FILE
model() {
    compile "$1" && "$program" train --quiet --epochs 1 --batch-limit 30 --data "$2" --save "$work/weights" >/dev/null &&
        compare "$1" "$program" "$work/weights" "$work" "$3" 1000
}

random() {
    compile "$1" && "$program" train --quiet --epochs 0 --save "$work/weights" >/dev/null &&
        compare "$1" "$program" "$work/weights" "$work"
}

folder=$(find_pictures)
if [ -n "$folder" ]; then
    file=$folder/t10k-images-idx3-ubyte
    [ -e "$file" ] || file=$file.gz
    for description in "$root"/models/*.mnn; do
        wanted "$description" || continue
        case $description in
        */regression.mnn) ;;
        *) count model "$description" "$folder" "$file" ;;
        esac
    done
else
    echo "onnx: models are skipped: no MNIST and no Fashion-MNIST"
fi
# shellcheck disable=SC2086
if wanted regression.mnn && $cc -O1 "$root/examples/table/csv_to_idx.c" -lm -o "$work/csv_to_idx" &&
    "$root/examples/table/make_table.sh" >"$work/energy.csv" &&
    "$work/csv_to_idx" "$work/energy.csv" 2 "$work/energy" >/dev/null; then
    count model "$root/models/regression.mnn" "$work/energy" "$work/energy/test-inputs-idx2-float"
fi
for golden in "$root"/tests/golden/*.c; do
    wanted "${golden%.c}.mnn" || continue
    count random "${golden%.c}.mnn"
done
[ -z "$checker" ] || echo "onnx: onnx.checker accepts ${checked:-0} of them"
finish onnx
