#!/bin/sh
# Inference code as a user meets it: options and their mistakes, limits, the file of weights, "verify" when something
# is wrong, a C++ program, and examples/embed. All data are made up.
#
#   tests/inference/use.sh MNNC CC BUILD_DIR
#
# Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/inference"
mkdir "$work/data"
unset MNN_DATA_PATH
shown="out err"
# shellcheck source=tests/inference/common.sh
. "$here/common.sh"
cd "$work" || exit 1

# Nothing has been written under these names.
absent() {
    for file in "$@"; do
        [ ! -e "$file" ] || { verdict 1 "$file has been written"; return; }
    done
    verdict 0 "nothing has been written"
}

# What all of them begin with, as a program.
printf '#!/bin/sh\nexec "%s" "%s/models/mlp.mnn" --emit=inference --weights mlp.safetensors "$@"\n' "$mnnc" "$root" >infer
chmod +x infer

make_tools make_idx float_idx && ./make_idx data 7 400 100 10 28 28 >out || exit 1
for name in mlp logistic; do
    compile_model "$root/models/$name.mnn" $name || exit 1
done
./mlp train --quiet --data data --epochs 2 --save mlp.safetensors --checkpoint checkpoint.safetensors >out || exit 1

# A checkpoint has the same weights among its tensors.
./infer --prefix=digits -o from_weights.c && "$mnnc" "$root/models/mlp.mnn" --emit=inference \
    --weights checkpoint.safetensors --prefix=digits -o from_checkpoint.c && cmp from_weights.c from_checkpoint.c
verdict $? "weights of a checkpoint"

# --- mistakes ---------------------------------------------------------------------------------------
expect 2 'needs trained weights: --weights=FILE' "no weights" "$mnnc" "$root/models/mlp.mnn" --emit=inference -o x.c
expect 2 'option "--weights" needs --emit=inference or --emit=onnx' "weights for a trainer" \
    "$mnnc" "$root/models/mlp.mnn" --weights mlp.safetensors -o x.c
expect 2 'option "--argmax-only" needs --emit=inference' "a form for a summary" \
    "$mnnc" "$root/models/mlp.mnn" --emit=summary --argmax-only -o x.c
expect 2 'unknown value "double" of option "--input" (expected uint8, float32)' "an unknown type" ./infer --input=double -o x.c
expect 2 'is given twice' "a header twice" ./infer --header=a.h --header=b.h -o x.c
expect 2 'would overwrite the input' "the weights as the output" ./infer -o mlp.safetensors
expect 2 'would overwrite the output' "two outputs with one name" ./infer -o x.c --header x.c
expect 2 'would overwrite the output' "two outputs of one file that is not there" \
    ./infer -o x.c --header ./x.c
ln -s x.c link.c
expect 2 'would overwrite the output' "an output and a link to where it will be" \
    ./infer -o link.c --weights-file "$work/x.c"
rm link.c
expect 2 'would overwrite the input' "the samples as the output" \
    ./infer --quantize=int8 --calibrate data -o data/train-images-idx3-ubyte
absent x.c

# All outputs are written, or none: old ones stay, and no temporary ones are left.
mkdir taken.c outputs && echo old >outputs/a.h
expect 5 'taken.c: cannot be replaced (got a directory' "the code has no place" \
    ./infer -o taken.c --header outputs/a.h --weights-file outputs/a.bin
expect 5 'error: no/a.c: could not create' "the code has no folder" \
    ./infer -o no/a.c --header outputs/a.h --weights-file outputs/a.bin
expect 5 'error: /dev/full: could not write' "the code has no room" \
    ./infer -o /dev/full --header outputs/a.h --weights-file outputs/a.bin
[ "$(ls -A outputs)" = a.h ] && grep -qx old outputs/a.h
verdict $? "an output that fails leaves the others as they were"
expect 2 'needs a classification model' "the class of a model of numbers" "$mnnc" "$root/models/regression.mnn" \
    --emit=inference --weights mlp.safetensors --argmax-only -o x.c
expect 3 'tensor "dense_2.kernel" is not one of the model' "weights of another model" "$mnnc" \
    "$root/models/wide.mnn" --emit=inference --weights mlp.safetensors -o x.c
expect 3 'safetensors' "weights that are none" "$mnnc" "$root/models/mlp.mnn" --emit=inference \
    --weights "$root/models/mlp.mnn" -o x.c
expect 5 'could not open' "weights that are not there" "$mnnc" "$root/models/mlp.mnn" --emit=inference \
    --weights nothing.safetensors -o x.c
