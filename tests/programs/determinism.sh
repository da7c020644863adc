#!/bin/sh
# One seed gives one set of weights, bit for bit, whatever the number of threads.
#
#   tests/programs/determinism.sh MNNC CC BUILD_DIR [REPEATS]
#
# Trains the classic models and some random ones on made-up data with 1, 2, 3, 4 and 8 threads and
# compares the SHA-256 of the saved weights; another seed must give others. The last batch of an epoch is
# short. The programs are compiled for this machine, so that its vectors are used; skipping zeros of the data
# (mnn/skip.h) must not change a bit either. mlp and cnn are trained so many times with each number of threads
# (3). BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed,
# 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || [ $# -eq 4 ] || usage "MNNC CC BUILD_DIR [REPEATS]"
use_tools "$1" "$2" "$3"
repeats=${4:-3}
make_work "$build/tests/programs"
mkdir "$work/data"
models=$root/models
random_seeds="4 9 16 23 31 38"

make_tools random_model make_idx

# weights THREADS [option ...]: the hash of the weights after training.
weights() {
    threads=$1
    shift
    rm -f "$work/w"
    "$work/m" train --quiet --data "$work/data" --epochs 2 --batch-limit 30 --threads "$threads" --save "$work/w" "$@" \
        >"$work/log" 2>&1 || return 1
    sha256sum <"$work/w"
}

# prepare DESCRIPTION CLASSES DIM...: the program, and so many samples that an epoch is 20 full batches and a short one
prepare() {
    description=$1
    shift
    batch=$(batch_of "$description")
    {
        compile_model "$description" "$work/m" -O3 -march=native &&
            "$work/make_idx" "$work/data" 7 $((20 * batch + batch / 3 + 1)) 57 "$@"
    } >"$work/log" 2>&1
}

# same_weights NAME
same_weights() {
    one=$(weights 1) || { fail "$1: training with 1 thread"; return; }
    for threads in 2 3 4 8; do
        several=$(weights $threads) || { fail "$1: training with $threads threads"; continue; }
        if [ "$one" = "$several" ]; then
            ok "$1: $threads threads"
        else
            fail "$1: $threads threads give other weights than 1"
        fi
    done
    other=$(weights 2 --seed 4711) || { fail "$1: training with another seed"; return; }
    if [ "$one" != "$other" ]; then
        ok "$1: another seed, other weights"
    else
        fail "$1: another seed gives the same weights"
    fi
}

# check_skip NAME: the program that is there skips zeros, and one that does not gives the same weights.
check_skip() {
    grep -q 'mnn_skips(batch)' "$work/m.c" || { fail "$1: skips nothing"; return; }
    skipping=$(weights 2) || { fail "$1: training"; return; }
    # shellcheck disable=SC2086
    $cc -std=gnu11 -O3 -march=native -DMNN_NO_SKIP $cflags "$work/m.c" $libs -o "$work/m" >"$work/log" 2>&1
    dense=$(weights 2) || { fail "$1: training without skipping"; return; }
    if [ "$skipping" = "$dense" ]; then
        ok "$1: skipping zeros changes no bit"
    else
        fail "$1: skipping zeros changes the weights"
    fi
}

# repeat NAME: the same again, beside whatever else the machine does
repeat() {
    for threads in 1 2 3 4 8; do
        times=0
        while [ "$times" -lt "$repeats" ]; do
            [ "$(weights $threads)" = "$one" ] || { fail "$1: $threads threads, time $times: other weights"; return; }
            times=$((times + 1))
        done
    done
    ok "$1: $repeats times with 1, 2, 3, 4 and 8 threads"
}

for name in mlp wide cnn mlp_dropout autoencoder; do
    if prepare "$models/$name.mnn" 10 28 28; then
        same_weights "$name"
        case $name in mlp | cnn) repeat "$name" ;; esac
    else
        fail "$name: preparing it"
    fi
done
for name in wide mlp_dropout cnn lenet5; do
    if prepare "$models/$name.mnn" 10 28 28 &&
        "$work/make_idx" -z 80 "$work/data" 7 $((20 * batch + 43)) 57 10 28 28; then
        check_skip "$name, many zeros"
    else
        fail "$name, many zeros: preparing it"
    fi
done
# norms of gradients are sums over all pieces
for optimizer in "nadam(global_clipnorm=0.1, weight_decay=0.01)" "sgd(momentum=0.9, clipnorm=0.05)"; do
    sed "s/optimizer  = rmsprop/optimizer = $optimizer/" "$models/wide.mnn" >"$work/clip.mnn"
    if prepare "$work/clip.mnn" 10 28 28; then
        same_weights "wide with $optimizer"
    else
        fail "wide with $optimizer: preparing it"
    fi
done
for seed in $random_seeds; do
    "$work/random_model" "$seed" >"$work/m.mnn"
    # shellcheck disable=SC2046
    if prepare "$work/m.mnn" $(sed -n 's/^# samples: //p' "$work/m.mnn"); then
        same_weights "random $seed"
    else
        fail "random $seed: preparing it"
    fi
done
finish determinism
