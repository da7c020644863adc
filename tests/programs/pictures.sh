#!/bin/sh
# What programs make of pictures and tables to look at, and of colour pictures.
#
#   tests/programs/pictures.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1
# something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
mkdir "$work/grey" "$work/table" "$work/rgb"

export LC_ALL=C

make_tools make_idx float_idx

# program NAME SHAPE STEPS LAYERS: of four classes
program() {
    cat >"$work/$1.mnn" <<END
data d {
    train = idx("d/train-images-idx3-ubyte", "d/train-labels-idx1-ubyte")
    test = idx("d/t10k-images-idx3-ubyte", "d/t10k-labels-idx1-ubyte")
    validation = split(train, 0.25)
    scale(1/255)
    reshape($2)
    $3
}
model $1 {
    $4
    dense(4, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam
    seed = 3
}
END
    compile_model "$work/$1.mnn" "$work/$1" -O2
}

"$work/make_idx" "$work/grey" 3 40 20 4 8 8 && "$work/make_idx" "$work/rgb" 3 40 20 4 8 8 3 &&
    "$work/make_idx" "$work/table" 3 40 20 4 7 || exit 1
for file in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    "$work/float_idx" "$work/table/$file" "$work/floats" && mv "$work/floats" "$work/table/$file" || exit 1
done

# --- show -------------------------------------------------------------------------------------------

# shows LINES PROGRAM FOLDER OPTION...: so many lines, none of them longer than the terminal
shows() {
    lines=$1 shower=$2 folder=$3
    shift 3
    COLUMNS=60 "$work/$shower" show --data "$work/$folder" "$@" >"$work/out" && cat "$work/out" &&
        [ "$(wc -l <"$work/out")" -eq "$lines" ] && awk 'length($0) > 60 { exit 1 }' "$work/out"
}

# The numbers of a row are those of the file (float_idx keeps them).
same_numbers() {
    COLUMNS=200 "$work/columns" show --data "$work/table" --count 2 --set test >"$work/out" && cat "$work/out" &&
        tail -c +$((13 + 28)) "$work/table/t10k-images-idx3-ubyte" >"$work/second" &&
        od -A n -t f4 --endian=big -w28 -N 28 "$work/second" | awk '{ for (i = 1; i <= NF; i++) print $i + 0 }' >"$work/a" &&
        sed -n 3p "$work/out" | awk '{ for (i = 2; i <= 8; i++) print $i + 0 }' >"$work/b" && cmp "$work/a" "$work/b"
}

# The grid of a colour set is a PNG that predict takes.
grid() {
    "$work/colour" show --data "$work/rgb" --count 1 --set "$1" --png "$work/one.png" &&
        "$work/colour" predict --weights "$work/w" "$work/one.png" >"$work/out" && cat "$work/out" &&
        grep -q "one.png: scaled to 8x8 (aspect ratio not kept)" "$work/out"
}

differs() {
    "$work/moved" show --data "$work/grey" --count 3 >"$work/a" &&
        "$work/moved" show --data "$work/grey" --count 3 --augmented >"$work/b" &&
        "$work/moved" show --data "$work/grey" --count 3 --augmented >"$work/c" &&
        "$work/moved" show --data "$work/grey" --count 3 --augmented --seed 9 >"$work/d" &&
        ! cmp "$work/a" "$work/b" && cmp "$work/b" "$work/c" && ! cmp "$work/c" "$work/d"
}

# refuses CODE TEXT COMMAND...
refuses() {
    want=$1 text=$2
    shift 2
    "$@"
    code=$?
    echo "exit code $code, expected $want"
    [ "$code" -eq "$want" ] && grep -qF -e "$text" "$work/log"
}

program colour "8, 8, 3" "" "flatten()" && program columns "7" "" "dense(8, activation=relu)" &&
    program moved "8, 8, 1" "augment_shift(3)" "flatten()" || exit 1
check "show: pictures in rows" shows 11 colour rgb
check "show: the last ones" shows 5 colour rgb --from 5 --count 5 --quiet --set validation
check "show: rows of a table" shows 11 columns table
check "show: the numbers are the file's" same_numbers
check "show: --augmented changes them, by the seed" differs
check "show: no --png of a table" refuses 2 "--png needs images" "$work/columns" show --data "$work/table" \
    --png "$work/none.png"
"$work/colour" train --quiet --data "$work/rgb" --epochs 1 --save "$work/w" >"$work/log" 2>&1 || cat "$work/log"
check "show: --png is no device" refuses 5 "cannot be replaced (got a device" "$work/colour" show --data "$work/rgb" --png /dev/full
for set in train test validation; do
    check "show: --png of the $set set" grid "$set"
done

# Pictures of floats, whose noise has a seed of its own.
of_floats() {
    for file in train-images-idx3-ubyte t10k-images-idx3-ubyte; do
        "$work/float_idx" "$work/grey/$file" "$work/pale/$file" || return
    done
    cp "$work"/grey/*labels* "$work/pale" && "$work/noisy" show --data "$work/pale" --count 2 --augmented >"$work/a" &&
        "$work/noisy" show --data "$work/pale" --count 2 --augmented --seed 2 >"$work/b" &&
        "$work/noisy" show --data "$work/pale" --count 2 >"$work/c" && ! cmp "$work/a" "$work/b" &&
        ! cmp "$work/b" "$work/c"
}
program noisy "8, 8, 1" "augment_noise(0.3)" "flatten()" || exit 1
mkdir "$work/pale"
check "show: pictures of floats, with noise" of_floats

# --- autoencoders -----------------------------------------------------------------------------------

cat >"$work/auto.mnn" <<END
data d {
    train = idx("d/train-images-idx3-ubyte")
    test = idx("d/t10k-images-idx3-ubyte")
    scale(1/255)
    reshape(24, 24, 1)
}
model auto {
    conv2d(1, 1, activation=sigmoid, kernel_initializer=zeros)
}
train {
    loss = mse
    optimizer = sgd
}
END
compile_model "$work/auto.mnn" "$work/auto" -O2 || exit 1
# A black picture beside what a kernel of zeros makes of it: grey, 1/2.
beside() {
    { printf 'P5 24 24 255\n' && head -c 576 /dev/zero; } >"$work/black.pgm"
    "$work/auto" predict --raw --weights "$work/w3" "$work/black.pgm" >"$work/out" && cat "$work/out" &&
        [ "$(grep -c '^ \{26\}[=+*:-]\{24\}$' "$work/out")" -eq 12 ] && tail -n 1 "$work/out" | grep -q '0\.25'
}
# Wider than the terminal, they are made smaller.
smaller() {
    COLUMNS=20 "$work/auto" predict --raw --weights "$work/w3" "$work/black.pgm" >"$work/out" && cat "$work/out" &&
        [ "$(grep -c '^ \{10\}[=+*:-]\{8\}$' "$work/out")" -eq 4 ] && [ "$(wc -l <"$work/out")" -eq 6 ]
}
error_as_json() {
    "$work/auto" predict --raw --json --weights "$work/w3" "$work/black.pgm" >"$work/out" && cat "$work/out" &&
        grep -q '"mse": 0.25' "$work/out"
}
"$work/auto" train --quiet --data "$work/grey" --epochs 0 --save "$work/w3" >"$work/log" 2>&1 || cat "$work/log"
check "predict: an autoencoder's picture beside the one it was given" beside
check "predict: two pictures in a narrow terminal" smaller
check "predict --json: an autoencoder's error" error_as_json

# --- predict ----------------------------------------------------------------------------------------

# The first sample as a picture of its own.
like_idx() {
    "$work/moved" train --quiet --data "$work/grey" --epochs 1 --save "$work/w1" &&
        { printf 'P5\n8 8\n255\n' && tail -c +17 "$work/grey/t10k-images-idx3-ubyte" | head -c 64; } >"$work/first.pgm" &&
        "$work/moved" predict --weights "$work/w1" --quiet "$work/first.pgm" >"$work/a" &&
        "$work/moved" predict --weights "$work/w1" "$work/grey/t10k-images-idx3-ubyte" | head -n 1 >"$work/b" &&
        cmp "$work/a" "$work/b"
}
check "predict: a picture like the sample" like_idx
"$work/columns" train --quiet --data "$work/table" --epochs 0 --save "$work/w2" >"$work/log" 2>&1 || cat "$work/log"
check "predict: a table is no picture" refuses 3 "does not fit the model" "$work/columns" predict --weights "$work/w2" \
    "$work/first.pgm"

# Every form of output says that an image is blank, and of no other.
blank() {
    { printf 'P5 9 9 255\n' && head -c 81 /dev/zero | tr '\0' '\310'; } >"$work/blank.pgm"
    for form in "" --quiet --json; do
        # shellcheck disable=SC2086 # no word or one
        "$work/moved" predict --weights "$work/w1" $form "$work/blank.pgm" >"$work/out" && cat "$work/out" &&
            tail -n 1 "$work/out" | grep -q "nothing is drawn on it" || return
        # shellcheck disable=SC2086
        "$work/moved" predict --weights "$work/w1" $form "$work/first.pgm" >"$work/out" || return
        ! grep -e blank -e "nothing is drawn" "$work/out" || return
    done
    "$work/moved" predict --weights "$work/w1" --json "$work/blank.pgm" | grep -q '"blank": true'
}
check "predict: a blank image" blank

# An IDX file of images; two of the twenty become blank, and rows of a table never are.
blank_samples() {
    { head -c 16 "$work/grey/t10k-images-idx3-ubyte" && head -c 128 /dev/zero &&
        tail -c +$((17 + 128)) "$work/grey/t10k-images-idx3-ubyte"; } >"$work/blank.idx" &&
        "$work/moved" predict --weights "$work/w1" "$work/blank.idx" >"$work/out" && cat "$work/out" &&
        [ "$(grep -c "nothing is drawn on it" "$work/out")" -eq 2 ] &&
        "$work/moved" predict --json --weights "$work/w1" "$work/blank.idx" >"$work/out" &&
        [ "$(grep -c '"blank": true' "$work/out")" -eq 2 ] &&
        { head -c 12 "$work/table/t10k-images-idx3-ubyte" && head -c 560 /dev/zero; } >"$work/zeros.idx" &&
        "$work/columns" predict --weights "$work/w2" "$work/zeros.idx" >"$work/out" && cat "$work/out" &&
        ! grep "nothing" "$work/out"
}
check "predict: blank samples of an IDX file" blank_samples

# shellcheck disable=SC2086 # cc, cflags and libs are lists of words
jpeg() {
    $cc -std=gnu11 -O1 "$here/to_jpeg.c" $cflags $libs -o "$work/to_jpeg" || return
    for kind in grey colour progressive 1; do
        "$work/to_jpeg" "$work/first.pgm" "$work/first.jpg" $kind &&
            "$work/moved" predict --weights "$work/w1" "$work/first.jpg" || return
    done
}
check "predict: JPEG images" jpeg
"$work/to_jpeg" "$work/first.pgm" "$work/cmyk.jpg" cmyk
check "predict: a CMYK image" refuses 3 "cmyk.jpg: at byte 341: colours of the JPEG (got CMYK, expected grey or RGB)" \
    "$work/moved" predict --weights "$work/w1" "$work/cmyk.jpg"
head -c 300 "$work/first.jpg" >"$work/cut.jpg"
check "predict: a JPEG that is cut" refuses 3 "cut.jpg: at byte 300: JPEG is cut off" "$work/moved" predict \
    --weights "$work/w1" "$work/cut.jpg"

# Digits of MNIST, enlarged, dark on white paper, are prepared alike with and without a frame.
# shellcheck disable=SC2086 # cc, cflags and libs are lists of words
framed_digits() {
    images=$pictures/t10k-images-idx3-ubyte
    [ -e "$images" ] || images=$images.gz
    "$mnnc" "$root/models/mlp.mnn" -o "$work/mlp.c" && $cc -std=gnu11 -O1 $cflags "$work/mlp.c" $libs -o "$work/mlp" &&
        $cc -std=gnu11 -O1 $cflags "$here/digit_png.c" $libs -o "$work/digit_png" &&
        "$work/mlp" train --quiet --data "$pictures" --epochs 0 --save "$work/w4" || return
    for number in 0 1 2 3 4 5 6 7 8 9; do
        "$work/digit_png" "$images" $number "" "$work/plain.png" &&
            "$work/mlp" predict --json --weights "$work/w4" "$work/plain.png" | sed 's/.*"class"//' >"$work/a" || return
        for sides in tblr tlr tb l; do
            "$work/digit_png" "$images" $number $sides "$work/framed.png" &&
                "$work/mlp" predict --json --weights "$work/w4" "$work/framed.png" >"$work/out" && cat "$work/out" &&
                grep -q "frame erased on ${#sides} side" "$work/out" && sed 's/.*"class"//' "$work/out" | cmp - "$work/a" ||
                return
        done
    done
}
pictures=$(find_data mnist train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)
if [ -n "$pictures" ]; then
    check "predict: digits in a frame" framed_digits
else
    echo "skip predict: digits in a frame: MNIST is not there"
fi

# refused_picture BYTES WHERE: exit code 3 and the place, and no memory is asked for what a header claims. (ulimit cannot
# be had under a sanitizer, which itself asks for terabytes.)
refused_picture() {
    # shellcheck disable=SC2059
    printf "$1" >"$work/bad.pgm"
    (
        case $cc in
        *sanitize*) ;;
        *) ulimit -v 400000 ;;
        esac
        "$work/moved" predict --threads 1 --weights "$work/w1" "$work/bad.pgm"
    )
    code=$?
    echo "exit code $code, expected 3"
    [ "$code" -eq 3 ] && grep -qF "bad.pgm: at byte $2" "$work/log"
}
check "predict: PGM of maxval 0" refused_picture 'P5 8 8 0\n' "7: maxval"
check "predict: PGM of maxval 65536" refused_picture 'P5 8 8 65536\n' "7: maxval"
check "predict: PGM of 65536x65536" refused_picture 'P5 65536 65536 255\n' "3: width and height"
check "predict: PGM of 16384x16384 that is cut" refused_picture 'P5 16384 16384 255\nabc' "22: image is cut off"
check "predict: PNG that is cut" refused_picture '\211PNG\r\n\032\n\0\0\0\rIHDR' "16: PNG is cut off"

# --- export -----------------------------------------------------------------------------------------

# What numpy, or any reader of zip files, says of the weights.
reads_npz() {
    "$work/colour" export --weights "$work/w" --npz "$work/w.npz" && "$work/colour" export --quiet --weights "$work/w" \
        --npz "$work/again.npz" && cmp "$work/w.npz" "$work/again.npz" || return 1
    if /usr/bin/python3 -c "import numpy" 2>/dev/null; then
        /usr/bin/python3 - "$work/w" "$work/w.npz" <<'END'
import json, struct, sys, zipfile
import numpy
assert zipfile.ZipFile(sys.argv[2]).testzip() is None
with open(sys.argv[1], "rb") as f:
    size = struct.unpack("<Q", f.read(8))[0]
    header = json.loads(f.read(size))
    data = f.read()
header.pop("__metadata__")
arrays = numpy.load(sys.argv[2])
assert sorted(arrays) == sorted(header), (sorted(arrays), sorted(header))
for name, entry in header.items():
    begin, end = entry["data_offsets"]
    expected = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    assert arrays[name].dtype == numpy.float32 and numpy.array_equal(arrays[name], expected), name
END
    else
        echo "numpy is missing: only compared with itself"
    fi
}
check "export: --npz has the weights" reads_npz
check "export: needs to know what" refuses 2 "export needs an output: --npz FILE" "$work/colour" export --weights "$work/w"
check "export: needs weights" refuses 2 "export needs trained weights" "$work/colour" export --npz "$work/none"
check "export: in a folder that is not there" refuses 5 "$work/none/w" "$work/colour" export --weights "$work/w" --npz \
    "$work/none/w"
check "export: --npz over a folder" refuses 5 "$work/rgb" "$work/colour" export --weights "$work/w" --npz "$work/rgb"

finish pictures