head -c 2000 mlp.safetensors >cut.safetensors
expect 3 'cut.safetensors' "weights that are cut" "$mnnc" "$root/models/mlp.mnn" --emit=inference \
    --weights cut.safetensors -o x.c
expect 2 "the name of a header must be printable ASCII" "a header that #include cannot name" \
    ./infer -o x.c --header 'what?.h'
expect 2 'must be given together' "integers without samples" ./infer --quantize=int8 -o x.c
expect 2 'expected int8' "integers of 4 bits" ./infer --quantize=int4 --calibrate data -o x.c
expect 2 'cannot be combined with --quantize' "integers in a file" \
    ./infer --quantize=int8 --calibrate data --weights-file x.bin -o x.c
expect 5 'could not open' "samples that are not there" ./infer --quantize=int8 --calibrate nowhere -o x.c
expect 3 'got a safetensors file' "samples that are none" ./infer --quantize=int8 --calibrate mlp.safetensors -o x.c
expect 3 'do not fit the model (got 1 elements each, expected 784)' "samples that do not fit" \
    ./infer --quantize=int8 --calibrate data/train-labels-idx1-ubyte -o x.c
sed 's/scale(1.*/normalize(-5, 30)/' "$root/models/mlp.mnn" >shifted.mnn
expect 1 'shifted.mnn:10:5: error: int8 with byte inputs needs a zero point from 0 to 255 (see scale, normalize), or --input=float32' \
    "bytes of which none stands for 0" \
    "$mnnc" shifted.mnn --emit=inference --weights mlp.safetensors --quantize=int8 --calibrate data -o x.c
sed 's/activation=softmax/activation=relu/; s/loss .*/loss = mse/; s/reshape(.*/reshape(784)\n    one_hot(10)/' \
    "$root/models/mlp.mnn" >relu.mnn
expect 1 'the last activation must not map different values to the same value (layer "dense_2")' "a class behind a relu" \
    "$mnnc" relu.mnn --emit=inference --weights mlp.safetensors --quantize=int8 --calibrate data --argmax-only -o x.c
