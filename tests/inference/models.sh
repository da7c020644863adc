#!/bin/sh
# Inference code of every model under models/, trained for some hundred steps, against the trainers.
#
#   tests/inference/models.sh MNNC CC BUILD_DIR [MODEL...]
#
# MODEL is a name under models/, by default all of them. The data are those that the description names, found along MNN_DATA_PATH; for MNIST Fashion-MNIST does too, and the
# table is made as examples/table says. A model whose data are not here is left out, and said so. Exit code: 0 all
# passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 3 ] || usage "MNNC CC BUILD_DIR [MODEL...]"
use_tools "$1" "$2" "$3"
make_work "$build/tests/inference"
shift 3
# shellcheck source=tests/inference/common.sh
. "$here/common.sh"
cd "$work" || exit 1

# shellcheck disable=SC2086
train() {
    # two hundred samples tell enough
    sed 's/^\(data .*{\)$/\1\n    limit(test, 200)/' "$root/models/$1.mnn" >"$1.mnn"
    compile_model "$1.mnn" trainer -O1 -march=native &&
        ./trainer train --quiet --data "$2" --epochs 1 --batch-limit "$3" --save "$1.safetensors"
}

same_as_trainer() {
    train "$1" "$2" "$3" || { echo "training it"; return 1; }
    "$mnnc" "$1.mnn" --emit=inference --weights "$1.safetensors" -o "$1.c" --header "$1.h" || return 1
    clean "$1.c" || { echo "the code does not compile cleanly"; return 1; }
    ./trainer verify --data "$2" --weights "$1.safetensors" "$1.c" >said || { cat said; return 1; }
    sed -n 1p said
}

[ $# -gt 0 ] || for file in "$root"/models/*.mnn; do
    set -- "$@" "$(basename "$file" .mnn)"
done
for name in "$@"; do
    file=$root/models/$name.mnn
    data=$(data_of "$name")
    if [ -z "$data" ]; then
        echo "left out: the data of $name are not here"
        continue
    fi
    # a deep model is slow at -O1: fewer steps
    steps=100
    [ "$(grep -cE 'conv|unit|pair' "$file")" -gt 4 ] && steps=10
    if same_as_trainer "$name" "$data" "$steps" >log 2>&1; then
        ok "$(sed -n 1p said)"
    else
        fail "$name"
    fi
done
finish "inference of models/"
