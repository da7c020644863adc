#!/bin/sh
# Seconds per training epoch and peak memory of the three classic models, beside PyTorch eager, in turns.
# Usage: run.sh BUILD [ROUNDS [LIMIT]]; LIMIT ends every epoch after that many steps (a smoke run).
# The first epoch of every run warms up and is not counted.
set -eu
build=$(realpath "$1")
rounds=${2:-3}
limit=${3:-0}
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
python=/usr/bin/python3
"$python" -c 'import numpy, torch' 2>/dev/null || python=""
[ -n "$python" ] || echo "bench: PyTorch is missing (python3-torch): its columns are left out"

ours() { # MODEL THREADS
    "$work/$1" train --data "$data" --epochs 3 --threads "$2" --json ${3:+--batch-limit "$3"} 2>/dev/null |
        sed -n 's/.*"event": "epoch", "epoch": [2-9].*"seconds": \([0-9.e+-]*\).*/\1/p'
}

theirs() { # MODEL THREADS
    "$python" "$here/torch_epoch.py" "$1" "$data" 3 "$2" "${3:-0}" >"$work/torch"
    sed -n 's/^epoch //p' "$work/torch" | tail -n +2
    sed -n 's/^memory //p' "$work/torch" >"$work/torch_memory"
}

# "median minimum maximum" of the numbers in a file
spread() {
    sort -g "$1" | awk '{ v[NR] = $1 } END { printf "%.3f %.3f %.3f", (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2, v[1], v[NR] }'
}

# Peak memory of the trainer over one epoch, in MB.
cc -O1 "$here/peak_memory.c" -o "$work/peak_memory"
memory() {
    "$work/peak_memory" "$work/$1" train --data "$data" --epochs 1 --threads 1 --quiet \
        ${limit:+--batch-limit "$limit"} 2>&1 >/dev/null | tail -n 1
}

[ "$limit" != 0 ] || limit=""
echo "data: $(basename "$data"), $rounds rounds of 2 counted epochs; $(nproc) processors; $(cc --version | head -n 1)"
printf '%-5s %-7s  %-23s  %-23s  %-8s %-8s %s\n' model threads "mnnc s/epoch (min max)" "PyTorch (min max)" ratio "MB" "PyTorch MB"
for model in mlp wide cnn; do
    "$build/mnnc" "$here/../models/$model.mnn" -o "$work/$model.c"
    # shellcheck disable=SC2046 # words
    cc -O3 -march=native "$work/$model.c" $(pkg-config --cflags --libs mnn) -o "$work/$model"
    for threads in 1 2; do
        : >"$work/a"
        : >"$work/b"
        for _ in $(seq "$rounds"); do
            ours "$model" "$threads" "$limit" >>"$work/a"
            [ -z "$python" ] || theirs "$model" "$threads" "$limit" >>"$work/b"
        done
        # shellcheck disable=SC2046 # words
        set -- $(spread "$work/a") $( [ -s "$work/b" ] && spread "$work/b" || echo "- - -")
        ratio=$(awk -v a="$1" -v b="$4" 'BEGIN { if (b == "-") print "-"; else printf "%.2f", b / a }')
        printf '%-5s %-7s  %-23s  %-23s  %-8s %-8s %s\n' "$model" "$threads" "$1 ($2 $3)" "$4 ($5 $6)" "$ratio" \
            "$(memory "$model")" "$(cut -d. -f1 "$work/torch_memory" 2>/dev/null || echo -)"
    done
done
