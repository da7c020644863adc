#!/bin/sh
# The published programs of tests/programs-published/: each is in canonical form, compiles, and trains for some steps on
# random data of the shapes that its line "# test data:" says.
#
#   tests/programs/published.sh MNNC CC BUILD_DIR [NAME...]
#
# NAME: a program; default: all. BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0
# all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 3 ] || usage "MNNC CC BUILD_DIR [NAME...]"
use_tools "$1" "$2" "$3"
shift 3
make_work "$build/tests/programs"
make_tools make_npy
programs=$root/tests/programs-published
samples=24

# make_data DESCRIPTION: the files of its sources, "x real 28 28; y below 10": NAME/train-x.npy, NAME/train-y.npy and those
# of the test set, in a folder with the name of its data block.
make_data() {
    folder=$work/$(sed -n 's/^data \([^ ]*\) {.*/\1/p' "$1")
    mkdir -p "$folder"
    sed -n 's/^# test data: //p' "$1" | tr ';' '\n' | while read -r array made; do
        for set in train test; do
            # shellcheck disable=SC2086 # a list of words
            "$work/make_npy" "$folder/$set-$array.npy" 1 $samples $made || return
        done
    done
}

# The last line of training has a loss that is a number.
trains() {
    compile_model "$1" "$work/program" &&
        (cd "$work" && MNN_DATA_PATH=. ./program train --quiet --epochs 1 --batch-limit 2 --json >result) &&
        cat "$work/result" && grep -q '"steps": [1-9].*"loss": *-*[0-9]' "$work/result"
}

said() {
    sed "/^## Not said/q" "$programs/README.md" | grep -qF "| $1 |"
}

# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(cd "$programs" && ls -- *.mnn)
for name in "$@"; do
    name=${name%.mnn}
    "$mnnc" -w --format "$programs/$name.mnn" >"$work/formatted" 2>"$work/log" && cmp -s "$programs/$name.mnn" "$work/formatted"
    verdict $? "$name: in canonical form"
    check "$name: has a row in the table" said "$name"
    make_data "$programs/$name.mnn"
    check "$name: trains" trains "$programs/$name.mnn"
done
finish published
