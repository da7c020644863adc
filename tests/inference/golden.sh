#!/bin/sh
# Goldens of inference code: golden/NAME.mnn with trained weights in NAME.safetensors, mnnc's options in its first
# line, and what comes out in NAME.c, with NAME.h or NAME.bin where the options ask for them; NAME.idx holds samples
# that the options may name. All must compile without a warning.
# Usage: golden.sh MNNC "CC..." [--refresh]; --refresh writes what comes out over the files that are there.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 2 ] || usage "MNNC CC [--refresh]"
make_work
mnnc=$(realpath "$1")
cc=$2
refresh=${3:-}
unset LC_ALL LANG
# shellcheck source=tests/inference/common.sh
. "$here/common.sh"
cd "$work" || exit 1

# shellcheck disable=SC2046 # the options are words
agrees() {
    "$mnnc" "$1.mnn" --emit=inference --weights "$1.safetensors" -o "$1.c" $(sed -n '1s/^# options: //p' "$1.mnn") ||
        { echo "exit $?"; return 1; }
    for made in "$1.c" "$1.h" "$1.bin"; do
        [ -e "$made" ] || continue
        cmp -s "$made" "$here/golden/$made" && continue
        if [ "$refresh" = --refresh ]; then
            cp "$made" "$here/golden/$made"
            echo "refreshed $made"
            continue
        fi
        echo "$made is not what mnnc gives"
        diff -u "$here/golden/$made" "$made" | head -n 20
        return 1
    done
    clean "$1.c"
}

for file in "$here"/golden/*.mnn; do
    name=$(basename "$file" .mnn)
    cp "$here/golden/$name.mnn" "$here/golden/$name.safetensors" .
    [ ! -e "$here/golden/$name.idx" ] || cp "$here/golden/$name.idx" .
    if agrees "$name" >log 2>&1; then
        ok
        grep '^refreshed' log
    else
        fail "$name"
    fi
done
finish "goldens of inference code"
