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

if [ $# -ne 3 ] && [ $# -ne 4 ]; then
    echo "usage: $0 MNNC CC BUILD_DIR [REPEATS]" >&2
    exit 2
fi
mnnc=$1 cc=$2 build=$3 repeats=${4:-3}
here=$(cd "$(dirname "$0")" && pwd)
models=$here/../../models
work=$build/tests/programs/determinism-$$
random_seeds="4 9 16 23 31 38"
mkdir -p "$work/data" || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
cflags=$(pkg-config --cflags mnn) && libs=$(pkg-config --libs mnn) || exit 1

# cc, cflags and libs are lists of words.
# shellcheck disable=SC2086
$cc -std=gnu11 -O1 "$here/random_model.c" -o "$work/random_model" || exit 1
# shellcheck disable=SC2086
$cc -std=gnu11 -O1 "$here/make_idx.c" -o "$work/make_idx" || exit 1

passed=0
bad=0

ok() {
    passed=$((passed + 1))
    echo "ok   $1"
}

failed() {
    bad=$((bad + 1))
    echo "FAIL $1"
    sed 's/^/  > /' "$work/log"
}

# weights THREADS [option ...]: the hash of the weights after training.
weights() {
    threads=$1
    shift
    rm -f "$work/w"
    "$work/m" train --quiet --data "$work/data" --epochs 2 --batch-limit 30 --threads "$threads" --save "$work/w" "$@" \
        >"$work/log" 2>&1 || return 1
    sha256sum <"$work/w"
}

# compile_model FILE
compile_model() {
    # shellcheck disable=SC2086
    "$mnnc" "$1" -o "$work/m.c" >"$work/log" 2>&1 &&
        $cc -std=gnu11 -O3 -march=native $cflags "$work/m.c" $libs -o "$work/m" >>"$work/log" 2>&1
}

# make_data FILE CLASSES DIM...: so many samples that an epoch is 20 full batches and a short one.
make_data() {
    batch=$(sed -n 's/^ *batch_size = \([0-9]*\).*/\1/p' "$1")
    shift
    "$work/make_idx" "$work/data" 7 $((20 * batch + batch / 3 + 1)) 57 "$@" >"$work/log" 2>&1
}

# check NAME
check() {
    one=$(weights 1) || { failed "$1: training with 1 thread"; return; }
    for threads in 2 3 4 8; do
        several=$(weights $threads) || { failed "$1: training with $threads threads"; continue; }
        if [ "$one" = "$several" ]; then
            ok "$1: $threads threads"
        else
            failed "$1: $threads threads give other weights than 1"
        fi
    done
    other=$(weights 2 --seed 4711) || { failed "$1: training with another seed"; return; }
    if [ "$one" != "$other" ]; then
        ok "$1: another seed, other weights"
    else
        failed "$1: another seed gives the same weights"
    fi
}

# check_skip NAME: the program that is there skips zeros, and one that does not gives the same weights.
check_skip() {
    grep -q 'mnn_skips(batch)' "$work/m.c" || { failed "$1: skips nothing"; return; }
    skipping=$(weights 2) || { failed "$1: training"; return; }
    # shellcheck disable=SC2086
    $cc -std=gnu11 -O3 -march=native -DMNN_NO_SKIP $cflags "$work/m.c" $libs -o "$work/m" >"$work/log" 2>&1
    dense=$(weights 2) || { failed "$1: training without skipping"; return; }
    if [ "$skipping" = "$dense" ]; then
        ok "$1: skipping zeros changes no bit"
    else
        failed "$1: skipping zeros changes the weights"
    fi
}

# repeat NAME: the same again, beside whatever else the machine does
repeat() {
    for threads in 1 2 3 4 8; do
        times=0
        while [ "$times" -lt "$repeats" ]; do
            [ "$(weights $threads)" = "$one" ] || { failed "$1: $threads threads, time $times: other weights"; return; }
            times=$((times + 1))
        done
    done
    ok "$1: $repeats times with 1, 2, 3, 4 and 8 threads"
}

for name in mlp wide cnn mlp_dropout autoencoder; do
    if compile_model "$models/$name.mnn" && make_data "$models/$name.mnn" 10 28 28; then
        check "$name"
        case $name in mlp | cnn) repeat "$name" ;; esac
    else
        failed "$name: preparing it"
    fi
done
for name in wide mlp_dropout cnn lenet5; do
    batch=$(sed -n 's/^ *batch_size = \([0-9]*\).*/\1/p' "$models/$name.mnn")
    if compile_model "$models/$name.mnn" && "$work/make_idx" -z 80 "$work/data" 7 $((20 * batch + 43)) 57 10 28 28; then
        check_skip "$name, many zeros"
    else
        failed "$name, many zeros: preparing it"
    fi
done
# norms of gradients are sums over all pieces
for optimizer in "nadam(global_clipnorm=0.1, weight_decay=0.01)" "sgd(momentum=0.9, clipnorm=0.05)"; do
    sed "s/optimizer  = rmsprop/optimizer = $optimizer/" "$models/wide.mnn" >"$work/clip.mnn"
    if compile_model "$work/clip.mnn" && make_data "$work/clip.mnn" 10 28 28; then
        check "wide with $optimizer"
    else
        failed "wide with $optimizer: preparing it"
    fi
done
for seed in $random_seeds; do
    "$work/random_model" "$seed" >"$work/m.mnn"
    # shellcheck disable=SC2046
    if compile_model "$work/m.mnn" && make_data "$work/m.mnn" $(sed -n 's/^# samples: //p' "$work/m.mnn"); then
        check "random $seed"
    else
        failed "random $seed: preparing it"
    fi
done
echo "determinism: $passed passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$passed" -gt 0 ]
