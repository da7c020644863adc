#!/bin/sh
# The table of docs/scale.md: predicted efficiency on many cores, and the cost of shards.
# Usage: scale.sh BUILD [--count] [MODEL...]
#   --count  also the instructions of a training step with 8 shards against 1 (valgrind, AVX2, one thread)
#
# Efficiency follows from the pieces, barriers and predicted times of the plan (mnnc --dump=plan): time with one core / (time
# with N cores * N). Instructions are those of 20 steps on made-up images of the size of MNIST's.
# Exit code: 0, or 1 if a program fails, 2 usage.
set -eu
[ $# -ge 1 ] || { echo "usage: scale.sh BUILD [--count] [MODEL...]" >&2; exit 2; }
build=$(realpath "$1")
shift
counts=false
if [ "${1:-}" = --count ]; then counts=true && shift; fi
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $# -eq 0 ]; then
    for model in "$root"/models/*.mnn; do set -- "$@" "$(basename "$model" .mnn)"; done
fi

# cut MODEL SHARDS: $work/MODEL-SHARDS.mnn
cut() {
    sed "s/^\( *\)\(batch_size *= .*\)/\1\2\n\1shards = $2/" "$root/models/$1.mnn" >"$work/$1-$2.mnn"
}

# efficiency MODEL-SHARDS: a row of percentages for 2 to 64 cores
efficiency() {
    "$build/mnnc" -w --dump=plan "$work/$1.mnn" | awk '
        /predicted step/ { inside = 1; next }
        /memory \(/ { inside = 0 }
        inside && $1 > 1 { printf " %s |", $4 }'
}

# instructions MODEL-SHARDS: of a step
instructions() {
    "$build/mnnc" -w "$work/$1.mnn" -o "$work/$1.c"
    # shellcheck disable=SC2046 # words
    cc -O3 -march=x86-64-v3 "$work/$1.c" $(PKG_CONFIG_PATH=$build pkg-config --cflags --libs mnn) -o "$work/$1"
    for steps in 5 25; do
        valgrind --tool=callgrind --callgrind-out-file=/dev/null "$work/$1" train --quiet --data "$work/data" --epochs 1 \
            --threads 1 --batch-limit $steps 2>&1 | sed -n 's/.*Collected : //p'
    done | { read -r few && read -r many && echo $(((many - few) / 20)); }
}

if $counts; then
    cc -O1 "$root/tests/programs/make_idx.c" -o "$work/make_idx"
    mkdir "$work/data"
    "$work/make_idx" "$work/data" 7 4000 57 10 28 28
fi
echo "| model | shards | 2 | 4 | 8 | 16 | 32 | 64 |"
echo "|---|---|---|---|---|---|---|---|"
for model in "$@"; do
    for shards in 1 8; do
        cut "$model" $shards
        echo "| $model | $shards |$(efficiency "$model-$shards")"
    done
done
$counts || exit 0
for model in "$@"; do
    one=$(instructions "$model-1") eight=$(instructions "$model-8")
    awk -v m="$model" -v a="$one" -v b="$eight" \
        'BEGIN { printf "%s: %d instructions a step with 1 shard, %d with 8: %.3f times\n", m, a, b, b / a }'
done
