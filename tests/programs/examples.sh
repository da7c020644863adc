#!/bin/sh
# The examples, as their READMEs say.
#
#   tests/programs/examples.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1
# something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
mkdir "$work/energy"

# --- table ------------------------------------------------------------------------------------------
make_table() {
    "$root/examples/table/make_table.sh" >"$work/energy.csv" &&
        [ "$(wc -l <"$work/energy.csv")" -eq 1201 ] &&
        [ "$(sed -n 2p "$work/energy.csv")" = "130.1,3.35,0.172,0.996,0.039,1,21.8,-0.004,-0.003" ]
}

# cc, cflags and libs are lists of words.
# shellcheck disable=SC2086
convert() {
    $cc -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "$root/examples/table/csv_to_idx.c" \
        -lm -o "$work/csv_to_idx" &&
        "$work/csv_to_idx" "$work/energy.csv" 2 "$work/energy" && ls -l "$work/energy" &&
        [ "$(wc -c <"$work/energy/train-inputs-idx2-float")" -eq $((12 + 960 * 7 * 4)) ] &&
        [ "$(wc -c <"$work/energy/test-outputs-idx2-float")" -eq $((12 + 240 * 2 * 4)) ]
}

# Exit code 3 and a place for a table that is none.
rejects() {
    printf '%b' "$1" >"$work/wrong.csv"
    "$work/csv_to_idx" "$work/wrong.csv" 1 "$work/energy"
    [ $? -eq 3 ] && grep -q "^$work/wrong.csv:$2: error: " "$work/log"
}

train() {
    compile_model "$root/models/regression.mnn" "$work/regression" -O2 &&
        "$work/regression" train --quiet --data "$work/energy" --save "$work/energy.safetensors" >"$work/result" &&
        cat "$work/result" && awk '{ exit !($3 > 0 && $3 < 0.05) }' "$work/result"
}

# A line a row: its number, heating, cooling.
predict() {
    "$work/regression" predict --weights "$work/energy.safetensors" "$work/energy/test-inputs-idx2-float" \
        >"$work/predicted" && cat "$work/predicted" &&
        awk 'NF != 3 || $1 != NR - 1 || $2 < -2 || $2 > 12 || $3 < -2 || $3 > 12 { wrong = 1 }
             END { exit wrong || NR != 240 }' "$work/predicted"
}

check "table: the same table every time" make_table
check "table: becomes IDX files" convert
check "table: a cell that is no number is refused" rejects 'a,b\n1,2\n1,x\n' 3
check "table: a short row is refused" rejects 'a,b,c\n1,2,3\n1,2\n' 3
check "table: too few rows are refused" rejects 'a,b\n1,2\n' 2
check "table: the network learns it" train
check "table: predictions are numbers" predict

# --- own-data ---------------------------------------------------------------------------------------
own=$root/examples/own-data

# shellcheck disable=SC2086
own_tools() {
    for tool in make_pictures pictures_to_idx; do
        $cc -std=gnu11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "$own/$tool.c" $cflags $libs \
            -o "$work/$tool" || return 1
    done
    mkdir -p "$work/pictures/disc" "$work/pictures/square" "$work/pictures/triangle" "$work/shapes" &&
        "$work/make_pictures" 60 "$work/pictures" && [ "$(find "$work/pictures" -name '*.png' | wc -l)" -eq 180 ]
}

own_convert() {
    "$work/pictures_to_idx" "$work/pictures" 32 32 3 "$work/shapes" &&
        [ "$(wc -c <"$work/shapes/train-images-idx4-ubyte")" -eq $((20 + 144 * 32 * 32 * 3)) ] &&
        [ "$(wc -c <"$work/shapes/test-labels-idx1-ubyte")" -eq $((8 + 36)) ] &&
        grep -q "^class 1: $work/pictures/square, 60 pictures" "$work/log"
}

# Exit code and message for folders that are none of this kind.
own_rejects() {
    "$work/pictures_to_idx" "$1" 32 32 3 "$work/shapes2"
    [ $? -eq "$2" ] && grep -qF "$3" "$work/log"
}

# A guess that is right on 9 of 10 pictures; by chance it would be 3.
own_train() {
    compile_model "$own/shapes.mnn" "$work/net" -O2 &&
        "$work/net" train --quiet --data "$work/shapes" --epochs 40 --save "$work/net.safetensors" >"$work/result" &&
        cat "$work/result" && awk '{ exit !($5 >= 0.9) }' "$work/result"
}

own_predict() {
    set -- "$work"/pictures/square/00?.png
    "$work/net" predict --quiet --json --weights "$work/net.safetensors" "$@" >"$work/predicted" && cat "$work/predicted" &&
        [ "$(grep -c '"class": 1,' "$work/predicted")" -ge 8 ]
}

check "own-data: pictures" own_tools
check "own-data: become IDX files" own_convert
mkdir -p "$work/shapes2" "$work/one/class" "$work/few/a" "$work/few/b" "$work/bad/a" "$work/bad/b"
for i in 1 2 3 4 5; do
    cp "$work/pictures/disc/000.png" "$work/few/a/$i.png"
    echo "no picture" >"$work/bad/a/$i.png"
done
check "own-data: one class is refused" own_rejects "$work/one" 3 "expected 2 to 256 folders"
check "own-data: too few pictures are refused" own_rejects "$work/few" 3 "too few pictures"
check "own-data: what is no picture is refused" own_rejects "$work/bad" 3 "bad/a/1.png: at byte 0: not a PNG, JPEG or PGM image"
check "own-data: the network learns them" own_train
check "own-data: new pictures are told apart" own_predict

finish examples
