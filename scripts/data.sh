#!/bin/sh
# Download MNIST's four files. Usage: data.sh DIR
# Files that are in DIR and right are kept. MNN_MIRROR, a URL that ends in "/", takes the place of the mirrors.
set -eu
folder=${1:?usage: data.sh DIR}
mirrors=${MNN_MIRROR:-https://ossci-datasets.s3.amazonaws.com/mnist/ https://storage.googleapis.com/cvdf-datasets/mnist/}

# fetch URL FILE
fetch() {
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --connect-timeout 15 --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget --quiet --timeout=15 --tries=2 --output-document="$2" "$1"
    else
        echo "error: neither curl nor wget is installed" >&2
        return 1
    fi
}

# is_right FILE SHA256
is_right() {
    [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]
}

give_up() {
    cat >&2 <<EOF
error: could not download $1
hint: without a network, train on Fashion-MNIST instead: apt-get install dataset-fashion-mnist,
      then give the program --data /usr/share/datasets/fashion-mnist
hint: or put these four files into $folder yourself:
      train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz
EOF
    exit 5
}

# get FILE SHA256: into a temporary file first, so that DIR never holds half of it
get() {
    if is_right "$folder/$1" "$2"; then
        echo "$folder/$1 is there"
        return
    fi
    for mirror in $mirrors; do
        echo "downloading $mirror$1"
        fetch "$mirror$1" "$part" || continue
        if is_right "$part" "$2"; then
            chmod 644 "$part"
            mv "$part" "$folder/$1"
            return
        fi
        echo "error: $mirror$1 is not the file that was expected (its SHA-256 differs)" >&2
    done
    give_up "$1"
}

mkdir -p "$folder" || exit 5
part=$(mktemp "$folder/.download.XXXXXX") || exit 5
trap 'rm -f "$part"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
get train-images-idx3-ubyte.gz 0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971
get train-labels-idx1-ubyte.gz 3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c
get t10k-images-idx3-ubyte.gz 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6
get t10k-labels-idx1-ubyte.gz f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6
echo "MNIST is in $folder"
