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

# A table that is refused, or a disk that is full, leaves the files that are there, and nothing else.
keeps() {
    (cd "$work/energy" && ls -A && cksum ./*) >"$work/before"
    for table in 'a,b\n1,2\n1,x\n' 'a,b\n' 'a,,b\n1,2,3\n'; do
        printf '%b' "$table" >"$work/wrong.csv"
        ! "$work/csv_to_idx" "$work/wrong.csv" 1 "$work/energy" || return
    done
    (
        ulimit -f 8
        trap '' XFSZ
        "$work/csv_to_idx" "$work/energy.csv" 2 "$work/energy"
    )
    [ $? -eq 5 ] && (cd "$work/energy" && ls -A && cksum ./*) | cmp - "$work/before"
}

# Blanks, tabs, exponents, an empty line.
accepts() {
    printf 'a,b\n1,2\n 3 ,\t4\n\n5e-1,-6\r\n.5,+7.\n' >"$work/good.csv"
    for row in 1 2 3 4 5 6 7; do echo "$row,$row" >>"$work/good.csv"; done
    mkdir -p "$work/good" && "$work/csv_to_idx" "$work/good.csv" 1 "$work/good" >"$work/said" && cat "$work/said" &&
        grep -q "1 empty lines skipped" "$work/said" && grep -q "11 rows, 2 of them" "$work/said"
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
for cell in nan inf 0x10 1e99 '"1"' '' ' ' '1;2' '1 2' '1,2' '\0001'; do
    check "table: the cell '$cell' is refused" rejects "a,b\\n1,2\\n1,$cell\\n" 3
done
check "table: a column without a name is refused" rejects 'a,,b\n1,2,3\n' 1
check "table: a NUL is refused" rejects 'a,b\n1,2\0000,9\n' 2
check "table: cells that are accepted" accepts
check "table: what is refused leaves the old files" keeps
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
        grep -q "^class 1: $work/pictures/square, 60 images" "$work/log"
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
check "own-data: too few pictures are refused" own_rejects "$work/few" 3 "too few images"
check "own-data: what is no picture is refused" own_rejects "$work/bad" 3 "bad/a/1.png: at byte 0: not a PNG, JPEG or PGM image"
# Files of every kind: those that are used, ignored, reported.
own_kinds() {
    own_set=$work/mixed
    mkdir -p "$own_set/class a" "$own_set/ü/folder" "$own_set/.ipynb_checkpoints" "$own_set/ü/.hidden" "$work/mixed-idx"
    for i in 1 2 3 4 5 6; do
        cp "$work/pictures/disc/00$i.png" "$own_set/class a/$i x.png"
        cp "$work/pictures/square/00$i.png" "$own_set/ü/$i.PNG"
        cp "$work/pictures/square/01$i.png" "$own_set/.ipynb_checkpoints/$i.png"
    done
    cp "$work/pictures/disc/010.png" "$own_set/class a/no extension"
    for kind in grey colour progressive 6; do
        "$work/to_jpeg" "$work/pictures/square/020.png" "$own_set/ü/$kind.JPEG" "$kind" || return
    done
    "$work/to_jpeg" "$work/pictures/square/020.png" "$own_set/ü/cmyk.jpg" cmyk || return
    head -c 400 "$own_set/ü/grey.JPEG" >"$own_set/ü/cut.jpg"
    echo x >"$own_set/.DS_Store" && echo x >"$own_set/class a/.DS_Store" && echo text >"$own_set/notes.txt"
    printf 'GIF89a' >"$own_set/class a/moving.gif" && mkfifo "$own_set/class a/pipe" &&
        ln -s nowhere "$own_set/class a/link.png" && printf 'x' >"$own_set/class a/$(printf '\033[2J').png"
    "$work/pictures_to_idx" "$own_set" 28 28 1 "$work/mixed-idx" >"$work/said" 2>&1 || return
    cat "$work/said"
    for text in "class 0: $own_set/class a, 7 images, 4 files skipped" "class 1: $own_set/ü, 10 images, 3 files skipped" \
        "mixed/notes.txt: not the folder of a class" "cmyk.jpg: at byte 341: colours of the JPEG (got CMYK" \
        "cut.jpg: at byte 400: JPEG is cut off" "moving.gif: at byte 0: not a PNG, JPEG or PGM image (got a GIF image)" \
        "pipe: " "link.png: could not open" '\x1b[2J.png: ' "ü/folder: " "8 files skipped"; do
        grep -qF -e "$text" "$work/said" || {
            echo "does not say: $text"
            return 1
        }
    done
    ! grep -e ipynb -e DS_Store -e hidden -e "$(printf '\033')" "$work/said" &&
        [ "$(wc -c <"$work/mixed-idx/train-images-idx3-ubyte")" -eq $((16 + 14 * 784)) ]
}

# A run that fails leaves the files of the one before, and nothing else.
own_keeps() {
    (cd "$work/shapes" && ls -A && cksum ./*) >"$work/before"
    mkdir "$work/pictures/empty"
    "$work/pictures_to_idx" "$work/pictures" 32 32 3 "$work/shapes"
    code=$?
    rmdir "$work/pictures/empty"
    [ "$code" -eq 3 ] && (cd "$work/shapes" && ls -A && cksum ./*) | cmp - "$work/before" || return
    (
        ulimit -f 8
        "$work/pictures_to_idx" "$work/pictures" 32 32 3 "$work/shapes"
    )
    [ $? -eq 5 ] && (cd "$work/shapes" && ls -A && cksum ./*) | cmp - "$work/before"
}

# Blank images are used, and counted.
own_blank() {
    mkdir -p "$work/blank/a" "$work/blank/b" "$work/blank-idx"
    for i in 1 2 3 4 5; do
        cp "$work/pictures/disc/00$i.png" "$work/blank/a" && { printf 'P5 9 9 255\n' && head -c 81 /dev/zero; } >"$work/blank/b/$i"
    done
    "$work/pictures_to_idx" "$work/blank" 28 28 1 "$work/blank-idx" && grep -q "blank/b, 5 images, 5 of them blank" "$work/log"
}

# shellcheck disable=SC2086 # lists of words
$cc -std=gnu11 -O1 "$here/to_jpeg.c" $cflags $libs -o "$work/to_jpeg" || exit 1
check "own-data: all kinds of files" own_kinds
check "own-data: what is refused leaves the old files" own_keeps
check "own-data: blank images" own_blank
check "own-data: the network learns them" own_train
check "own-data: new pictures are told apart" own_predict

finish examples
