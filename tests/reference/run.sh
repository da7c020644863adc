#!/bin/sh
# Compare layers of random models and the first training steps of the three classic models with PyTorch.
#
#   tests/reference/run.sh MNNC CC "CFLAGS" "LIBS" [option of train_reference.py ...]
#
# Data: the folder "mnist" along MNN_DATA_PATH, else Fashion-MNIST of Debian's dataset-fashion-mnist.
# Exit code: 0 all agree, 1 one does not, 2 usage, 77 skipped (PyTorch, NumPy or the data are missing).
set -u

if [ $# -lt 4 ]; then
    echo "usage: $0 MNNC CC \"CFLAGS\" \"LIBS\" [option ...]" >&2
    exit 2
fi
mnnc=$1 cc=$2 cflags=$3 libs=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)
models=$here/../../models
python=/usr/bin/python3
steps=300
every=2 # wide.mnn multiplies a difference by ten and more within ten steps

if ! "$python" -c 'import numpy, torch' 2>/dev/null; then
    echo "reference: skipped: python3-torch or python3-numpy is missing"
    exit 77
fi

# Layers one by one, on made-up data.
failed=0
"$python" "$here/layers_reference.py" "$mnnc" "$cc" "$cflags" "$libs" --count 40 || failed=1

# The first folder that holds the training images, plain or gzipped.
find_data() {
    old_ifs=$IFS
    IFS=:
    for folder in ${MNN_DATA_PATH:-data:/usr/share/datasets}; do
        for file in "$folder"/mnist/train-images-idx3-ubyte*; do
            if [ -f "$file" ]; then
                echo "$folder/mnist"
                break 2
            fi
        done
    done
    IFS=$old_ifs
}

data=$(find_data)
[ -n "$data" ] || data=/usr/share/datasets/fashion-mnist
if [ ! -d "$data" ]; then
    echo "reference: skipped: neither mnist on MNN_DATA_PATH nor $data is there"
    [ "$failed" -eq 0 ] && exit 77
    exit 1
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# From the description to a program.
build() {
    "$mnnc" "$models/$1.mnn" -o "$work/$1.c" || return 1
    # CC, CFLAGS and LIBS are lists of words.
    # shellcheck disable=SC2086
    $cc $cflags "$work/$1.c" $libs -o "$work/$1"
}

# run NAME STEPS [option ...]: train from the first weights, in the order of the files.
run() {
    name=$1 limit=$2
    shift 2
    "$work/$name" train --quiet --data "$data" --no-shuffle --weights "$work/$name.init.safetensors" \
        --epochs 1 --batch-limit "$limit" "$@" >/dev/null
}

# compare NAME [option ...]: print a PASS, DRIFT or FAIL line.
compare() {
    name=$1
    shift
    "$python" "$here/train_reference.py" "$name" "$work/$name.init.safetensors" "$work/$name.jsonl" \
        --data "$data" --steps "$steps" "$@"
}

# snapshots NAME: the weights after every $every steps; each run starts anew and goes the same way.
snapshots() {
    mkdir "$work/$1.steps" || return 1
    step=$every
    while [ "$step" -le "$steps" ]; do
        run "$1" "$step" --save "$work/$1.steps/$step.safetensors" || return 1
        step=$((step + every))
    done
}

# check NAME [option ...]: a drift (train_reference.py says what that is) is decided with snapshots.
check() {
    model=$1
    shift
    build "$model" || return 1
    "$work/$model" train --quiet --data "$data" --epochs 0 --save "$work/$model.init.safetensors" --seed 1 >/dev/null ||
        return 1
    run "$model" "$steps" --log-steps "$work/$model.jsonl" || return 1
    compare "$model" "$@"
    code=$?
    [ "$code" -eq 10 ] || return "$code"
    snapshots "$model" || return 1
    compare "$model" --snapshots "$work/$model.steps" --every "$every" "$@"
}

echo "reference: $steps steps on $data"
for name in mlp wide cnn; do
    if ! check "$name" "$@"; then
        echo "reference: $name does not agree"
        failed=1
    fi
done
exit "$failed"
