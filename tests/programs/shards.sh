#!/bin/sh
# Batches cut into shards: the same weights with any number of threads, and the same training as without.
#
#   tests/programs/shards.sh MNNC CC BUILD_DIR
#
# The last batch of an epoch is short, so that shards differ in their rows and some have none. Exit code: 0 all passed, 1
# something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
mkdir "$work/data"
make_tools make_idx

# with_shards NAME SHARDS: a model of models/ whose batches are cut
with_shards() {
    sed "s/^\( *\)\(batch_size *= .*\)/\1\2\n\1shards = $2/" "$root/models/$1.mnn" >"$work/$1-$2.mnn"
}

# train THREADS [option ...]: prints what --json says of the last epoch
train() {
    threads=$1
    shift
    rm -f "$work/w"
    "$program" train --json --data "$work/data" --epochs 2 --threads "$threads" --save "$work/w" "$@" \
        >"$work/log" 2>"$work/err" || return 1
    sed -n 's/.*"epoch": 2,.*"'"${kind:-training}"'": {"loss": \([^,]*\),.*/\1/p' "$work/log"
}

# same_weights NAME: of $program, with other numbers of threads
same_weights() {
    train 1 >/dev/null || { fail "$1: training with 1 thread"; return; }
    one=$(sha256sum <"$work/w")
    for threads in 2 3 8 64; do
        train $threads >/dev/null && [ "$one" = "$(sha256sum <"$work/w")" ]
        verdict $? "$1: the weights of 1 thread with $threads"
    done
}

# near A B: whether two losses differ by rounding only
near() {
    awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; exit !(a > 0 && b > 0 && d < 1e-3 * a && -d < 1e-3 * a) }'
}

# same_training NAME KIND...: the losses with 1 shard and with 8
same_training() {
    name=$1
    shift
    for kind; do
        program=$work/$name-1 && one=$(train 2)
        program=$work/$name-8 && eight=$(train 2)
        near "$one" "$eight"
        verdict $? "$name: the $kind loss of 1 shard ($one) with 8 ($eight)"
    done
}

"$work/make_idx" "$work/data" 7 325 57 10 28 28 || exit 1
for model in mlp_dropout cnn convnet_bn wide; do
    for shards in 1 8; do
        with_shards $model $shards
        check "$model: $shards shards" compile_model "$work/$model-$shards.mnn" "$work/$model-$shards" -O2 -march=native
    done
    program=$work/$model-8
    same_weights "$model"
    # the statistics of batchnorm are those of a shard
    [ $model = convnet_bn ] || same_training $model training
    [ $model != mlp_dropout ] || same_training $model validation
done

# a description for what the models have not: a penalty, which counts once a batch, clipping, augmentation
cat >"$work/small-8.mnn" <<'END'
data digits {
    train = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    scale(1/255)
    reshape(28, 28, 1)
    one_hot(10)
    augment_shift(0.1)
}
model small {
    flatten
    dense(32, relu, kernel_regularizer = l1_l2(0.001, 0.01))
    dropout(0.3)
    dense(10, softmax)
}
train {
    loss = categorical_crossentropy
    optimizer = sgd(momentum = 0.9, global_clipnorm = 1.0)
    metrics = [accuracy, f1]
    batch_size = 40
    shards = 8
}
END
sed 's/shards = 8/shards = 1/' "$work/small-8.mnn" >"$work/small-1.mnn"
for shards in 1 8; do
    check "small: $shards shards" compile_model "$work/small-$shards.mnn" "$work/small-$shards" -O2 -march=native
done
program=$work/small-8
same_weights small
same_training small training

# as many workers as there can be, each with work
cat >"$work/many.mnn" <<'END'
data digits {
    train = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    scale(1/255)
    reshape(28, 28, 1)
    one_hot(10)
}
model many {
    conv2d(4, 3, strides = 2)
    batchnorm
    relu
    flatten
    dense(10, softmax)
}
train {
    loss = categorical_crossentropy
    optimizer = adam()
    metrics = [accuracy]
    batch_size = 256
    shards = 64
}
END
check "many: 64 shards" compile_model "$work/many.mnn" "$work/many" -O2 -march=native
program=$work/many
same_weights many
! grep -q "threads are used" "$work/err"
verdict $? "many: 64 threads have work"
program=$work/small-8
"$program" train --epochs 1 --data "$work/data" --threads 64 2>&1 >"$work/log" | grep -q "of 64 threads are used"
verdict $? "small: fewer threads are used than asked for"

# killed by its own epochs: a checkpoint of the first, and the second from it
"$program" train --quiet --data "$work/data" --epochs 2 --save "$work/whole" >"$work/log" 2>&1
"$program" train --quiet --data "$work/data" --epochs 1 --checkpoint "$work/c" >"$work/log" 2>&1 &&
    "$program" train --quiet --data "$work/data" --epochs 2 --checkpoint "$work/c" --resume --save "$work/resumed" >"$work/log" 2>&1 &&
    cmp -s "$work/whole" "$work/resumed"
verdict $? "a resumed training has the same weights"
finish shards
