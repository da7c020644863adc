#!/bin/sh
# mnnc's tools: options, data files with --check, --max-ram, the summary, dot, the editors' files, the manual.
# Usage: run.sh BUILD "CC..."; what needs a program that is not installed (dot, vim, node, groff) is left out and
# said so.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 2 ] || usage "BUILD CC"
use_tools "$1/mnnc" "$2" "$1"
make_work
quiet=yes
shown=
unset MNN_DATA_PATH # data is looked for where the tests put it
cd "$work" || exit 1

# expect CODE TEXT COMMAND...: the exit code, and the text in what is said (empty: nothing is said)
expect() {
    code=$1
    text=$2
    shift 2
    "$@" >"$work/stdout" 2>"$work/stderr"
    status=$?
    if [ "$status" -ne "$code" ]; then
        fail "$*: exit $status, expected $code: $(head -n 3 "$work/stderr")"
    elif [ -z "$text" ] && [ -s "$work/stderr" ]; then
        fail "$*: says $(head -n 2 "$work/stderr")"
    elif ! grep -qF -- "$text" "$work/stderr"; then
        [ -z "$text" ] && ok && return
        fail "$*: \"$text\" is not in: $(head -n 3 "$work/stderr")"
    else
        ok
    fi
}

# prints TEXT COMMAND...: exit 0, and the text on standard output
prints() {
    text=$1
    shift
    "$@" >"$work/stdout" 2>"$work/stderr"
    status=$?
    if [ $status -eq 0 ] && grep -qF -- "$text" "$work/stdout"; then
        ok
    else
        fail "$*: \"$text\" is not printed (exit $status): $(head -n 5 "$work/stdout")"
    fi
}

missing() {
    command -v "$1" >/dev/null && return 1
    echo "left out: $1 is not installed"
}

# --- data files ----------------------------------------------------------------------------------------------------

