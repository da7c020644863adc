#!/bin/sh
# Microseconds of one prediction with inference code, one thread, over pictures of the test set, and how large code and
# weights are. Usage: inference.sh BUILD [MODEL...]
set -eu
build=$(realpath "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=bench/inference_common.sh
. "$(dirname "$0")/inference_common.sh"
cd "$work"

echo "data: $(basename "$data"), median (smallest-largest) of 21 rounds over 1000 pictures; $(cc --version | head -n 1)"
printf '%-12s %-9s %22s %12s %12s %12s\n' model compiler "us a picture" "code bytes" "weights" "memory"
for model in ${*:-mlp wide cnn lenet5}; do
    train "$model"
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        $compiler -O3 -march=native -c net.c -o net.o
        timer net.o
        ./inference_time "$pictures" 21 >lines
        sed '/^sum/d' lines >times
        constant=$(sed -n 's/.*_WEIGHT_BYTES = \([0-9]*\).*/\1/p' net.h)
        spread times >median
        read -r median least most <median
        printf '%-12s %-9s %22s %12s %12s %12s\n' "$model" "$compiler" "$median ($least-$most)" \
            "$(size net.o | awk -v weights="$constant" 'NR == 2 { print $1 - weights }')" "$constant" \
            "$(sed -n 's/.*_WORK_BYTES = \([0-9]*\).*/\1/p' net.h)"
    done
done
