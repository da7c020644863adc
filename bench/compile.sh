#!/bin/sh
# Build every model's programs and print how long that took, as a table.
# Usage (from run.sh): compile.sh MODEL...
set -eu
. "$(dirname "$0")/common.sh"

# programs NAME DESCRIPTION: NAME and NAME.blas (products by OpenBLAS) in $work
programs() {
    for variant in "" .blas; do
        option=
        [ -z "$variant" ] || option=--blas-only
        "$work/measure" "$work/$1.mnnc" "$build/mnnc" $option "$2" -o "$work/$1$variant.c"
        # shellcheck disable=SC2046 # words
        "$work/measure" "$work/$1.cc" cc -O3 -march=native "$work/$1$variant.c" \
            $(pkg-config --cflags --libs mnn) -o "$work/$1$variant"
    done
}

echo "| model | mnnc, ms | cc -O3, s | lines of C | machine code, KB | static memory, MB |"
echo "|---|---|---|---|---|---|"
for model in "$@"; do
    rm -f "$work/$model.mnnc" "$work/$model.cc"
    programs "$model" "$(description "$model")"
    mnnc=$(awk '{ print 1000 * $1 }' "$work/$model.mnnc" | spread /dev/stdin)
    compiler=$(cut -d ' ' -f 1 "$work/$model.cc" | spread /dev/stdin)
    code=$(size "$work/$model" | awk 'NR == 2 { printf "%.0f", $1 / 1000 }')
    memory=$(sed -n 's/.*static_bytes = \([0-9]*\),/\1/p' "$work/$model.c")
    echo "| $model | ${mnnc%% *} | ${compiler%% *} | $(wc -l <"$work/$model.c") | $code | $(quotient "$memory" 1e6 %.1f) |"
done
