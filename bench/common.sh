# Shared parts of the benchmark; sourced by each script. run.sh sets
#   build, work   folders: mnnc and the library; programs and measurements
#   size          full, quick or smoke
#   data          the folder with MNIST, or with Fashion-MNIST
#   python        with PyTorch, or empty
#   kann          "yes" if kann's programs have been built
#   onednn        "yes" if oneDNN's program has been built
# shellcheck shell=sh
here=$(cd "$(dirname "$0")" && pwd)
PKG_CONFIG_PATH=$build
# These two make OpenBLAS choose slower kernels than the processor's own. Results are checked.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
export PKG_CONFIG_PATH

# The description of a model.
description() {
    for folder in "$here/models" "$here/../models"; do
        [ ! -e "$folder/$1.mnn" ] || echo "$folder/$1.mnn"
    done
}

# Where its data are: regression has its own.
data_of() {
    if [ "$1" = regression ]; then echo "$work/energy"; else echo "$data"; fi
}

# "median minimum maximum" of the numbers in a file; "- - -" of none.
spread() {
    sort -g "$1" | awk '{ v[NR] = $1 }
        END { if (NR == 0) print "- - -"; else printf "%.4g %.4g %.4g\n", (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2, v[1], v[NR] }'
}

# field KEY: the number after a key in lines of JSON on standard input.
field() {
    sed -n "s/.*\"$1\": \\([0-9.e+-]*\\).*/\\1/p"
}

# quotient A B FORMAT: "-" where one is missing
quotient() {
    awk -v a="$1" -v b="$2" -v format="$3" 'BEGIN { if (a + 0 == 0 || b + 0 == 0) print "-"; else printf format "\n", a / b }'
}

# mnist_folder: where MNIST is, or else Fashion-MNIST
mnist_folder() (
    IFS=:
    for folder in ${MNN_DATA_PATH:-data:/usr/share/datasets}; do
        [ -e "$folder/mnist/train-images-idx3-ubyte" ] || [ -e "$folder/mnist/train-images-idx3-ubyte.gz" ] || continue
        echo "$(realpath "$folder")/mnist"
        exit
    done
    echo /usr/share/datasets/fashion-mnist
)
