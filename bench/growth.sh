#!/bin/sh
# How fast products are as they grow: the layer "probe" of models/dense.mnn and models/conv.mnn in programs of mnnc
# and of mnnc --blas-only (OpenBLAS), one thread, by their own clocks (bench --profile). Prints a table.
# Usage (from run.sh): growth.sh RESULT.tsv RESULT.svg
set -eu
. "$(dirname "$0")/common.sh"
tsv=$1
svg=$2

seconds=1
case $size in
full)
    widths="32 64 128 256 512 1024 2048 4096"
    channels="8 16 32 64 128"
    batches="1 4 16 64 128 256 512 1024"
    ;;
quick)
    widths="32 256 2048"
    channels="8 32 128"
    batches="1 16 256"
    ;;
*)
    widths=32
    channels=8
    batches=1
    seconds=0
    ;;
esac

# point SERIES X MODEL -D...
point() {
    series=$1
    x=$2
    model=$3
    shift 3
    for program in mnnc openblas; do
        option=
        [ $program = mnnc ] || option=--blas-only
        "$build/mnnc" -w $option "$here/models/$model.mnn" "$@" -o "$work/growth.c"
        # shellcheck disable=SC2046 # words
        cc -O3 -march=native "$work/growth.c" $(pkg-config --cflags --libs mnn) -o "$work/growth-$program"
        "$work/growth-$program" bench --profile --data "$data" --threads 1 --seconds $seconds --json --quiet >"$work/growth.json"
        awk -v series="$series" -v x="$x" -v program=$program '
            function number(key) { match($0, "\"" key "\": [0-9.e+-]+"); return substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) + 0 }
            /"name": "probe_/ { match($0, /probe_[a-z]+/); name = substr($0, RSTART + 6, RLENGTH - 6)
                if (number("flops") > 0 && number("seconds") > 0) {
                    rate = number("flops") / number("seconds") / 1e9
                    if (rate > best[name]) best[name] = rate } }
            /"peak":/ { if (number("peak") > peak) peak = number("peak") }
            END { for (name in best) printf "%s\t%s\t%s\t%s\t%.4g\n", series, x, name, program, best[name]
                  printf "%s\t%s\tpeak\t%s\t%.4g\n", series, x, program, peak / 1e9 }' "$work/growth.json"
    done
}

measure() {
    for width in $widths; do
        point width "$width" dense -D width="$width"
    done
    for rows in $batches; do
        point batch "$rows" dense -D rows="$rows"
    done
    for count in $channels; do
        point channels "$count" conv -D channels="$count"
    done
}

# a benchmark of named models leaves the series of the last full one
if [ -z "${MODELS:-}" ] || [ ! -e "$tsv" ]; then
    measure | sort -t "$(printf '\t')" -k1,1 -k2,2n -k3,3 -k4,4 >"$tsv"
    awk -f "$here/growth.awk" "$tsv" >"$svg"
else
    printf 'From the last benchmark of all models. '
fi

echo "GFLOP/s with one thread, mnnc and OpenBLAS (\`mnnc --blas-only\`) on the same products: the layer \`probe\` of"
echo "[bench/models](models). width: dense [128, width] . [width, width]; batch: dense [batch, 512] . [512, 512];"
echo "channels: convolution 3 x 3 of 32 pictures 14 x 14, as many channels in as out (its backward makes both gradients)."
echo
echo "| series | size | forward: mnnc, OpenBLAS | backward | gradients of the kernel | peak |"
echo "|---|---|---|---|---|---|"
awk -F '\t' '
    { key = $1 "\t" $2; if (!(key in seen)) { seen[key] = 1; order[++count] = key }
      value[key, $3, $4] = $5 }
    function pair(key, name) { return (key, name, "mnnc") in value ? sprintf("%.0f, %.0f", value[key, name, "mnnc"], value[key, name, "openblas"]) : "-" }
    END { for (i = 1; i <= count; i++) { split(order[i], part, "\t")
            printf "| %s | %s | %s | %s | %s | %.0f |\n", part[1], part[2], pair(order[i], "forward"), pair(order[i], "backward"),
                pair(order[i], "gradients"), value[order[i], "peak", "mnnc"] } }' "$tsv"
