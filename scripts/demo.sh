#!/bin/sh
# The whole way from a description to a trained, saved and evaluated model. Usage: demo.sh BUILD MODEL.mnn
# Everything goes to BUILD/demo. What is up to date is not done again. MNN_DEMO_OPTIONS holds more options
# for the training, e.g. "--epochs 1".
set -eu
build=${1:?usage: demo.sh BUILD MODEL.mnn}
model=${2:?usage: demo.sh BUILD MODEL.mnn}
name=$(basename "$model" .mnn)
out=$build/demo
program=$out/$name
trained=$out/$name.trained # made when a training has ended well; holds the folder of its data

say() {
    printf '\n\033[1m$ %s\033[0m\n' "$*"
}
[ -t 1 ] || say() {
    printf '\n$ %s\n' "$*"
}

run() {
    say "$*"
    "$@"
}

# Whether file $1 is there and not older than any of the others.
current() {
    file=$1
    shift
    [ -e "$file" ] || return 1
    for other in "$@"; do
        [ -z "$(find "$other" -newer "$file")" ] || return 1
    done
}

# Whether a folder has the four files, plain or compressed.
has_data() {
    for file in train-images train-labels t10k-images t10k-labels; do
        # the character before "idx" differs between copies
        set -- "$1" "$1/$file"[-._]idx[13]-ubyte*
        [ -e "$2" ] || return 1
    done
}

# The folder of MNIST, looked for as the program itself does; nothing when it is not there.
find_mnist() {
    path=${MNN_DATA_PATH:-data:/usr/share/datasets}
    saved=$IFS
    IFS=:
    for folder in . $path; do
        if [ -n "$folder" ] && has_data "$folder/mnist"; then
            echo "$folder/mnist"
            break
        fi
    done
    IFS=$saved
}

choose_data() {
    data=$(find_mnist)
    if [ -n "$data" ]; then
        echo "data: MNIST, found in $data"
        return
    fi
    data=/usr/share/datasets/fashion-mnist
    if ! has_data "$data"; then
        echo "error: neither MNIST nor Fashion-MNIST is there" >&2
        echo "hint: make data, or apt-get install dataset-fashion-mnist" >&2
        exit 5
    fi
    echo "data: Fashion-MNIST (images of clothes, harder than digits), found in $data"
    echo "      (MNIST is not in ${MNN_DATA_PATH:-data:/usr/share/datasets}; \"make data\" fetches it)"
}

build_program() {
    if current "$program" "$model" "$build/mnnc" "$build/libmnn.a"; then
        echo "$program is up to date"
        return
    fi
    run "$build/mnnc" "$model" -o "$out/$name.c"
    say "${CC:-cc} -O3 -march=native $out/$name.c \$(pkg-config --cflags --libs mnn) -o $program"
    flags=$(PKG_CONFIG_PATH=$build:${PKG_CONFIG_PATH:-} pkg-config --cflags --libs mnn)
    # shellcheck disable=SC2086 # the flags are words
    ${CC:-cc} -O3 -march=native "$out/$name.c" $flags -o "$program"
}

train() {
    if [ -e "$out/$name.safetensors" ] && current "$trained" "$program" "$model" && [ "$(cat "$trained")" = "$data" ]; then
        echo "$out/$name.safetensors is up to date: not trained again"
        return
    fi
    rm -f "$trained"
    # shellcheck disable=SC2086 # the options are words
    run "$program" train --data "$data" --save "$out/$name.safetensors" ${MNN_DEMO_OPTIONS:-}
    echo "$data" >"$trained"
}

mkdir -p "$out"
choose_data
build_program
train
run "$program" evaluate --data "$data" --weights "$out/$name.safetensors"
