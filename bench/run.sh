#!/bin/sh
# The benchmark: compile times, training beside peers, prediction, every function against the machine's peak, and
# the growth series. Writes RESULTS.md.
# Usage: run.sh BUILD [full|quick|smoke [RESULT]]
#   full   under 25 minutes on 2 processors; RESULT is bench/RESULTS.md unless another is named
#   quick  a few minutes, rough figures; RESULT is BUILD/bench/RESULTS.md
#   smoke  seconds: whether everything runs; the figures mean nothing
set -eu
build=$(realpath "${1:?usage: run.sh BUILD [full|quick|smoke [RESULT]]}")
size=${2:-full}
here=$(cd "$(dirname "$0")" && pwd)
case $size in
full) result=${3:-$here/RESULTS.md} ;;
quick | smoke) result=${3:-$build/bench/RESULTS.md} ;;
*)
    echo "run.sh: the size is full, quick or smoke (got \"$size\")" >&2
    exit 2
    ;;
esac
begun=$(date +%s)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$result")" "$build/bench"
python=/usr/bin/python3

data=/usr/share/datasets/fashion-mnist
old_ifs=$IFS
IFS=:
for folder in ${MNN_DATA_PATH:-data:/usr/share/datasets}; do
    [ -e "$folder/mnist/train-images-idx3-ubyte" ] || [ -e "$folder/mnist/train-images-idx3-ubyte.gz" ] || continue
    data=$folder/mnist
    break
done
IFS=$old_ifs
"$python" -c 'import numpy, torch' 2>/dev/null || python=
[ -n "$python" ] || echo "bench: PyTorch is missing (python3-torch): its columns are empty"
[ "$size" != smoke ] || python=
export build work size data python

cc -O2 "$here/measure.c" -o "$work/measure"
cc -O2 -pthread "$here/pingpong.c" -o "$work/pingpong_bin"
cc -O3 -march=native "$here/triad.c" -o "$work/triad"
table=$here/../examples/table
cc -O2 "$table/csv_to_idx.c" -lm -o "$work/csv_to_idx"
"$table/make_table.sh" >"$work/energy.csv"
mkdir "$work/energy"
"$work/csv_to_idx" "$work/energy.csv" 2 "$work/energy" >/dev/null

models="mlp wide cnn mlp_large vgg"
for file in "$here"/../models/*.mnn; do
    [ "$size" = full ] || break
    name=$(basename "$file" .mnn)
    case " $models " in *" $name "*) ;; *) models="$models $name" ;; esac
done
[ "$size" != smoke ] || models="mlp regression"

# shellcheck disable=SC2086 # words
{
    printf '# Results\n\nWritten by `make bench` (%s). Figures are medians, with the least and the most behind.\n\n' "$size"
    "$here/machine.sh"
    echo "- data: $(basename "$data")"
    printf '\n## Training, seconds an epoch\n\n'
    cat <<'TEXT'
Programs take turns: mnnc, `mnnc --blas-only` (the same program with every product by OpenBLAS), PyTorch eager; a run
is three epochs, of which the first is not counted; three runs of the first five models, one of the others. Where
steps are named, an epoch was ended there and extrapolated. PyTorch trains without the schedules and the augmentation
that some descriptions have. The test column is accuracy (autoencoder, regression: mean squared error) after the
three epochs, as they were measured. Ping-pong: a cache line's way between the two processors during these runs, least and most;
figures for two threads compare only where it is alike.

TEXT
    "$here/compile.sh" $models >"$work/compile.md"
    "$here/training.sh" $models
    printf '\n## Prediction\n\n'
    "$here/functions.sh" $models
    printf '\n## Compiling\n\n'
    cat "$work/compile.md"
} >"$work/results.md"

if [ "$size" = full ]; then
    "$here/growth.sh" "$here/growth.tsv" "$here/growth.svg"
else
    "$here/growth.sh" "$build/bench/growth.tsv" "$build/bench/growth.svg"
fi >"$work/growth.md"
{
    cat "$work/results.md"
    printf '\n## Growth\n\n'
    cat "$work/growth.md"
    printf '\nAll of this took %d minutes.\n' $((($(date +%s) - begun + 59) / 60))
} >"$work/all.md"
mv "$work/all.md" "$result"
cat "$result"