make_tools make_idx
mkdir -p data/set
./make_idx data/set 1 100 40 10 8 8 || exit 1
images=train-images-idx3-ubyte
labels=train-labels-idx1-ubyte
test=t10k
# shape of the samples, units, more steps, more settings
describe() {
    cat >model.mnn <<END
data d {
    train = idx("set/$images", "set/$labels")
    test = idx("set/$test-images-idx3-ubyte", "set/$test-labels-idx1-ubyte")
    reshape($1)
    scale(1/255)
    $3
}
model m {
    flatten()
    dense($2, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam
    $4
}
END
}
describe "8, 8, 1" 10 "" ""
expect 0 "" "$mnnc" --check model.mnn
expect 0 "" "$mnnc" --check -Werror model.mnn
gzip -k data/set/*
rm data/set/*-ubyte
expect 0 "" "$mnnc" --check model.mnn
gunzip -k data/set/*
describe "4, 4, 1" 10 "" ""
expect 3 'model.mnn:2:13: error: data/set/train-images-idx3-ubyte: an image does not fit the model "m" (got 8x8, expected 4x4x1)' \
    "$mnnc" --check model.mnn
[ -s stdout ] && fail "--check writes something"
expect 0 "" "$mnnc" model.mnn -o other.c
describe "8, 8, 1" 9 "" ""
expect 3 'is out of range (got 9, expected 0 to 8)' "$mnnc" --check model.mnn
expect 3 'model.mnn:3:12: error: ' "$mnnc" --check model.mnn
describe "8, 8, 1" 12 "" ""
expect 0 'the model has outputs for 12 classes, but the labels are 0 to 9 [-Wunused-class]' "$mnnc" --check model.mnn
expect 1 '[-Werror=unused-class]' "$mnnc" --check -Werror model.mnn
expect 0 "" "$mnnc" --check -Wno-unused-class model.mnn
describe "8, 8, 1" 10 "" "batch_size = 101"
expect 0 '(got 101, of 100 samples) [-Wbatch-size]' "$mnnc" --check model.mnn
expect 0 "" "$mnnc" model.mnn -o other.c
describe "8, 8, 1" 10 "limit(train, 50)" "batch_size = 64"
expect 0 '(got 64, of 50 samples) [-Wbatch-size]' "$mnnc" --check model.mnn
describe "8, 8, 1" 10 "validation = split(train, 1e-17)" ""
expect 0 'a validation split of 1e-17 of 100 samples holds nothing out [-Wempty-validation]' "$mnnc" --check model.mnn
describe "8, 8, 1" 10 "scale(1/255)" ""
expect 0 'all between 0 and 0.00392' "$mnnc" --check model.mnn
expect 0 'hint: write normalize(' "$mnnc" --check model.mnn
expect 1 'model.mnn:2:13: error: the values that reach the model are all between 0' "$mnnc" --check -Werror model.mnn
expect 1 '[-Werror=data-range]' "$mnnc" --check -Werror model.mnn
expect 0 "" "$mnnc" --check -Wno-data-range model.mnn
describe "8, 8, 1" 10 "scale(255)" ""
expect 0 'are between 0 and 255 (0 to 255 in the file) [-Wdata-range]' "$mnnc" --check model.mnn
sed 's/flatten()/batchnorm()/; s/batchnorm()$/&\n    flatten()/' model.mnn >normal.mnn
expect 0 "" "$mnnc" --check normal.mnn
describe "8, 8, 1" 10 "limit(train, 1)" "batch_size = 1"
expect 0 'the test set has classes that training never sees: ' "$mnnc" --check model.mnn
expect 0 '[-Wdata-classes]' "$mnnc" --check model.mnn
test=train
describe "8, 8, 1" 10 "" ""
expect 0 '[-Wsame-data]' "$mnnc" --check model.mnn
test=t10k
labels=t10k-labels-idx1-ubyte
describe "8, 8, 1" 10 "" ""
expect 3 'expected one label per image (got 40 labels, 100 images in' "$mnnc" --check model.mnn
labels=train-images-idx3-ubyte
describe "8, 8, 1" 10 "" ""
expect 3 'the labels do not fit the model' "$mnnc" --check model.mnn
labels=nowhere
describe "8, 8, 1" 10 "" ""
expect 5 'set/nowhere: could not find it' "$mnnc" --check model.mnn
images=nowhere2
describe "8, 8, 1" 10 "" ""
expect 0 'model.mnn:2:13: warning: these files were not found and so not checked [-Wmissing-data]' \
    "$mnnc" --check model.mnn
images=train-images-idx3-ubyte
labels=train-labels-idx1-ubyte
describe "8, 8, 1" 10 "" ""
printf 'short' >data/set/$images
expect 3 'not an IDX file (got a text file)' "$mnnc" --check model.mnn
rm data/set/$images data/set/$images.gz
mkdir data/set/$images
expect 3 'model.mnn:2:13: error: ' "$mnnc" --check model.mnn
mkdir elsewhere
mv data/set elsewhere/set
expect 0 '[-Wmissing-data]' "$mnnc" --check model.mnn
expect 3 "elsewhere/set/$images" env MNN_DATA_PATH=elsewhere "$mnnc" --check model.mnn
expect 1 'unknown layer' sh -c "sed 's/flatten/fltaten/' model.mnn >typo.mnn; '$mnnc' --check typo.mnn"

# --- plain products ------------------------------------------------------------------------------------------------------

# the same programs with OpenBLAS for every product: nothing of the own kernels is left, and the gradients are right
for model in "$root"/models/*.mnn; do
    expect 0 "" "$mnnc" --blas-only "$model" -o blas.c
    # shellcheck disable=SC2086 # words
    if grep -q 'mnn_gemm' blas.c && ! grep -qE 'mnn_(product|skip)' blas.c && $cc -std=c11 $warnings $cflags -c blas.c -o blas.o; then
        ok
    else
        fail "--blas-only: $model"
    fi
done
describe "8, 8, 1" 10 "" "batch_size = 4"
expect 0 "" "$mnnc" --with-reference --blas-only model.mnn -o blas.c
# shellcheck disable=SC2086 # words
$cc -std=gnu11 -O1 $cflags blas.c $libs -o blas && prints 'gradients agree' ./blas gradcheck
expect 2 'the value of --weights is empty (expected --weights FILE)' "$mnnc" --emit=inference --weights= model.mnn
expect 2 'the value of --prefix is empty' "$mnnc" --emit=inference --weights w --prefix= model.mnn
expect 2 'the value of -o is empty' "$mnnc" model.mnn -o ""

# --- memory, costs, pictures -----------------------------------------------------------------------------------------

cnn=$root/models/cnn.mnn
bytes=$("$mnnc" "$cnn" | sed -n 's/.*static memory \([0-9,]*\) bytes.*/\1/p' | tr -d ,)
expect 0 "" "$mnnc" "$cnn" --max-ram="$bytes" -o fits.c
expect 4 "(got $bytes bytes, expected at most $((bytes - 1)))" "$mnnc" "$cnn" --max-ram=$((bytes - 1)) -o large.c
[ -e large.c ] && fail "--max-ram: something was written"
expect 4 'weights' "$mnnc" --check "$cnn" --max-ram 1M
expect 4 'expected at most 524288)' "$mnnc" "$cnn" --max-ram=0.5M
expect 0 "" "$mnnc" "$cnn" --max-ram 1G -o fits.c
for size in 0 -1 x 1T 1KK nan 1e99G ""; do
    expect 2 '--max-ram' "$mnnc" "$cnn" --max-ram="$size"
done
prints 'per sample at 117 GFLOP/s' "$mnnc" --emit=summary "$cnn"
prints 'per sample at 10 GFLOP/s' "$mnnc" --emit=summary --peak=10 "$cnn"
prints 'per epoch of 60,000 samples' "$mnnc" --emit=summary "$cnn"
prints 'per epoch of 1,234 samples' "$mnnc" --emit=summary --samples 1234 "$cnn"
describe "8, 8, 1" 10 "limit(train, 50)
    validation = split(train, 0.1)" ""
prints 'per epoch of 45 samples' "$mnnc" --emit=summary model.mnn
# 1 us: a sample's operations at so many 10^9 a second
flops=$("$mnnc" --emit=summary "$cnn" | sed -n 's/^flops *\([0-9,]*\) .*/\1/p' | tr -d ,)
prints '1 us  per sample' "$mnnc" --emit=summary --peak="$(echo "$flops" | awk '{ printf "%.4f", $1 / 1000 }')" "$cnn"
sum=$("$mnnc" --emit=summary "$cnn" | awk '/ bytes/ && !/static/ && !/scratch/ { gsub(",", ""); for (i = 1; i <= NF; i++)
    if ($(i + 1) ~ /^bytes/) n += $i } END { print n }')
if [ "$sum" = "$bytes" ]; then ok; else fail "the summary's memory sums up to $sum, the program has $bytes"; fi
for value in 0 -3 fast ""; do
    expect 2 '--peak' "$mnnc" --emit=summary --peak="$value" "$cnn"
    expect 2 '--samples' "$mnnc" --emit=summary --samples="$value" "$cnn"
done
if ! missing dot; then
    for model in "$root"/models/*.mnn; do
        "$mnnc" --emit=dot "$model" -o graph.dot
        expect 0 "" dot -Tsvg graph.dot -o graph.svg
    done
    # a layer's name may hold what an identifier of dot may not
    sed 's/flatten()/flatten(name="x.y\/z-1")/' model.mnn >named.mnn
    expect 0 "" "$mnnc" --emit=dot named.mnn -o named.dot
    prints 'x.y/z-1' dot -Tplain named.dot
fi

# --- warnings ----------------------------------------------------------------------------------------------------------

sed 's/flatten()/flatten()\n    dropout(0)/' model.mnn >warn.mnn
expect 0 'warning: dropout(0) has no effect [-Wuseless]' "$mnnc" warn.mnn -o warn.c
expect 1 'error: dropout(0) has no effect [-Werror=useless]' "$mnnc" -Werror warn.mnn -o refused.c
[ -e refused.c ] && fail "-Werror: something was written"
expect 0 "" "$mnnc" -w warn.mnn -o warn.c
expect 0 "" "$mnnc" -Wno-useless warn.mnn -o warn.c
expect 0 "" "$mnnc" -Wno-useless -Werror warn.mnn -o warn.c
expect 0 "warning: " "$mnnc" -Werror -Wno-error warn.mnn -o warn.c
expect 0 "warning: " "$mnnc" -Wno-useless -Wuseless warn.mnn -o warn.c
expect 0 "warning: " "$mnnc" -w -Wall warn.mnn -o warn.c
expect 2 'unknown warning "usless"' "$mnnc" -Wno-usless warn.mnn
expect 2 'needs a value' "$mnnc" warn.mnn -W
expect 2 'unknown value "svg" of option "--emit" (expected trainer, summary, dot, keras, inference, onnx)' "$mnnc" --emit=svg warn.mnn
expect 2 'unknown option "--\x1b[31m"' "$mnnc" "$(printf -- '--\033[31m')"

expect 2 'unknown option "--emti", did you mean "--emit"?' "$mnnc" --emti=dot warn.mnn
expect 2 '"--w" is the beginning of several options, "--weights" is the first' "$mnnc" --w=x warn.mnn

prints 'usage: mnnc' "$mnnc" -h
prints 'digraph' "$mnnc" -w --em=dot warn.mnn
if "$mnnc" --help | grep -q '.\{81\}'; then fail "mnnc --help is wider than 80 columns"; else ok; fi
expect 2 'unknown value "red" of option "--color" (expected auto, always, never)' "$mnnc" --color=red warn.mnn
expect 0 "$(printf '\33[01;35mwarning:\33[m')" "$mnnc" --color=always warn.mnn -o warn.c
expect 0 'warn.mnn:' "$mnnc" warn.mnn -o warn.c # not a terminal

# on_terminal VARIABLE=VALUE... OPTION...: what mnnc prints on a terminal has colors
on_terminal() {
    script -qec "env $* $mnnc warn.mnn -o warn.c" /dev/null </dev/null | grep -q "$(printf '\33')"
}
if ! missing script; then
    if on_terminal TERM=xterm NO_COLOR=; then ok; else fail "no colors on a terminal"; fi
    if on_terminal TERM=xterm NO_COLOR=1; then fail "colors in spite of NO_COLOR"; else ok; fi
    if on_terminal -u NO_COLOR TERM=dumb; then fail "colors in spite of TERM=dumb"; else ok; fi
    if on_terminal -u NO_COLOR TERM=; then fail "colors without TERM"; else ok; fi
fi

# --- the manual and the editors ------------------------------------------------------------------------------------------

cd "$root" || exit 1
"$mnnc" --help | sed -n 's/^  \(--*[A-Za-z-]*\).*/\1/p' | sort -u >"$work/options"
[ "$(wc -l <"$work/options")" -gt 9 ] || fail "mnnc --help lists no options"
while read -r option; do
    if grep -qF -- "$(printf '%s' "$option" | sed 's/-/\\-/g')" docs/man/mnnc.1; then ok; else fail "docs/man/mnnc.1 lacks $option"; fi
done <"$work/options"
if ! missing groff; then
    for page in docs/man/*.[15]; do
        expect 0 "" groff -man -ww -Tutf8 -z "$page"
    done
fi
if ! missing mandoc; then
    for page in docs/man/*.[15]; do
        expect 0 "" mandoc -T lint -W warning "$page"
    done
fi
if ! missing vim; then
    cp models/cnn.mnn "$work/cnn.mnn"
    # places: the comment, "data", "train =", "idx", a string, "conv2d", "32", "activation=", "relu"
    line=$(grep -n 'conv2d' models/cnn.mnn | head -n 1 | cut -d: -f1)
    text=$(sed -n "${line}p" models/cnn.mnn)
    argument=$(printf '%s' "$text" | awk '{ print index($0, "activation=") }')
    PLACES="1:1 2:1 3:5 3:13 3:18 $line:5 $line:12 $line:$argument $line:$((argument + 11))"
    export PLACES HIGHLIGHTED="$work/highlighted" INDENTED="$work/indented.mnn"
    vim -es -u NONE -N -c 'set rtp^=docs/editors/vim' -c 'source tests/tools/highlight.vim' "$work/cnn.mnn" \
        </dev/null >"$work/vim" 2>&1
    got=$(cut -d' ' -f2 "$work/highlighted" | tr '\n' ' ')
    want="mnnComment mnnBlock mnnSetting mnnValue mnnString mnnCall mnnNumber mnnArgument mnnValue "
    if [ "$got" = "$want" ]; then ok; else fail "Vim highlights $got, expected $want"; fi
    if cmp -s "$work/indented.mnn" models/cnn.mnn; then ok; else fail "Vim indents otherwise"; fi
fi
if ! missing node; then
    expect 0 "" node tests/tools/grammar.js
fi

# --- the front end is a library: nothing in it is written to --------------------------------------------------------------

if nm "$build/libmnnc.a" 2>/dev/null | grep -q '__asan_'; then
    echo "left out: the sanitizers have variables of their own"
else
    written=$(size -A "$build/libmnnc.a" 2>/dev/null | awk '($1 == ".data" || $1 == ".bss") && $2 > 0 { n += $2 } END { print n + 0 }')
    if [ "$written" = 0 ]; then ok; else fail "libmnnc.a has $written bytes of variables"; fi
fi
for symbol in exit abort; do
    if nm -A "$build/libmnnc.a" 2>/dev/null | grep -q " U $symbol\$"; then fail "libmnnc.a calls $symbol()"; else ok; fi
done

finish tools 51
