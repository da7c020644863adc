#!/bin/sh
# The benchmark: compile times, training beside peers, prediction, layers beside oneDNN, every function against the
# machine's peak, and the growth series. Writes RESULTS.md.
# Usage: run.sh BUILD [full|quick|smoke [RESULT]]
#   full   about half an hour on 2 processors; RESULT is bench/RESULTS.md unless another is named
#   quick  a few minutes, rough figures; RESULT is BUILD/bench/RESULTS.md
#   smoke  seconds: whether everything runs; the figures mean nothing
# MODELS="mlp cnn" names the models and leaves the growth series out. Peers: PyTorch (python3-torch), oneDNN (libdnnl-dev), and kann where KANN names the
# folder of its sources (github.com/attractivechaos/kann).
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
kann=
onednn=
export build work size data python kann onednn
export PKG_CONFIG_PATH="$build"

cc -O2 "$here/measure.c" -o "$work/measure"
cc -O2 -pthread "$here/pingpong.c" -o "$work/pingpong_bin"
cc -O3 -march=native "$here/triad.c" -o "$work/triad"
# shellcheck disable=SC2046 # words
if [ -n "${KANN:-}" ]; then
    for variant in openblas own_loops; do
        blas=
        [ $variant = own_loops ] || blas=-DHAVE_CBLAS
        cc -std=gnu11 -O3 -march=native -w -DHAVE_PTHREAD $blas -I"$KANN" "$here/kann_train.c" "$KANN/kann.c" \
            "$KANN/kautodiff.c" $(pkg-config --cflags --libs mnn) -o "$work/kann_$variant"
    done
    kann=yes
else
    echo "bench: KANN=FOLDER does not name kann's sources: its columns are empty"
fi
[ -z "$python" ] || [ -e "/usr/lib/$(cc -print-multiarch)/libtcmalloc_minimal.so.4" ] ||
    echo "bench: tcmalloc is missing (libtcmalloc-minimal4): PyTorch is slower without"
if cc -std=gnu11 -O2 "$here/onednn.c" -ldnnl -lm -o "$work/onednn" 2>"$work/onednn.log"; then
    onednn=yes
else
    echo "bench: oneDNN 2 is missing (libdnnl-dev): its table is left out"
fi
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
models=${MODELS:-$models}

settings() {
    cat <<'TEXT'
Programs take turns: mnnc, `mnnc --blas-only` (the same program with every matrix product by OpenBLAS), and the peers. A run
is three epochs, of which the first is not counted; mlp, wide and cnn have three runs, mlp_large, vgg, convnet_bn and
resnet_small two, the others one. Where steps are named, an epoch ended after them and is extrapolated.

Every program runs without OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE. Each peer is first tried with each of its settings, for an
epoch after one to warm up, and measured with the fastest:

- PyTorch, eager, always with tcmalloc: `avx512` (ATEN_CPU_CAPABILITY), `channels_last` (memory format), with two threads
  `one_pool` (OpenBLAS for OpenMP, which shares PyTorch's threads) or `own_threads` (OpenBLAS with one thread, OMP_WAIT_POLICY=passive). It trains
  without the learning-rate schedules and the augmentation that some descriptions have.
- kann, compiled with -O3 -march=native: `openblas` or its `own_loops`, two threads as `kann_threads` (kann_mt) or
  `openblas_threads`. It has one optimizer, RMSprop, and no batch normalization.

The test column is accuracy (autoencoder, regression: mean squared error) after the three epochs as they were measured; a
peer whose result is far from ours is left out, and PyTorch's matrix products are compared with double precision first.
Ping-pong: the time of a cache line's way between the two processors during these runs, least and most; figures for two
threads compare only where it is alike.
TEXT
}

# shellcheck disable=SC2086 # words
{
    "$here/compile.sh" $models >"$work/compile.md"
    "$here/training.sh" $models >"$work/training.md"
    "$here/functions.sh" $models >"$work/functions.md"
    printf '# Results\n\nWritten by `make bench` (%s). Figures are medians, followed by the least and the most.\n\n' "$size"
    "$here/machine.sh"
    echo "- data: $(basename "$data")"
    printf '\n## Training beside the best peer\n\n'
    printf 'Seconds per training epoch, median (least-most), of mnnc and of the fastest peer with its best setting:\n\n'
    cat "$work/best.md"
    printf '\nOne prediction takes %s in the trainer.\nWith OpenBLAS for all matrix products (`--blas-only`) an epoch' \
        "$(cat "$work/single")"
    printf ' takes %s times as long with one thread.\nMeasured on %s.\n' \
        "$(sort -g "$work/blas_ratios" | sed -n '1p;$p' | paste -sd ' ' | sed 's/ / to /')" "$("$here/machine.sh" short)"
    printf '\n## Training, seconds per epoch\n\n'
    settings
    echo
    cat "$work/training.md"
    printf '\n## Prediction\n\n'
    cat "$work/functions.md"
    printf '\n## Layers beside oneDNN\n\n'
    "$here/layers.sh" $models
    printf '\n## Functions\n'
    "$here/steps.sh" $models
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
