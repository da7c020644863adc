#!/bin/sh
# Microseconds of one prediction with inference code, one thread, over pictures of the test set, and how large code and
# weights are. The weights are of a short training: how many of a layer's outputs are 0 decides much of the time.
# Usage: inference.sh BUILD [MODEL...]
set -eu
build=$(realpath "$1")
shift
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PKG_CONFIG_PATH=$build
export PKG_CONFIG_PATH

data=/usr/share/datasets/fashion-mnist
old_ifs=$IFS
IFS=:
for folder in ${MNN_DATA_PATH:-data:/usr/share/datasets}; do
    [ -e "$folder/mnist/train-images-idx3-ubyte" ] || [ -e "$folder/mnist/train-images-idx3-ubyte.gz" ] || continue
    data=$folder/mnist
    break
done
IFS=$old_ifs
pictures=$data/t10k-images-idx3-ubyte
[ -e "$pictures" ] || pictures=$pictures.gz
cd "$work"
flags=$(pkg-config --cflags mnn) libs=$(pkg-config --libs mnn)

echo "data: $(basename "$data"), median (smallest-largest) of 21 rounds over 1000 pictures; $(cc --version | head -n 1)"
printf '%-12s %-9s %22s %12s %12s %12s\n' model compiler "us a picture" "code bytes" "weights" "memory"
for model in ${*:-mlp wide cnn lenet5}; do
    "$build/mnnc" "$here/../models/$model.mnn" -o trainer.c
    # shellcheck disable=SC2086 # words
    cc -O3 -march=native $flags trainer.c $libs -o trainer
    ./trainer train --quiet --data "$data" --epochs 1 --batch-limit 400 --save weights.safetensors >/dev/null
    "$build/mnnc" "$here/../models/$model.mnn" --emit=inference --weights weights.safetensors \
        -o net.c --header net.h
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        $compiler -O3 -march=native -c net.c -o net.o
        # shellcheck disable=SC2086 # words
        $compiler -O2 $flags -I. -DHEADER='"net.h"' -DPREDICT=net_predict -DINPUTS=NET_INPUTS -DOUTPUTS=NET_OUTPUTS \
            "$here/inference_time.c" net.o $libs -o inference_time
        ./inference_time "$pictures" >times
        constant=$(sed -n 's/.*_WEIGHT_BYTES = \([0-9]*\).*/\1/p' net.h)
        read -r median least most <times
        printf '%-12s %-9s %22s %12s %12s %12s\n' "$model" "$compiler" "$median ($least-$most)" \
            "$(size net.o | awk -v weights="$constant" 'NR == 2 { print $1 - weights }')" "$constant" \
            "$(sed -n 's/.*_WORK_BYTES = \([0-9]*\).*/\1/p' net.h)"
    done
done
