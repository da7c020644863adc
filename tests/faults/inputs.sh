#!/bin/sh
# Inputs that must be survived: data files, descriptions, pictures and command lines that are wrong in one way each.
# Every one is refused with its exit code and its message, in bounded time, and leaves no file.
#
#   tests/faults/inputs.sh BUILD CC
#
# Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 2 ] || usage "BUILD CC"
use_tools "$1/mnnc" "$2" "$1"
make_work
shown=err
cd "$work" || exit 1
unset MNN_DATA_PATH

make_tools make_idx
gcc -shared -fPIC -O1 "$here/read.c" -o read.so || exit 1
mkdir good && ./make_idx good 1 64 20 10 28 28 || exit 1
images=train-images-idx3-ubyte
labels=train-labels-idx1-ubyte

# describe [RATE]: a small model for 28x28 pictures of 10 classes
describe() {
    cat <<END
data d {
    train = idx("good/$images", "good/$labels")
    reshape(28, 28, 1)
}
model small {
    flatten()
    dense(16, activation=relu)
    dense(10, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = sgd(learning_rate=${1:-0.01})
    epochs = 2
    batch_size = 16
}
END
}
# build_program NAME RATE
build_program() {
    describe "$2" >"$1.mnn"
    compile_model "$1.mnn" "$1"
}
build_program small 0.01 && build_program wild 1e30 || exit 1

# a line a verdict, since the parts of pipelines have variables of their own
: >verdicts
ok() {
    echo ok >>"$work/verdicts"
}
fail() {
    echo "FAIL $1"
    echo FAIL >>"$work/verdicts"
    head -n 4 err | sed 's/^/  > /'
}

# --- IDX ----------------------------------------------------------------------------------------------

# bytes HEX...: as they are
bytes() {
    for byte in "$@"; do printf "\\$(printf %03o "0x$byte")"; done
}
zeros() {
    head -c "$1" /dev/zero
}

# data NAME FILE CODE TEXT: the good set, but for one file, which comes from standard input
data() {
    rm -rf bad
    cp -r good bad
    rm -f "bad/$2"
    cat >"bad/$2"
    refused_data "$1" "$2" "$3" "$4"
}

# refused_data NAME FILE CODE TEXT [COMMAND...]: training on the folder bad names the file, and saves nothing
refused_data() {
    name=$1 file=$2 want=$3 text=$4
    shift 4
    expect "$want" "$text" "IDX: $name" "$@" ./small train --data bad --save weights --history h.csv
    grep -qF "$file: " err || fail "IDX: $name: does not name the file"
    [ ! -e weights ] && [ ! -e h.csv ] && [ -z "$(find . -name '*.tmp*')" ] || fail "IDX: $name: leaves a file"
    rm -f weights h.csv
}
pixels() {
    tail -c +17 good/$images
}
head_of_images="00 00 08 03 00 00 00 40 00 00 00 1c 00 00 00 1c"

data "empty file" $images 3 "empty file (expected IDX, plain or gzip)" </dev/null
bytes 00 00 08 | data "3 bytes" $images 3 "file ends in its IDX header"
# with_head HEX...: that header and the good pictures
with_head() {
    bytes "$@"
    pixels
}
# shellcheck disable=SC2086
{
with_head 00 00 08 02 00 00 00 40 00 00 00 1c 00 00 00 1c | data "pictures of magic 0802" $images 3 "bytes follow the data"
with_head 00 00 0d 03 00 00 00 40 00 00 00 1c 00 00 00 1c | data "type 0x0D" $images 3 "file ends too early"
with_head 01 00 08 03 00 00 00 40 00 00 00 1c 00 00 00 1c | data "first byte not 0" $images 3 "not an IDX file"
with_head 00 00 08 ff 00 00 00 40 | data "rank 255" $images 3 "number of dimensions (got 255"
bytes 00 00 08 03 80 00 00 00 80 00 00 00 00 00 00 04 | data "2^31 x 2^31 x 4" $images 3 "file ends too early"
bytes 00 00 08 03 00 00 00 00 00 00 00 1c 00 00 00 1c | data "count 0" $images 3 "dimension 1 (got 0"
bytes 00 00 08 03 00 00 00 40 00 00 00 00 00 00 00 1c | data "a zero dimension" $images 3 "dimension 2 (got 0"
with_head $head_of_images | head -c -1 | data "one byte short" $images 3 "file ends too early (got 50175 bytes"
{ with_head $head_of_images; zeros 1; } | data "one byte long" $images 3 "1 bytes follow the data"
}
{ bytes 00 00 08 01 00 00 00 3f; tail -c +9 good/$labels | head -c 63; } |
    data "64 pictures with 63 labels" $labels 3 "got 63 labels, 64 images"
{ head -c 71 good/$labels; bytes 0a; } | data "label 10 of 10 classes" $labels 3 "out of range (got 10, expected 0 to 9)"
{ bytes 00 00 08 03 00 00 00 40 00 00 00 20 00 00 00 20; zeros 65536; } |
    data "32x32 pictures for a 28x28 model" $images 3 "does not fit the model"

gzip -9 <good/$images >packed
size=$(wc -c <packed)
cp -r good bad && cp packed bad/$images
expect 0 "training on 64 samples" "IDX: gzip under a plain name loads" ./small train --data bad
head -c -4 packed | data "gzip trailer cut" $images 3 "gzip"
{ head -c $((size - 8)) packed; bytes 00 11 22 33; tail -c 4 packed; } | data "gzip CRC flipped" $images 3 "gzip"
cat packed packed | data "second gzip member" $images 3 "gzip"
{ bytes 00 00 08 03 01 00 00 00 00 00 00 40 00 00 00 40; head -c 60000 /dev/urandom; } | gzip -1 |
    data "header claiming 64 GiB in 60 kB" $images 3 "bytes of gzip cannot hold what the header claims"
{ cat good/$images; zeros 60000000; } | gzip -9 | data "correct header, then a bomb" $images 3 "continues after the data"

rm -rf bad && cp -r good bad && rm bad/$images && mkdir bad/$images
refused_data "a directory" $images 3 "a directory"
rmdir bad/$images && mkfifo bad/$images
refused_data "a FIFO" $images 3 "a FIFO"
rm bad/$images && ln -s /dev/zero bad/$images
refused_data "/dev/zero" $images 3 "device"
rm bad/$images
refused_data "missing" $images 5 "could not find it"
cp good/$images bad/ && chmod 0 bad/$images
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 777 . bad
    refused_data "unreadable" $images 5 "could not open: Permission denied" \
        setpriv --reuid 65534 --clear-groups --inh-caps=-all
    chmod 755 bad
elif [ "$(id -u)" -ne 0 ]; then
    refused_data "unreadable" $images 5 "could not open: Permission denied"
else
    echo "skip unreadable: root may read all, and there is no setpriv"
fi
rm -rf bad && cp -r good bad
for read in 1 2 3 4; do
    refused_data "EIO in read $read" $images 5 "could not read: Input/output error" \
        env LD_PRELOAD="$work/read.so" FAIL_READ=$read
    rm -rf bad && cp -r good bad
    refused_data "file shrinking before read $read" $images 5 "file became shorter while it was read" \
        env LD_PRELOAD="$work/read.so" FAIL_READ=$read SHRINK="$work/bad/$images"
    rm -rf bad && cp -r good bad
done

# --- running ------------------------------------------------------------------------------------------

echo old >old
expect 6 "is not finite" "learning rate 1e30" ./wild train --data good --save old --history h.csv
grep -qx old old || fail "learning rate 1e30: changes a file"
[ "$(wc -l <h.csv)" -eq 1 ] || fail "learning rate 1e30: the history has rows"
grep -q 'epoch [0-9]*, step [0-9]*: .*"dense.*layer "dense' err || grep -q 'epoch [0-9]*, step [0-9]*: the loss' err ||
    fail "learning rate 1e30: does not name epoch, step, layer and tensor"

# --- descriptions -------------------------------------------------------------------------------------

# refused NAME TEXT: the description on standard input is refused with exit code 1, at a place, and no file comes
refused() {
    cat >x.mnn
    expect 1 "$2" "description: $1" "$mnnc" x.mnn -o x.c
    grep -qE '^x\.mnn:([0-9]+:[0-9]+: )?' err || grep -q '^mnnc: error: x.mnn: ' err || fail "$1: names no place"
    [ ! -e x.c ] || fail "$1: leaves a file"
}
# spend NAME FILE OPTION...: the file is accepted; spent is the processor time of that in hundredths of a second
spend() {
    name=$1
    shift
    times >before
    expect 0 "" "description: $name" "$mnnc" -w "$@" -o spend.c
    times >after
    spent=$(awk 'FNR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum[FILENAME] += 60 * t[1] + t[2] } }
        END { printf "%d", 100 * (sum["after"] - sum["before"]) }' before after)
}
# grows NAME SMALL LARGE OPTION...: the second file has the lines of the first eight times; time that grows with the square
# would be 64 times as much, in each of the tries; what disturbs one of them does not count
grows() {
    grown=$1 small=$2 large=$3
    shift 3
    for _ in 1 2 3 4 5; do
        spend "an eighth of $grown" "$small" "$@"
        least=$((spent > 4 ? spent : 4))
        spend "$grown" "$large" "$@"
        [ "$spent" -gt $((40 * least)) ] || break
    done
    [ "$spent" -le $((40 * least)) ] && ok "$grown: no square" ||
        fail "$grown: $spent hundredths of a second, an eighth of it $least"
}
# changed SED NAME TEXT: the small description, changed
changed() {
    describe | sed "$1" | refused "$2" "$3"
}
repeated() {
    head -c "$2" /dev/zero | tr '\0' "$1"
}
changed 's/flatten()/conv2d(4, 3)\n    dense(3)/' "shape mismatch" "(26, 26, 10)"
changed 's/dense(10/dense(0/' "dense(0)" '"units" of layer "dense" is out of range (got 0'
changed 's/dense(10/dense(99999999999999999999/' "number out of range" "dense"
changed 's/reshape(.*)/reshape(2147483647, 2147483647, 2147483647)/' "dimensions whose product overflows" "x.mnn:3:"
changed 's/dense(10,/dense(1000000)\n    dense(1000000)\n    dense(10,/' "a model of 4 TB" "x.mnn:"
changed 's/dense(10/dens(10/' "dens(10)" 'did you mean "dense"'
changed 's/epochs = 2/epochs = 2\n    epochs = 3/' "setting twice" "x.mnn:13:5: note: the first one is here"
{ printf 'a = '; repeated '(' 20000; } | refused "20,000 (" "nested"
{ printf 'a = '; repeated '(' 256; printf 1; repeated ')' 256; echo; describe; } >nested.mnn
for stack in 256 8192; do
    expect 0 "" "description: 256 ( with a stack of $stack kB" \
        env -i sh -c 'ulimit -s "$1" && exec "$0" -w nested.mnn -o nested.c' "$mnnc" "$stack"
done
{ printf 'a = 1'; yes '+1' | head -n 250000 | tr -d '\n'; } | refused "a chain of 500,000 terms" "x.mnn"
{ printf 'a = '; yes '2**' | head -n 250000 | tr -d '\n'; echo 1; } | refused "a chain that leans to the right" "x.mnn"
{ repeated '#' 1250000; echo; describe; } >eighth.mnn
{ repeated '#' 10000000; echo; describe; } >comments.mnn
grows "10 MB of comments" eighth.mnn comments.mnn
yes '#' | head -n 5000000 >lines.mnn
expect 0 "" "description: 5,000,000 lines of comments in 640 MB" \
    sh -c 'ulimit -v 640000 && exec "$0" --format lines.mnn -o formatted.mnn' "$mnnc"
rm -f lines.mnn formatted.mnn
# layers LINE COUNT: the small description with so many lines more
layers() {
    describe | sed -n '1,/relu/p'
    yes "    $1" | head -n "$2"
    describe | sed '1,/relu/d'
}
layers 'batchnorm()' 500 >eighth.mnn
layers 'batchnorm()' 4000 >batchnorm.mnn
grows "4,000 batchnorm" eighth.mnn batchnorm.mnn
for count in 125 1000; do
    layers 'residual { dense(16, activation=relu); dropout(0.1); layernorm() }' $count | tr ';' '\n' >residual_$count.mnn
done
grows "1,000 residuals" residual_125.mnn residual_1000.mnn
grows "1,000 residuals for Keras" residual_125.mnn residual_1000.mnn --emit=keras
repeated '\n' 17000000 | refused "17 MB" "larger than 16 MiB"
printf 'a = 1\0\n' | refused "NUL" "NUL"
printf 'a = "\300\200"\n' | refused "bad UTF-8" "UTF-8"
printf '# \342\200\256\n' | refused "U+202E" "U+202E"
changed 's/labels-idx1-ubyte"/labels/' "unclosed string" "x.mnn:2:"
changed 's/reshape(28, 28, 1)/reshape(28, 28, 1/' "unclosed bracket" "x.mnn:3:"
describe | head -n 7 | refused "unclosed block" "x.mnn:5:"
for name in '\"' '*/' '??/' '%n' '\n' '\xff' 'ä'; do
    { describe | sed -n '1,/relu/p'; printf '%s\n' "    dense(10, name=\"$name\")"; describe | sed '1,/softmax/d'; } |
        refused "a layer called $name" "cannot hold this character"
done
for name in main int free while printf mnn_main _Bool exp model train; do
    describe | sed "s/model small/model $name/" >named.mnn
    expect 0 "" "description: a model called $name" "$mnnc" -w named.mnn -o named.c
    # shellcheck disable=SC2086
    $cc -std=c11 -Wall -Wextra -Werror $cflags -c named.c -o named.o 2>err || fail "a model called $name: its C does not compile"
done
refused "empty file" "x.mnn" </dev/null
for rate in nan inf -1 0 1e400; do
    describe $rate | refused "learning rate $rate" "x.mnn:12:"
done
changed 's/flatten()/conv2d(4, 29)\n    flatten()/' "kernel larger than its input" "29"
changed 's/sparse_categ/categ/' "categorical_crossentropy without one-hot" "write one_hot(10) in the data block"
describe >same.mnn
ln -s same.mnn link.mnn
cp same.mnn kept.mnn
for output in same.mnn ./same.mnn link.mnn "$work/same.mnn"; do
    expect 2 "would overwrite the input" "-o $output is the input" "$mnnc" same.mnn -o "$output"
done
cmp -s same.mnn kept.mnn || fail "-o is the input: the input is not as it was"
for output in -rf 'a;b'; do
    expect 0 "" "-o $output" "$mnnc" -w same.mnn -o "$output"
    [ -f "./$output" ] || fail "-o $output: is not there"
done
describe | sed 's#good/train-labels#good/missing#' >half.mnn
expect 5 "hint: set the folder of the files with MNN_DATA_PATH" \
    "--check, one file missing: hints are whole" "$mnnc" --check half.mnn
expect 5 "could not open" "missing description" "$mnnc" missing.mnn
mkfifo fifo.mnn
expect 1 "got a FIFO, expected a regular file" "a FIFO as description" "$mnnc" fifo.mnn
expect 1 "got a device, expected a regular file" "/dev/zero as description" "$mnnc" /dev/zero

expect 5 "could not read: Input/output error" "EIO in a description" env LD_PRELOAD="$work/read.so" FAIL_READ=1 \
    "$mnnc" same.mnn -o x.c
expect 2 '"-o" is given twice' "-o twice" "$mnnc" same.mnn -o x.c -o y.c
# shellcheck disable=SC2046
expect 2 '"-D" is given too many times' "257 times -D" "$mnnc" same.mnn $(yes -- -Da=1 | head -n 257)
expect 2 "--max-ram needs a size in bytes" "--max-ram of 10^23 bytes" "$mnnc" same.mnn --max-ram=100000000000000G
expect 2 "takes no value" "--check=1" "$mnnc" same.mnn --check=1
[ ! -e x.c ] && [ ! -e y.c ] || fail "wrong command lines: leave a file"

# --- pictures -----------------------------------------------------------------------------------------

./small train --quiet --data good --epochs 1 --save weights >out 2>err || fail "training"
# picture NAME CODE TEXT: the file on standard input as predict takes it
picture() {
    cat >picture
    expect "$2" "$3" "picture: $1" ./small predict --weights weights picture
}
{ printf 'P5 28 28 0\n'; zeros 784; } | picture "PGM, maxval 0" 3 "maxval"
{ printf 'P5 28 28 65536\n'; zeros 1568; } | picture "PGM, maxval 65536" 3 "maxval"
printf 'P5 65536 65536 255\n' | picture "PGM, 65536 x 65536" 3 "65536"
{ printf 'P5 28 28 65535\n'; zeros 1568; } | picture "PGM of 16 bits" 0 ""
{ printf 'P5 28 28 255\n'; zeros 783; } | picture "PGM cut" 3 "picture"
for file in "$root"/tests/fuzz/corpus/image/*.png; do
    timeout "$patience" ./small predict --weights weights "$file" >out 2>err
    code=$?
    # all but one are whole, whatever their kind: palette, alpha, interlaced, 1 and 16 bits
    want=0
    [ "$(basename "$file")" = huge.png ] && want=3
    if [ $code -ne $want ] || { [ $want -eq 3 ] && ! grep -q "huge.png: " err; }; then
        fail "$file: exit code $code"
    else
        ok
    fi
done
cp "$root"/tests/fuzz/corpus/image/grey.png whole.png
head -c -20 whole.png | picture "PNG cut" 3 "PNG is cut off"
{ head -c -14 whole.png; bytes ff; tail -c 13 whole.png; } | picture "PNG, wrong CRC" 3 "CRC"

cp "$root"/tests/fuzz/corpus/image/digit.png .
{ printf 'P5 28 28 255\n'; tail -c 784 good/$images; } >digit.pgm
for file in digit.png digit.pgm; do
    expect 0 "" "picture: $file" ./small predict --weights weights $file
    # the weights are read first, by other reads
    first=1
    until LD_PRELOAD="$work/read.so" FAIL_READ="$first" ./small predict --weights weights $file 2>&1 >out |
        grep -qF "$file: could not read" || [ "$first" -ge 40 ]; do
        first=$((first + 1))
    done
    for read in $(seq "$first" 80); do
        env LD_PRELOAD="$work/read.so" FAIL_READ="$read" ./small predict --weights weights $file >out 2>err
        code=$?
        [ $code -ne 0 ] || break
        [ $code -eq 5 ] && grep -q "could not read: Input/output error" err || fail "$file, EIO in read $read: exit code $code"
        cp $file whole
        LD_PRELOAD="$work/read.so" FAIL_READ="$read" SHRINK="$work/$file" ./small predict --weights weights $file >out 2>err
        code=$?
        case $code in 0 | 3 | 5) ok ;; *) fail "$file, shrinking before read $read: exit code $code" ;; esac
        cp whole $file
    done
    [ "$read" -gt $((first + 1)) ] && [ "$read" -lt 80 ] || fail "$file: $((read - first)) reads have failed"
done

[ -z "$(find . -name '*.tmp*')" ] || fail "temporary files are left"
passed=$(grep -c ok verdicts)
failed=$(grep -c FAIL verdicts)
finish inputs 108
