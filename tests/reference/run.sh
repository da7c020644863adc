#!/bin/sh
# Compare layers of random models and the first training steps of the three classic models with PyTorch.
#
#   tests/reference/run.sh MNNC CC "CFLAGS" "LIBS" [option of train_reference.py ...]
#
# Data: the folder "mnist" along MNN_DATA_PATH, else Fashion-MNIST of Debian's dataset-fashion-mnist.
# Exit code: 0 all agree, 1 one does not, 2 usage, 77 skipped (PyTorch, NumPy or the data are missing).
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 4 ] || usage "MNNC CC \"CFLAGS\" \"LIBS\" [option ...]"
make_work
mnnc=$1 cc=$2 cflags=$3 libs=$4
shift 4
python=/usr/bin/python3
steps=300
every=2 # wide.mnn multiplies a difference by ten and more within ten steps

"$python" -c 'import numpy, torch' 2>/dev/null || skip reference "python3-torch or python3-numpy is missing"

# Layers one by one, on made-up data.
"$python" "$here/layers_reference.py" "$mnnc" "$cc" "$cflags" "$libs" --count 60 || failed=1

data=$(find_pictures)
if [ -z "$data" ]; then
    [ "$failed" -ne 0 ] || skip reference "neither MNIST nor Fashion-MNIST is here"
    exit 1
fi

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

# agrees NAME [option ...]: a drift (train_reference.py says what that is) is decided with snapshots.
agrees() {
    model=$1
    shift
    compile_model "$root/models/$model.mnn" "$work/$model" || return 1
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
    if ! agrees "$name" "$@"; then
        echo "reference: $name does not agree"
        failed=1
    fi
done
exit "$failed"
