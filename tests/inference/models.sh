#!/bin/sh
# Inference code of every model under models/, trained for some hundred steps, against the trainers.
#
#   tests/inference/models.sh MNNC CC BUILD_DIR
#
# The data are those that the description names, found along MNN_DATA_PATH; for MNIST Fashion-MNIST does too, and the
# table is made as examples/table says. A model whose data are not here is left out, and said so. Exit code: 0 all
# passed, 1 something failed, 2 usage.
set -u

if [ $# -ne 3 ]; then
    echo "usage: $0 MNNC CC BUILD_DIR" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mnnc=$(realpath "$1") cc=$2 build=$(realpath "$3")
work=$build/tests/inference/models-$$
mkdir -p "$work" || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
# shellcheck source=tests/inference/common.sh
. "$here/common.sh"
cd "$work" || exit 1
passed=0
bad=0

# shellcheck disable=SC2046,SC2086
train() {
    # two hundred samples tell enough
    sed 's/^\(data .*{\)$/\1\n    limit(test, 200)/' "$root/models/$1.mnn" >"$1.mnn"
    "$mnnc" "$1.mnn" -o "$1_trainer.c" &&
        $cc -std=gnu11 -O1 -march=native $(pkg-config --cflags mnn) "$1_trainer.c" $(pkg-config --libs mnn) -o trainer &&
        ./trainer train --quiet --data "$2" --epochs 1 --batch-limit "$3" --save "$1.safetensors"
}

check() {
    train "$1" "$2" "$3" || { echo "training it"; return 1; }
    "$mnnc" "$1.mnn" --emit=inference --weights "$1.safetensors" -o "$1.c" --header "$1.h" || return 1
    clean "$1.c" || { echo "the code does not compile cleanly"; return 1; }
    ./trainer verify --data "$2" --weights "$1.safetensors" "$1.c" >said || { cat said; return 1; }
    sed -n 1p said
}

for file in "$root"/models/*.mnn; do
    name=$(basename "$file" .mnn)
    data=$(data_of "$name")
    if [ -z "$data" ]; then
        echo "left out: the data of $name are not here"
        continue
    fi
    # a deep model is slow at -O1: fewer steps
    steps=100
    [ "$(grep -cE 'conv|unit|pair' "$file")" -gt 4 ] && steps=10
    if check "$name" "$data" "$steps" >log 2>&1; then
        passed=$((passed + 1))
        sed -n '1s/^/ok   /p' said
    else
        bad=$((bad + 1))
        echo "FAIL $name"
        sed 's/^/  > /' log
    fi
done
echo "inference of models/: $passed passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$passed" -gt 0 ]
