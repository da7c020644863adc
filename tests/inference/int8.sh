#!/bin/sh
# Inference code in 8-bit integers: models on real data lose at most 0.3 points of accuracy, or 3 % of a mean squared
# error, and three quarters of their size, and call nothing with --argmax-only.
#
#   tests/inference/int8.sh MNNC CC BUILD_DIR [MODEL...]
#
# MODEL is a name under models/, by default the small ones, or "thin", resnet_small with a quarter of its filters.
# Trained for some hundred steps on the data that the description names, found along MNN_DATA_PATH, or made (the table);
# for MNIST Fashion-MNIST does too; over 2000 test samples, or all of a deep model's. A model whose data are not here is
# left out, and said so. Exit code: 0 all passed, or nothing to do, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 3 ] || usage "MNNC CC BUILD_DIR [MODEL...]"
use_tools "$1" "$2" "$3"
make_work "$build/tests/inference"
shift 3
# shellcheck source=tests/inference/common.sh
. "$here/common.sh"
cd "$work" || exit 1

# number KEY FILE: of the inference code, from the JSON that verify has printed
number() {
    sed -n "s/.*\", \"samples\".*\"$1\": \([0-9.e-]*\), \"program\".*/\1/p" "$2"
}

# program_number KEY FILE: the same of the program
program_number() {
    sed -n "s/.*\"program\": {\"$1\": \([0-9.e-]*\)}.*/\1/p" "$2"
}

constants() {
    sed -n 's/.*_WEIGHT_BYTES = \([0-9]*\).*/\1/p' "$1"
}

# What models must keep: large ones a quarter of their bytes; of small ones what each output has beside its weights counts.
limits='BEGIN {
    if (classes) kept = before > 0.5 && now >= before - 0.003
    else kept = error <= 1.03 * error_before
    exit !(kept && bytes < (floats > 20000 ? 0.27 : 0.31) * floats) }'

is_deep() {
    [ "$(grep -cE 'conv|unit|pair' "$1.mnn")" -gt 4 ]
}

# describe NAME: its description. 2000 samples to test are enough where few of them change.
describe() {
    if [ "$1" = thin ]; then
        sed 's/\(unit\|pair\)(32/\1(8/; s/\(unit\|pair\)(64/\1(16/; s/\(unit\|pair\)(128/\1(32/' \
            "$root/models/resnet_small.mnn" >thin.mnn
    else
        cp "$root/models/$1.mnn" .
    fi
    is_deep "$1" || sed -i 's/^\(data .*{\)$/\1\n    limit(test, 2000)/' "$1.mnn"
}

# A deep model is slow without the compiler's help.
train() {
    optimize=-O1
    ! is_deep "$1" || optimize=-O2
    epochs=1
    [ "$1" = regression ] && epochs=20 # its table is small
    compile_model "$1.mnn" trainer $optimize -march=native &&
        ./trainer train --quiet --data "$data" --epochs $epochs --batch-limit 300 --save w.safetensors
}

# The class alone: integers from end to end.
same_classes() {
    $infer -o class.c --argmax-only --quantize=int8 --calibrate "$data" && clean class.c || return 1
    [ -z "$(nm -u class.c.o | grep -v '_asan_\|_ubsan_')" ] || { echo "--argmax-only calls something"; return 1; }
    ./trainer verify --json --data "$data" --weights w.safetensors class.c >said_class || return 1
    [ "$(number equal said)" = "$(number equal said_class)" ] || { echo "--argmax-only says other classes"; return 1; }
}

# Calibrated with zeros the outputs hardly move: mnnc and verify say so.
says_lost_variance() {
    file=$data/$(sed -n 's/.*train *= *idx("[^/"]*\/\([^"]*\)".*/\1/p' "$1.mnn")
    { head -c 12 "$file" && tail -c +13 "$file" | tr -c '\000' '\000'; } >zero.idx
    $infer -o blank.c --quantize=int8 --calibrate zero.idx 2>said_blank &&
        ./trainer verify --data "$data" --weights w.safetensors blank.c 2>warned || return 1
    cat said_blank warned
    grep -q 'blank: every value of .* is 0 \[-Wcalibration\]' said_blank &&
        grep -q "warning: blank.c: int8 loses .* points of the variance of output" warned
}

in_integers() {
    describe "$1" && train "$1" || return 1
    infer="$mnnc $1.mnn --emit=inference --weights w.safetensors"
    $infer -o float.c --header float.h || return 1
    $infer -o int8.c --header int8.h --quantize=int8 --calibrate "$data" && clean int8.c || return 1
    ./trainer verify --json --data "$data" --weights w.safetensors int8.c >said || return 1
    cat said
    classes=$(grep -c accuracy said)
    [ "$classes" -eq 0 ] || same_classes || return 1
    [ "$1" != regression ] || says_lost_variance "$1" || return 1
    awk -v classes="$classes" -v now="$(number accuracy said)" -v before="$(program_number accuracy said)" \
        -v error="$(number mse said)" -v error_before="$(program_number mse said)" \
        -v bytes="$(constants int8.h)" -v floats="$(constants float.h)" "$limits" </dev/null ||
        { echo "too much is lost, or it is too large"; return 1; }
}

# The figures of the last check.
figures() {
    if [ "$(grep -c accuracy said)" -gt 0 ]; then
        printf 'accuracy %s, of the floats %s' "$(number accuracy said)" "$(program_number accuracy said)"
    else
        printf 'mean squared error %s, of the floats %s' "$(number mse said)" "$(program_number mse said)"
    fi
    printf '; %s bytes, of the floats %s\n' "$(constants int8.h)" "$(constants float.h)"
}