expect 5 'could not create' "a header in no folder" ./infer -o x.c --header nowhere/x.h
cat >normed.mnn <<'END'
data d {
    train = idx("i", "l")
    scale(1/255)
    reshape(4, 4, 1)
}
model m {
    conv2d(2, 3, use_bias=false)
    batchnorm()
    activation(relu)
    maxpool2d(2)
    flatten()
    dense(3, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = sgd
}
END
# inputs of the fuzzer, without the byte before the file
for name in negative_variance_0 huge_integers_0; do
    tail -c +2 "$root/tests/fuzz/corpus/inference/$name" >$name.st
done
head -c 64 data/train-images-idx3-ubyte | tail -c 16 >pixels
{ printf '\000\000\010\003\000\000\000\001\000\000\000\004\000\000\000\004' && cat pixels; } >small.idx
expect 3 'negative_variance_0.st: with these weights, conv2d_kernel' "a variance below 0" \
    "$mnnc" normed.mnn --emit=inference --weights negative_variance_0.st -o x.c
expect 3 'huge_integers_0.st: with these weights, the values computed for the samples do not fit float32' "sums beyond floats" \
    "$mnnc" normed.mnn --emit=inference --weights huge_integers_0.st --quantize=int8 --calibrate small.idx -o x.c
absent x.c x.h

# Floats are taken from a file of bytes, and from one of floats, which a network of bytes refuses.
$cc -std=gnu11 -O1 "$root/tests/programs/float_idx.c" -o float_idx 2>err && ./float_idx data/train-images-idx3-ubyte floats.idx
verdict $? "floats to calibrate with"
expect 0 '256 samples' "integers of floats" ./infer --quantize=int8 --calibrate data --input=float32 -o door.c
expect 0 '256 samples' "... calibrated with floats" \
    ./infer --quantize=int8 --calibrate floats.idx --input=float32 --prefix=door -o door_floats.c
cmp door.c door_floats.c
verdict $? "... are the same"
expect 3 'must be bytes unless --input=float32 is given' "integers of bytes calibrated with floats" \
    ./infer --quantize=int8 --calibrate floats.idx -o x.c

# Samples that say nothing of the ranges: a warning each, and under -Werror nothing is written.
# samples FILE VALUE COUNT: images of 28 x 28, all of one value, as octal digits
samples() {
    # shellcheck disable=SC2059 # the count is a part of the format
    printf "\\000\\000\\010\\003\\000\\000\\000\\$(printf %03o "$3")\\000\\000\\000\\034\\000\\000\\000\\034" >"$1"
    head -c $(($3 * 784)) /dev/zero | tr '\000' "\\$2" >>"$1"
}
calibrated() { # FILE WHAT TEXT
    expect 0 "mlp.mnn: warning: $3" "$2" ./infer --quantize=int8 --calibrate "$1" -o still.c
    expect 1 "mlp.mnn: error: $3" "... under -Werror" ./infer --quantize=int8 --calibrate "$1" -Werror -o x.c
    absent x.c
}
samples black.idx 000 100
samples grey.idx 200 100
samples few.idx 000 20
bytes() { tail -c +17 data/train-images-idx3-ubyte; }
bytes | head -c $((20 * 784)) | cat few.idx - | { head -c 16 && tail -c $((20 * 784)); } >some && mv some few.idx
{ head -c 16 black.idx && bytes | LC_ALL=C tr '\000-\377' '[\000*64][\010*64][\020*64][\030*64]' | head -c 78400; } >dark.idx
{ head -c 16 black.idx && for i in $(seq 100); do bytes | head -c 783 && printf '%b' "\\0$((i % 8))"; done; } >still.idx
calibrated black.idx "black samples" 'blank: every value of 100 calibration samples of "black.idx" is 0'
calibrated grey.idx "samples of one value" 'blank: every value of 100 calibration samples of "grey.idx" is 128'
calibrated dark.idx "dark samples" 'the 100 calibration samples of "dark.idx" use 25 of 256 bytes (0 to 24): they are dark'
calibrated still.idx "samples that hardly move" 'the 100 calibration samples of "still.idx" are nearly the same'
calibrated few.idx "few samples" 'only 20 calibration samples of "few.idx" (expected at least 32)'
./infer --quantize=int8 --calibrate black.idx -Wno-calibration -o still.c 2>err &&
    ! grep -q 'Wcalibration' err
verdict $? "-Wno-calibration"
./infer --quantize=int8 --calibrate data -Werror -o still.c >out 2>err
verdict $? "no warning of the training samples"

expect 4 'scores' "--max-ram of integers" \
    ./infer --quantize=int8 --calibrate data --argmax-only -o x.c --max-ram=10
expect 4 'dense_1' "--max-flash of integers" ./infer --quantize=int8 --calibrate data -o x.c --max-flash=1K
absent x.c

# --- limits -----------------------------------------------------------------------------------------
./infer -o digits.c --header digits.h 2>err || exit 1
ram=$(sed -n 's/.*_WORK_BYTES = \([0-9]*\).*/\1/p' digits.h) flash=$(sed -n 's/.*_WEIGHT_BYTES = \([0-9]*\).*/\1/p' digits.h)
expect 4 "(got $ram bytes, expected at most $((ram - 1)))" "--max-ram" ./infer -o x.c --max-ram=$((ram - 1))
expect 4 'inputs that are not 0' "... with what takes it" ./infer -o x.c --max-ram=$((ram - 1))
expect 4 "(got $flash bytes, expected at most $((flash - 1)))" "--max-flash" ./infer -o x.c --max-flash=$((flash - 1))
expect 4 'dense_kernel' "... with what takes it" ./infer -o x.c --max-flash=$((flash - 1))
expect 2 '--max-flash' "a limit that is no size" ./infer -o x.c --max-flash=much
absent x.c
expect 0 '' "limits that hold" ./infer -o x.c --max-ram="$ram" --max-flash="$flash"
rm -f x.c

# --- forms ------------------------------------------------------------------------------------------
./infer | grep -qF 'void mlp_predict(const uint8_t image[784], float probability[10])'
verdict $? "without -o the model gives the prefix"
./infer --prefix '9 lives*/' | grep -q '^void model_9_lives___predict('
verdict $? "a prefix becomes an identifier"
./infer -o argmax.c --argmax-only && clean argmax.c >out 2>&1 && [ -z "$(nm -u argmax.c.o)" ]
verdict $? "--argmax-only calls nothing at all"
./infer -o again.c --header again.h --prefix=digits && sed 's/again.h/digits.h/' again.c | cmp -s - digits.c &&
    cmp -s again.h digits.h
verdict $? "the same twice"

# shellcheck disable=SC2046,SC2086
cxx() {
    printf '#include "digits.h"\nint main() { unsigned char image[DIGITS_INPUTS] = {0}; float p[DIGITS_OUTPUTS];\n' >cxx.cc &&
        printf 'digits_predict(image, p); return !(p[0] >= 0 && p[0] <= 1); }\n' >>cxx.cc &&
        $cc -O1 -c digits.c -o digits.o && g++ -Wall -Wextra -Werror cxx.cc digits.o $sanitizer -o cxx && ./cxx
}
case $cc in *-fsanitize*) sanitizer=${cc#* } ;; *) sanitizer= ;; esac
cxx >out 2>err
verdict $? "called from C++"

mkdir pipe
./infer --header pipe/h.h | exec 0<&- # the program is longer than a pipe holds
[ -z "$(ls pipe)" ]
verdict $? "a pipe that nobody reads: nothing is left"

# --- verify -----------------------------------------------------------------------------------------
expect 0 '100 predictions equal, 0 ties, 0 different' "verify" \
    ./mlp verify --data data --weights mlp.safetensors digits.c
mkdir temporary
printf 'exec sleep 300\n' >slow_cc
TMPDIR=$PWD/temporary CC="sh slow_cc" env --default-signal=TERM ./mlp verify --data data --weights mlp.safetensors digits.c >out 2>err &
child=$!
compiling() {
    [ -n "$(ls temporary)" ]
}
await compiling && kill -TERM "$child" && wait "$child" 2>/dev/null
[ $? -eq 143 ] && [ -z "$(ls temporary)" ]
verdict $? "verify ended while it compiles leaves nothing"
child=

# The compiler and what it has started end with verify, by any of the signals, and its folder is removed.
printf 'sleep 1000 & echo $! >>started\nsleep 1000 & echo $! >>started\nwait\n' >slow_cc
both_started() { [ -e started ] && [ "$(wc -l <started)" -eq 2 ]; }
all_ended() {
    while read -r process; do
        [ ! -d "/proc/$process" ] || grep -q '^State:.[ZX]' "/proc/$process/status" || return 1
    done <started
}
for signal in INT:130 TERM:143 HUP:129; do
    rm -f started
    # a shell lets its background jobs ignore SIGINT, nohup SIGHUP
    TMPDIR=$PWD/temporary CC="sh slow_cc" env --default-signal=INT,TERM,HUP ./mlp verify --data data --weights mlp.safetensors \
        digits.c >out 2>err &
    child=$!
    await both_started && kill "-${signal%:*}" "$child" && wait "$child" 2>/dev/null
    code=$?
    child=
    [ $code -eq "${signal#*:}" ] && await all_ended && [ -z "$(ls temporary)" ]
    verdict $? "verify ended by SIG${signal%:*} ends the compiler: exit code $code"
done

# What the compiler prints is text on the terminal, and not without end.
escape=$(printf '\033')
./infer -o apart.c --header apart.h && mkdir named && cp apart.c "named/$(printf 'a\033]0;title\007.c')"
expect 70 'a\x1b]0;title\x07.c' "a compiler that complains of a file's name" \
    ./mlp verify --data data --weights mlp.safetensors named/*.c
! grep -q "$escape" out err
verdict $? "... prints no escapes"
printf 'printf "\\033[2Jno end"; yes "\\033[31m" | head -c 10000000 >&2; exit 3\n' >loud_cc
CC="sh loud_cc" expect 70 'more bytes of output are not shown' "a compiler that prints megabytes" \
    ./mlp verify --data data --weights mlp.safetensors digits.c
[ "$(cat out err | wc -c)" -lt 400000 ] && ! grep -q "$escape" out err
verdict $? "... is cut"
rm -f started
printf 'sleep 1000 & echo $! >started\nexec cc "$@"\n' >forking_cc
CC="sh forking_cc" expect 0 '100 predictions equal' "a compiler that leaves a process with its output" \
    ./mlp verify --data data --weights mlp.safetensors digits.c
await all_ended
verdict $? "... ends it"

# Whoever starts a program may ignore SIGCHLD: then the system forgets how a child has ended.
expect 0 '100 predictions equal' "verify where SIGCHLD is ignored" \
    env --ignore-signal=CHLD ./mlp verify --data data --weights mlp.safetensors digits.c
CC=false expect 70 'the C compiler rejected the code' "... and the compiler fails" \
    env --ignore-signal=CHLD ./mlp verify --data data --weights mlp.safetensors digits.c

# Names that verify reads back, or finds beside what it reads.
for name in 'a*b.bin' 'end*' "$(printf 'line\nbreak')" 'blank ' ' blank' '100%.bin' '%41' 'a"b\' '??' "$(printf '\t')" ümlaut \
    "$(printf 'x%.0s' $(seq 255))"; do
    expect 0 '' "--weights-file $(printf '%s' "$name" | tr '\n\t' '??')" ./infer -o named.c --weights-file "$name"
    expect 0 '100 predictions equal' "... verify" ./mlp verify --data data --weights mlp.safetensors named.c
    rm -f "$name"
done
cp "$root/models/mlp.mnn" "mnn-inference 1: x.mnn"
expect 0 '' "a description called like the line that verify reads" \
    "$mnnc" "mnn-inference 1: x.mnn" --emit=inference --weights mlp.safetensors -o marked.c
expect 0 '100 predictions equal' "... verify" ./mlp verify --data data --weights mlp.safetensors marked.c
long=$(printf 'p%.0s' $(seq 255))
expect 0 '' "a prefix of 255 characters" ./infer -o long.c --prefix "$long"
expect 0 '100 predictions equal' "... verify" ./mlp verify --data data --weights mlp.safetensors long.c
expect 2 '--prefix takes at most 255 characters' "a prefix of 256 characters" ./infer -o x.c --prefix "p$long"
for wrong in 's/ input uint8/(0); int system input uint8/' "s/1: digits/1: di$(printf '\033')gits/" 's/1: digits/1: 9digits/' \
    's,weights inside,weights file %2Fetc%2Fpasswd,' 's/weights inside/weights file %00/' 's/weights inside/weights file %4/'; do
    sed "$wrong" digits.c >forged.c
    expect 3 'not inference code' "a forged line: $(echo "$wrong" | tr -d '\033')" \
        ./mlp verify --data data --weights mlp.safetensors forged.c
    ! grep -q "$escape" err || fail "... prints no escapes"
done
expect 0 '"equal": 100' "verify --json" ./mlp verify --json --data data --weights mlp.safetensors digits.c argmax.c
./infer -o floats.c --input=float32 --reentrant && ./infer -o reentrant.c --reentrant --argmax-only
expect 0 '100 predictions equal' "verify of code that takes floats, in the caller's memory" \
    ./mlp verify --data data --weights mlp.safetensors floats.c
expect 0 '100 predictions equal' "verify of a class, in the caller's memory" \
    ./mlp verify --data data --weights mlp.safetensors reentrant.c
cp -r data pale && ./float_idx data/t10k-images-idx3-ubyte pale/t10k-images-idx3-ubyte
expect 3 'the code takes bytes, but the data set has float values' "verify with data of floats" \
    ./mlp verify --data pale --weights mlp.safetensors digits.c
expect 0 '100 predictions equal' "... of code that takes them" ./mlp verify --data pale --weights mlp.safetensors floats.c
sed '/^ *test *=/d' "$root/models/mlp.mnn" >untested.mnn && compile_model untested.mnn untested || exit 1
expect 0 'the training set is used' "verify without a test set" \
    ./untested verify --data data --weights mlp.safetensors digits.c
sed 's/sum\[u\] += x \* weight\[u\]/sum[u] -= x * weight[u]/' digits.c >wrong.c
expect 70 'does not compute what this program computes' "code that was changed" \
    ./mlp verify --data data --weights mlp.safetensors wrong.c
./mlp train --quiet --data data --epochs 0 --seed 5 --save other.safetensors >out
expect 70 'does not compute' "other weights" ./mlp verify --data data --weights other.safetensors digits.c
expect 3 'not inference code' "C that is something else" \
    ./mlp verify --data data --weights mlp.safetensors mlp.c
expect 2 'needs the weights' "verify without weights" ./mlp verify --data data digits.c
expect 2 'needs C files' "verify of nothing" ./mlp verify --data data --weights mlp.safetensors
expect 5 'could not open' "verify of what is not there" ./mlp verify --data data --weights mlp.safetensors nothing.c
expect 70 'could not start the C compiler' "no C compiler" \
    env CC=/nonexistent/cc ./mlp verify --data data --weights mlp.safetensors digits.c
echo 'this is not C' >>wrong.c
expect 70 'the C compiler rejected the code' "code that does not compile" \
    ./mlp verify --data data --weights mlp.safetensors wrong.c
"$mnnc" "$root/models/regression.mnn" -o reg.c
sed 's/mnn-inference 1: digits input uint8 784/mnn-inference 1: digits input uint8 785/' digits.c >shape.c
expect 3 'code of another model' "code of another model" \
    ./mlp verify --data data --weights mlp.safetensors shape.c

# Another description whose weights have the same shapes: it is said, and goes on.
sed 's/activation=relu/activation=tanh/' "$root/models/mlp.mnn" >other.mnn
other='mlp.safetensors: these weights were trained with another description, or before this one was changed'
expect 0 "mnnc: warning: $other" "weights of another description" "$mnnc" other.mnn --emit=inference \
    --weights mlp.safetensors --prefix=digits -o other.c
"$mnnc" other.mnn -o other_trainer.c
# shellcheck disable=SC2046,SC2086 # words
$cc -std=gnu11 -O1 $(pkg-config --cflags mnn) other_trainer.c $(pkg-config --libs mnn) -o other
expect 0 "warning: $other" "... in verify" ./other verify --data data --weights mlp.safetensors other.c
./infer --prefix=digits -o same.c 2>said && ./mlp verify --data data --weights mlp.safetensors same.c >out 2>>said &&
    [ ! -s said ]
verdict $? "... and not of one's own"
"$mnnc" "$root/models/mlp.mnn" --emit=inference --weights checkpoint.safetensors -o same.c 2>said && [ ! -s said ]
verdict $? "... nor of a checkpoint"

# --- the file of weights ----------------------------------------------------------------------------
./infer -o apart.c --header apart.h --weights-file apart.bin && grep -q 'static const float (\*dense_kernel)\[32\];' apart.c
verdict $? "--weights-file: code without weights"
expect 0 '100 predictions equal' "... says the same" ./mlp verify --data data --weights mlp.safetensors apart.c
cat >load.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include "apart.h"
/* what apart_load() says of the file, with a byte changed, shifted or cut */
int main(int argc, char **argv)
{
    static long long room[40000];
    char *data = (char *)room + (argc > 3 ? atoi(argv[3]) : 0);
    FILE *f = fopen("apart.bin", "rb");
    size_t size = fread(data, 1, sizeof room - 8, f);
    fclose(f);
    if (argc > 1 && atoi(argv[1]) >= 0)
        data[atoi(argv[1])] ^= 1;
    return apart_load(data, size - (argc > 2 ? (size_t)atoi(argv[2]) : 0));
}
END
# shellcheck disable=SC2086
$cc -std=c99 -O1 load.c apart.c -lm -o load 2>err || verdict 1 "the loader compiles"
expect 0 '' "apart_load()" ./load
expect 1 '' "... at an odd address" ./load -1 0 1
expect 2 '' "... one byte short" ./load -1 1
expect 3 '' "... another beginning" ./load 0
expect 4 '' "... another version" ./load 4
expect 4 '' "... another model" ./load 8
expect 5 '' "... a bit of a weight" ./load 5000
expect 5 '' "... a bit of the check sum" ./load 16
printf 'x' | dd of=apart.bin bs=1 seek=4000 conv=notrunc 2>/dev/null
expect 3 'rejects these weights' "verify with a broken file" \
    ./mlp verify --data data --weights mlp.safetensors apart.c

# --- examples/embed ---------------------------------------------------------------------------------
# shellcheck disable=SC2046,SC2086
embed() {
    cp "$root/examples/embed/classify.c" "$root/examples/embed/Makefile" . &&
        make -s MNNC="$mnnc" MODEL="$root/models/mlp.mnn" WEIGHTS=mlp.safetensors CC="$cc" \
            CFLAGS="-std=gnu11 -O1 -Wall -Wextra -Wpedantic -Wconversion -Werror" classify &&
        $cc -std=gnu11 -O1 $cflags "$here/idx_to_png.c" $libs -o idx_to_png
}
rm -f digits.c digits.h
embed >out 2>err
verdict $? "examples/embed: builds"
same=0
for number in 0 1 2 3 4 5 6 7; do
    ./idx_to_png data/t10k-images-idx3-ubyte $number picture.png && ./classify picture.png >here &&
        ./mlp predict --raw --json --weights mlp.safetensors picture.png |
        sed 's/.*"class": \([0-9]*\), "probability": \([0-9.e-]*\).*/\1 \2/' |
            awk '{ printf "%d  %.4f\n", $1, $2 }' | cmp -s - here &&
        same=$((same + 1))
done
[ $same -eq 8 ]
verdict $? "examples/embed: says what the trainer says ($same of 8 pictures)"
expect 2 'usage' "examples/embed: no picture" ./classify
expect 3 'error' "examples/embed: no PNG" ./classify mlp.safetensors

finish "inference code in use"
