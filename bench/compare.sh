#!/bin/sh
# Compare this source tree with an older revision: the bits of trained weights, and the time of an epoch.
# Usage: compare.sh BUILD REVISION [--random N] [--pairs N] [MODEL...]
#   --random N  also the weights of N random models (100)
#   --pairs N   interleaved pairs of runs per model and thread count (15); 0: weights only
#
# REVISION is built once in BUILD/base. Every model is trained for 300 steps by both programs, with one thread and two; the
# tensors must be the same bytes. Times are those of the programs' own clock; a row gives the median of new / base over the
# pairs and its 95 % interval (order statistics), with one thread; with two the ratio of the minima, since two-thread times
# are bimodal, and the ping-pong between the processors (pingpong.c).
# Exit code: 0 the same bits and no upper end above 1.02; 1 otherwise; 2 usage.
set -eu
[ $# -ge 2 ] || { echo "usage: compare.sh BUILD REVISION [--random N] [--pairs N] [MODEL...]" >&2; exit 2; }
build=$(realpath "$1")
revision=$2
shift 2
random=100 pairs=15
while :; do
    case ${1:-} in
    --random) random=$2 ;;
    --pairs) pairs=$2 ;;
    *) break ;;
    esac
    shift 2
done
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
base=$build/base
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export build work
. "$here/common.sh"
STEPS=300
failed=0

# --- the two builds ---------------------------------------------------------------------------------

commit=$(git -C "$root" rev-parse --verify "$revision^{commit}")
if [ "$(cat "$base/commit" 2>/dev/null)" != "$commit" ]; then
    rm -rf "$base"
    mkdir -p "$base"
    git -C "$root" archive "$commit" | tar -x -C "$base"
    make -s -C "$base" all >/dev/null
    echo "$commit" >"$base/commit"
fi
for tool in tests/programs/random_model tests/programs/make_idx tests/faults/edit_safetensors; do
    cc -O1 "$root/$tool.c" -o "$work/$(basename "$tool")"
done
cc -O2 -pthread "$here/pingpong.c" -o "$work/pingpong"
table=$root/examples/table
cc -O2 "$table/csv_to_idx.c" -lm -o "$work/csv_to_idx" $(PKG_CONFIG_PATH=$build pkg-config --cflags --libs mnn)
"$table/make_table.sh" >"$work/energy.csv"
mkdir "$work/energy"
"$work/csv_to_idx" "$work/energy.csv" 2 "$work/energy" >/dev/null

data=$(mnist_folder)

# programs DESCRIPTION NAME: $work/NAME.new and NAME.base
programs() {
    for side in new base; do
        place=$build
        [ $side = new ] || place=$base/build
        # shellcheck disable=SC2046 # words
        "$place/mnnc" -w "$1" -o "$work/$2.$side.c" &&
            cc -O3 -march=native "$work/$2.$side.c" $(PKG_CONFIG_PATH=$place pkg-config --cflags --libs mnn) \
                -o "$work/$2.$side" || return 1
    done
}

# weights SIDE NAME DATA THREADS: the SHA-256 of the tensors after at most 300 steps, or "ended: CODE"
weights() {
    code=0
    "$work/$2.$1" train --quiet --data "$3" --epochs $((STEPS / 100)) --batch-limit 100 --threads "$4" --save "$work/weights" \
        >/dev/null 2>&1 || code=$?
    [ $code -eq 0 ] || { echo "ended: $code"; return; }
    "$work/edit_safetensors" data "$work/weights" | sha256sum | cut -d ' ' -f 1
}

# --- bits -------------------------------------------------------------------------------------------

same_bits() { # NAME DATA
    for threads in 1 2; do
        a=$(weights base "$1" "$2" $threads)
        b=$(weights new "$1" "$2" $threads)
        case $a in
        'ended: 6') ;; # diverges: in both
        'ended: '*) echo "$1, threads $threads: does not train (exit code ${a#ended: })"; return 1 ;;
        esac
        [ "$a" = "$b" ] || { echo "$1, threads $threads: other bits (got $b, base has $a)"; return 1; }
    done
}

