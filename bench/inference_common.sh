# What inference.sh and engines.sh share; sourced by each, with the current folder a scratch one and
#   build  the folder with mnnc and the library
# It sets data (the folder with MNIST, or with Fashion-MNIST), pictures (the file of its test set), flags and libs.
# shellcheck shell=sh
. "$(dirname "$0")/common.sh"

data=$(mnist_folder)
pictures=$data/t10k-images-idx3-ubyte
[ -e "$pictures" ] || pictures=$pictures.gz
flags=$(pkg-config --cflags mnn) libs=$(pkg-config --libs mnn)

# train MODEL: ./trainer, weights.safetensors, net.c and net.h. The training is short: how many of a layer's outputs are
# 0 decides much of the time of a prediction.
# shellcheck disable=SC2086 # words
train() {
    "$build/mnnc" "$(description "$1")" -o trainer.c
    cc -O3 -march=native $flags trainer.c $libs -o trainer
    ./trainer train --quiet --data "$data" --epochs 1 --batch-limit 400 --save weights.safetensors >/dev/null
    "$build/mnnc" "$(description "$1")" --emit=inference --weights weights.safetensors -o net.c --header net.h
}

# timer OBJECT... [-DONNX2C]: ./inference_time of the objects
# shellcheck disable=SC2086 # words
timer() {
    cc -O2 $flags -I. -DHEADER='"net.h"' -DPREDICT=net_predict -DINPUTS=NET_INPUTS -DOUTPUTS=NET_OUTPUTS \
        "$here/inference_time.c" "$@" $libs -o inference_time
}
