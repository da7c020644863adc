#!/bin/sh
# Microseconds of one prediction beside other engines that run the same network from its ONNX file: one thread, one picture
# at a time, in turns. Usage: engines.sh BUILD [--turns N] [MODEL...]
#
#   ONNX Runtime  from npm, in node; what node and the call take of its time is shown beside it
#   onnx2c        where ONNX2C names the program (github.com/kraiskil/onnx2c), compiled as ours and with -ffast-math too
#
# A turn is three rounds over 1000 pictures of the C code, its engines after each other in each round, and three of ONNX
# Runtime. Figures are medians of all rounds; the last three columns are quotients of medians: ONNX Runtime, the same less
# what a model takes that only copies, and the faster build of onnx2c.
set -eu
build=$(realpath "$1")
shift
turns=7
if [ "${1:-}" = --turns ]; then
    turns=${2:-}
    shift $(($# > 1 ? 2 : 1))
fi
case $turns in
'' | *[!0-9]* | 0)
    echo "usage: $0 BUILD [--turns N] [MODEL...]" >&2
    exit 2
    ;;
esac
rounds=3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=bench/inference_common.sh
. "$(dirname "$0")/inference_common.sh"
cd "$work"
NODE_PATH=$build/npm/node_modules
export NODE_PATH

why_no_runtime=$("$here/../scripts/onnxruntime.sh" "$build") && runtime=yes || runtime=
onnx2c=${ONNX2C:-}
if [ -n "$onnx2c" ] && ! command -v "$onnx2c" >/dev/null; then
    echo "error: ONNX2C=$onnx2c: no such program" >&2
    exit 2
fi

# The objects of the C engines, and what the timer is told about them.
compile() {
    gcc -O3 -march=native -c net.c -o net.o
    [ -n "$onnx2c" ] || { timer net.o; return; }
    "$onnx2c" -l0 -d batch:1 -f onnx2c_predict model.onnx >onnx2c.c
    "$onnx2c" -l0 -d batch:1 -f onnx2c_fast_predict model.onnx >onnx2c_fast.c
    gcc -w -O3 -march=native -c onnx2c.c -o onnx2c.o
    gcc -w -O3 -march=native -ffast-math -c onnx2c_fast.c -o onnx2c_fast.o
    timer -DONNX2C net.o onnx2c.o onnx2c_fast.o
}

# The columns of the rounds into files: column WORD...
column() {
    number=0
    for name in "$@"; do
        number=$((number + 1))
        awk -v number=$number 'NF >= number && $1 ~ /^[0-9.]+$/ { print $number }' lines >>"$name"
    done
}

# ONNX Runtime must have computed what the C code has.
same_sum() {
    awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; exit !(d < 1 && d > -1) }' || {
        echo "error: ONNX Runtime computes something else (got a sum of $2, expected $1)" >&2
        exit 70
    }
}

measure() {
    rm -f ours runtime node plain fast
    touch ours runtime node plain fast
    for _ in $(seq "$turns"); do
        ./inference_time "$pictures" $rounds >lines
        column ours plain fast
        sum=$(awk '$1 == "sum" { print $2 }' lines)
        [ -n "$runtime" ] || continue
        node "$here/engines_onnx.js" model.onnx "$pictures" $rounds >lines
        column runtime node
        same_sum "$sum" "$(awk '$1 == "sum" { print $2 }' lines)"
        version=$(awk '$1 == "version" { print $2 }' lines)
    done
}

# "12.3 (11.9-14.2)", or that the engine is not there
cell() {
    [ -s "$1" ] || { echo "not installed"; return; }
    spread "$1" | awk '{ printf "%s (%s-%s)\n", $1, $2, $3 }'
}

median() {
    spread "$1" | cut -d ' ' -f 1
}

smaller() {
    printf '%s\n' "$1" "$2" | sort -g | head -n 1
}

less() {
    awk -v a="$1" -v b="$2" 'BEGIN { if (a + 0 == 0) print "-"; else print a - b }'
}

version=
table=
for model in ${*:-mlp wide cnn}; do
    train "$model"
    "$build/mnnc" "$(description "$model")" --emit=onnx --weights weights.safetensors -o model.onnx
    compile
    measure
    ours=$(median ours)
    theirs=$(median runtime) copying=$(median node)
    row=$(printf '%-6s %20s %22s %22s %22s %22s %8s %8s %8s' "$model" "$(cell ours)" "$(cell runtime)" "$(cell node)" \
        "$(cell plain)" "$(cell fast)" "$(quotient "$theirs" "$ours" %.1f)" \
        "$(quotient "$(less "$theirs" "$copying")" "$ours" %.1f)" \
        "$(quotient "$(smaller "$(median plain)" "$(median fast)")" "$ours" %.1f)")
    table="$table$row
"
done
echo "data: $(basename "$data"); us a picture, median (smallest-largest) of $((turns * rounds)) rounds over 1000 pictures;" \
    "$(gcc --version | head -n 1), -O3 -march=native"
[ -z "$runtime" ] && echo "ONNX Runtime: not installed: $why_no_runtime" ||
    echo "ONNX Runtime $version in node $(node --version), 1 thread; \"copying\": a model that only copies its input"
[ -n "$onnx2c" ] || echo "onnx2c: not installed: ONNX2C=PROGRAM names it"
printf '%-6s %20s %22s %22s %22s %22s %8s %8s %8s\n' model mnnc "ONNX Runtime" copying onnx2c "onnx2c -ffast-math" \
    ORT "ORT less" onnx2c
printf '%s' "$table"