# --- channels of different ranges ---------------------------------------------------------------------
# sensors NAME LAYER...: one network for readings whose channels differ 250 times
sensors() {
    name=$1
    shift
    {
        printf 'data sensors {\n    train = idx("sensors/train-images-idx3-ubyte", "sensors/train-labels-idx1-ubyte")\n'
        printf '    test = idx("sensors/t10k-images-idx3-ubyte", "sensors/t10k-labels-idx1-ubyte")\n}\nmodel m {\n'
        printf '    input(64, 1, 4)\n'
        printf '    %s\n' "$@"
        printf '    conv2d(8, (5, 1), strides=(2, 1), activation=relu)\n    maxpool2d((2, 1))\n    flatten()\n'
        printf '    dense(4, activation=softmax)\n}\ntrain {\n    loss = sparse_categorical_crossentropy\n'
        printf '    optimizer = adam(0.005)\n    metrics = [accuracy]\n    epochs = 6\n}\n'
    } >"$name.mnn"
    compile_model "$name.mnn" trainer && ./trainer train --quiet --save w.safetensors
}

# What int8 says of the test samples is what the floats say, to a point, and mnnc says nothing.
keeps_channels() {
    sensors "$@" || return 1
    "$mnnc" "$name.mnn" --emit=inference --weights w.safetensors --quantize=int8 --calibrate sensors -Werror -o int8.c \
        --header int8.h && clean int8.c && ./trainer verify --json --weights w.safetensors int8.c >said 2>warned || return 1
    cat said warned
    [ ! -s warned ] || return 1
    awk -v now="$(number accuracy said)" -v before="$(program_number accuracy said)" \
        'BEGIN { exit !(before > 0.9 && now >= before - 0.01) }' </dev/null
}

# What a residual adds needs one scale: mnnc and verify say what is lost, -Werror refuses.
says_loss() {
    sensors "$@" || return 1
    rm -f int8.c
    infer="$mnnc $name.mnn --emit=inference --weights w.safetensors --quantize=int8 --calibrate sensors -o int8.c"
    ! $infer -Werror 2>refused || { echo "-Werror takes it"; return 1; }
    cat refused
    grep -q "$name.mnn:[0-9]*:[0-9]*: error: int8 changes the class of .* samples; the largest error is in layer \".*Werror=quantization" refused &&
        grep -q 'hint: the ranges of its input channels differ by a factor of' refused && [ ! -e int8.c ] || return 1
    $infer -Wno-quantization 2>silent || return 1
    cat silent
    ! grep -q warning silent || return 1
    ./trainer verify --weights w.safetensors int8.c >said 2>warned || return 1
    cat said warned
    grep -q 'warning: int8.c: int8 loses .* points of accuracy' warned
}

# byte N: as it is
byte() {
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf %03o "$1")"
}

# Two outputs, the first a thousandth of the second, where a residual adds with one scale: the first is lost.
says_lost_column() {
    {
        printf '\000\000\013\002\000\000\000\050\000\000\000\002' # 40 samples of 2 shorts
        for i in $(seq 40); do
            byte 0 && byte $((i % 2)) && byte $((i * 25 / 256)) && byte $((i * 25 % 256))
        done
    } >columns.idx
    printf '%s\n' 'data d {' '    train = idx("columns.idx")' '}' 'model m {' '    input(2)' '    residual {' \
        '        dense(2, kernel_initializer=zeros)' '    }' '}' 'train {' '    loss = mse' '    optimizer = sgd' '}' \
        >columns.mnn
    compile_model columns.mnn trainer && ./trainer train --quiet --epochs 0 --save w.safetensors &&
        "$mnnc" columns.mnn --emit=inference --weights w.safetensors --quantize=int8 --calibrate columns.idx -o int8.c \
            2>said && ./trainer verify --weights w.safetensors int8.c >said_verify 2>warned || return 1
    cat said said_verify warned
    grep -q 'int8 loses .* of the variance of output 0 over the calibration samples.*Wquantization' said &&
        grep -q 'warning: int8.c: int8 loses .* points of the variance of output 0' warned
}

with_channels() {
    $cc -std=gnu11 -O1 "$here/make_sensors.c" -lm -o make_sensors && mkdir -p sensors && ./make_sensors sensors 1200 400 ||
        { verdict 1 "data of sensors"; return; }
    keeps_channels batchnorm 'batchnorm()' >log 2>&1
    verdict $? "channels that differ 250 times, after a batchnorm: accuracy $(number accuracy said)"
    keeps_channels depthwise 'depthwise_conv2d((3, 1), padding=same, activation=relu)' 'avgpool2d((2, 1))' 'batchnorm()' \
        >log 2>&1
    verdict $? "... after a depthwise_conv2d, which a batchnorm follows: accuracy $(number accuracy said)"
    keeps_channels layernorm 'layernorm()' >log 2>&1
    verdict $? "... after a layernorm: accuracy $(number accuracy said)"
    says_loss residual 'residual {' '    conv2d(4, (3, 1), padding=same, activation=relu)' '}' >log 2>&1
    verdict $? "what a residual loses of them is said"
    says_lost_column >log 2>&1
    verdict $? "an output that is lost beside a larger one is said"
}

[ $# -gt 0 ] || with_channels
[ $# -gt 0 ] || set -- mlp lenet5 autoencoder regression thin
for name in "$@"; do
    model=$name
    [ "$name" != thin ] || model=resnet_small
    data=$(data_of "$model")
    if [ -z "$data" ]; then
        echo "left out: the data of $name are not here"
    elif in_integers "$name" >log 2>&1; then
        ok "$name: $(figures)"
    else
        fail "$name"
    fi
done
finish "inference in integers" 0