# Random models on made-up samples; one whose training diverges must do so in both.
random_models() {
    same=0
    for seed in $(seq "$random"); do
        "$work/random_model" "$seed" >"$work/m.mnn"
        rm -rf "$work/made"
        mkdir "$work/made"
        # shellcheck disable=SC2046 # words
        "$work/make_idx" "$work/made" 7 200 64 $(sed -n 's/^# samples: //p' "$work/m.mnn")
        programs "$work/m.mnn" m 2>"$work/log" || { echo "random model $seed: does not compile"; failed=1; continue; }
        if same_bits m "$work/made"; then
            same=$((same + 1))
        else
            echo "... of random model $seed"
            failed=1
        fi
    done
    [ "$random" -eq 0 ] || echo "random models: $same of $random the same bits"
}

# --- times ------------------------------------------------------------------------------------------

steps_of() {
    case $1 in
    cnn) echo 300 ;;
    lenet5) echo 150 ;;
    vgg | convnet_bn | resnet_small | mlp_large) echo 15 ;;
    regression) echo 0 ;;
    *) echo 300 ;;
    esac
}

seconds() { # SIDE NAME DATA THREADS: of the second epoch
    limit=$(steps_of "$2")
    [ "$limit" != 0 ] || limit=
    "$work/$2.$1" train --data "$3" --epochs 2 --threads "$4" --json ${limit:+--batch-limit "$limit"} 2>/dev/null |
        grep '"event": "epoch"' | tail -n 1 | field seconds
}

# The median of the ratios on standard input and its 95 % interval: "1.003 0.998 1.010". The interval goes from the k-th
# least to the k-th largest, where k is the largest for which a binomial of n tosses has less than 2.5 % below k.
interval() {
    sort -g | awk '{ v[NR] = $1 }
        END {
            n = NR; p = 1
            for (i = 0; i < n; i++) p /= 2
            below = p; k = 0
            while (below <= 0.025) { k++; p = p * (n - k + 1) / k; below += p }
            if (k < 1) k = 1
            printf "%.4f %.4f %.4f\n", (v[int((n + 1) / 2)] + v[int((n + 2) / 2)]) / 2, v[k], v[n + 1 - k] }'
}

measure_times() { # NAME DATA
    : >"$work/ratios"
    : >"$work/new.2"
    : >"$work/base.2"
    hands=$("$work/pingpong")
    for _ in $(seq "$pairs"); do
        a=$(seconds new "$1" "$2" 1)
        b=$(seconds base "$1" "$2" 1)
        quotient "$a" "$b" %.6f >>"$work/ratios"
        seconds new "$1" "$2" 2 >>"$work/new.2"
        seconds base "$1" "$2" 2 >>"$work/base.2"
    done
    # shellcheck disable=SC2046 # words
    set -- "$1" $(interval <"$work/ratios") "$(sort -g "$work/new.2" | sed -n 1p)" "$(sort -g "$work/base.2" | sed -n 1p)"
    printf '%-14s new / base %s (%s to %s); two threads, minima: %s; ping-pong %s ns\n' "$1" "$2" "$3" "$4" \
        "$(quotient "$5" "$6" %.3f)" "$hands"
    awk -v upper="$4" 'BEGIN { exit !(upper <= 1.02) }' || { echo "$1: slower than the base by more than 2 %"; failed=1; }
}

echo "base: $commit; $("$here/machine.sh" short); load $(cut -d ' ' -f 1 /proc/loadavg)"
# shellcheck disable=SC2046 # words
[ $# -gt 0 ] || set -- $(for file in "$root"/models/*.mnn; do basename "$file" .mnn; done)
for model in "$@"; do
    folder=$data
    [ "$model" != regression ] || folder=$work/energy
    programs "$(description "$model")" "$model" || { failed=1; continue; }
    if same_bits "$model" "$folder"; then echo "$model: the same bits after $STEPS steps"; else failed=1; fi
    [ "$pairs" -eq 0 ] || measure_times "$model" "$folder"
done
random_models
exit $failed
