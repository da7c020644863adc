#!/bin/sh
# Inference code of layers that neither models/ nor random models have, against the programs that trained them.
#
#   tests/inference/layers.sh MNNC CC BUILD_DIR [CASE...]
#
# For every case: a description is trained for two short epochs on made-up data, by one and by three threads with the
# same weights, and its inference code, in floats and in 8-bit integers, compiles without a warning as freestanding C99,
# calls nothing but functions of math.h, and says of every test sample what the trainer says ("verify"); integers are as
# far from it as mnnc said of its own run of the network, or mnnc names the layer that has no form in integers. JOBS (2)
# at once. CASE is a name below, by default all. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 3 ] || usage "MNNC CC BUILD_DIR [CASE...]"
use_tools "$1" "$2" "$3"
shift 3
# shellcheck source=tests/inference/common.sh
. "$here/common.sh"

# A line "= NAME REFUSED SHAPE" for each case, where REFUSED is the layer that integers have no form of, or "-"; then its
# layers, between ";" and newlines, but a last flatten() and dense(), which those whose names begin with "end" do not have.
cases() {
    cat <<'END'
= conv1d_first - 16 4
conv1d(6, 3, activation=relu); conv1d(4, 2, strides=2, padding=same, groups=2, use_bias=false); batchnorm()
activation(relu)
= conv1d_same - 15 3
conv1d(5, 4, padding=same); conv1d(4, 3, dilation_rate=2, padding=same, activation=tanh)
conv1d(4, 3, dilation_rate=3, activation=relu)
= conv1d_strides - 17 2
conv1d(4, 3, strides=3); conv1d(6, 1, activation=relu)
= concat_images - 6 6 2
a = conv2d(3, 3, padding=same, activation=relu); b = conv2d(4, 1)(a); concat()(a, b); batchnorm(); activation(relu)
concat(a); conv2d(3, 1)
= concat_rows - 6 6 2
a = conv2d(3, 3, padding=same); b = maxpool2d((2, 1))(a); concat(axis=1)(a, b); c = conv2d(3, 1); maxpool2d((1, 2))
concat(c, axis=2)
= concat_vectors - 12
a = dense(7, activation=relu); b = dense(5, activation=tanh)(a); c = dense(3)(a); concat()(a, b, c); activation(relu)
= multiply_images - 6 6 2
a = conv2d(4, 3, padding=same, activation=relu); global_maxpool2d(); dense(4, activation=sigmoid); reshape(1, 1, 4)
multiply(a); b = conv2d(4, 1); multiply(a); batchnorm(); activation(relu)
= multiply_vectors - 12
a = dense(7, activation=relu); b = dense(7, activation=tanh)(a); c = dense(7)(a); multiply()(a, b, c); activation(relu)
= add_images - 6 6 2
a = conv2d(4, 3, padding=same, activation=relu); global_maxpool2d(); dense(4); reshape(1, 1, 4); add(a)
b = conv2d(4, 1); add(a, b); batchnorm(); activation(relu)
= add_vectors - 12
a = dense(7, activation=relu); b = dense(7, activation=tanh)(a); c = dense(7)(a); add()(a, b, c); activation(relu)
= subtract subtract 12
a = dense(7, activation=relu); b = dense(7, activation=tanh)(a); subtract()(a, b)
= average average 6 6 2
a = conv2d(4, 3, padding=same, activation=relu); b = conv2d(4, 1); global_maxpool2d(); reshape(1, 1, 4); average(a, b)
= maximum maximum 6 6 2
a = conv2d(4, 3, padding=same, activation=relu); b = conv2d(4, 1); maximum(a, b); conv2d(3, 1)
= dot dot 12
dense(12, activation=relu); a = reshape(3, 4); dot(a, axes=1); b = flatten(); dense(16); dot(b, normalize=true); concat(b)
= pad2d_zero - 5 6 2
pad2d(); conv2d(3, 3, activation=relu); pad2d((1, 2)); maxpool2d()
= pad2d_edge - 5 6 2
pad2d(((0, 1), (2, 0)), mode=edge); conv2d(3, 3); pad2d(2, mode=edge); batchnorm(); activation(relu); maxpool2d()
= pad2d_reflect - 5 6 2
pad2d(2, mode=reflect); conv2d(3, 3); pad2d(((1, 0), (0, 1)), mode=reflect); activation(relu); conv2d(3, 2)
= upsample2d - 4 4 2
upsample2d(); conv2d(3, 3, activation=relu); upsample2d((1, 3)); batchnorm(); activation(relu); maxpool2d()
= bilinear upsample2d 4 4 2
upsample2d(2, interpolation=bilinear); conv2d(3, 3, activation=relu); upsample2d((1, 3), interpolation=bilinear)
batchnorm(); activation(relu); maxpool2d()
= groupnorm groupnorm 5 5 4
groupnorm(2); conv2d(6, 3, padding=same); groupnorm(3); activation(relu); conv2d(4, 2); groupnorm(1, center=false)
groupnorm(4, scale=false)
= global_maxpool2d - 6 6 2
conv2d(6, 3, padding=same); batchnorm(); activation(relu); conv2d(7, 2); global_maxpool2d(); activation(relu)
= global_maxpool2d_first - 6 6 5
global_maxpool2d(); dense(6, activation=relu)
= sequences - 16 4
conv1d(6, 3, activation=relu); pad1d((1, 2), mode=edge); maxpool1d(3, strides=2, padding=same); crop1d(1)
conv1d(5, 2); upsample1d(); avgpool1d(2); permute(2, 1); activation(relu); conv1d(4, 2); global_avgpool1d()
= lstm lstm 9 4
lstm(6, return_sequences=true); lstm(5, go_backwards=true, recurrent_activation=tanh)
= gru gru 9 4
gru(6, return_sequences=true, go_backwards=true); conv1d(4, 2, activation=relu); gru(5, use_bias=false)
= simple_rnn simple_rnn 9 4
simple_rnn(6, return_sequences=true, activation=relu); simple_rnn(5, go_backwards=true)
= one_step lstm 1 4
lstm(5, return_sequences=true); gru(4)
= global_maxpool1d - 12 3
conv1d(6, 3); global_maxpool1d(); activation(relu); repeat_vector(3); conv1d(4, 2, activation=relu)
= dense_last - 6 8 2
dense(5, activation=relu); dense(3); reshape(48, 3); dense(4, activation=tanh, use_bias=false); dense(6, activation=relu)
= conv2d_transpose - 4 5 2
conv2d_transpose(4, 3, strides=2, padding=same, activation=relu); conv2d_transpose(3, (2, 3), strides=(1, 3))
batchnorm(); activation(relu); maxpool2d(2)
= conv1d_transpose conv1d_transpose 8 3
conv1d_transpose(4, 3, strides=2, activation=relu); conv1d_transpose(3, 4, strides=2, padding=same)
= moved_pixels - 6 5 2
conv2d(8, 3, padding=same, activation=relu); pixel_shuffle(2); crop2d(((1, 2), (0, 1))); conv2d(4, 3)
pixel_shuffle(2, channels=inner); permute(3, 1, 2)
= rmsnorm rmsnorm 6 5 2
conv2d(6, 3); rmsnorm(); dropout(0.2); conv2d(4, 2, activation=relu); rmsnorm(scale=false)
= unit_norm unit_norm 12
dense(8, activation=relu); unit_norm()
= rescale rescale 12
dense(8, activation=relu); rescale(0.5, offset=1)
= prelu prelu 5 5 2
conv2d(6, 3); prelu(); conv2d(4, 2); prelu(constant(0.25), shared_axes=(1, 2))
= large_images upsample2d 20 20 2
conv2d(9, 3, padding=same); upsample2d((2, 3), interpolation=bilinear); pad2d(2, mode=reflect); pad2d(mode=edge)
pad2d(mode=edge); pad2d(mode=edge); groupnorm(3); maxpool2d(4)
= activations - 12
dense(7, activation=softplus); dense(6, activation=softsign); dense(6, activation=mish); dense(6, activation=selu)
= end_conv1d - 8 3
conv1d(6, 3, activation=relu); conv1d(10, 6); flatten(); activation(softmax)
= end_concat - 12
a = dense(6, activation=relu); b = dense(4)(a); concat(a); activation(softmax)
= end_multiply - 12
a = dense(10, activation=relu); b = dense(10)(a); multiply(a); activation(softmax)
= end_add - 12
a = dense(10, activation=relu); b = dense(10)(a); add(a); activation(softmax)
= end_pad2d - 4 4 1
conv2d(5, 4, activation=relu); pad2d(((0, 1), (0, 0))); flatten(); activation(softmax)
= end_upsample2d - 4 4 1
conv2d(5, 4); upsample2d((1, 2)); flatten(); activation(softmax)
= end_bilinear upsample2d 4 4 1
conv2d(5, 4); upsample2d((1, 2), interpolation=bilinear); flatten(); activation(softmax)
= end_groupnorm groupnorm 4 4 1
conv2d(10, 4, activation=relu); groupnorm(5); flatten(); activation(softmax)
= end_global_maxpool2d - 5 5 2
conv2d(10, 3); global_maxpool2d(); flatten(); activation(softmax)
END
}

# names: of all cases
names() {
    cases | sed -n 's/^= \([^ ]*\).*/\1/p'
}

# describe: the case $name; its shape and what is refused become variables
describe() {
    read -r refused shape <<END
$(cases | sed -n "s/^= $name //p")
END
    printf '%s\n' 'data d {' '    train = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte")' \
        '    test = idx("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")' '    scale(1/255)' \
        "    reshape($(echo "$shape" | sed 's/ /, /g'))" '}' 'model m {'
    cases | awk -v name="$name" '$1 == "=" { mine = $2 == name; next } mine' | tr ';' '\n'
    case $name in
    end*) ;;
    *) printf '%s\n' '    flatten()' '    dense(10, activation=softmax)' ;;
    esac
    printf '%s\n' '}' 'train {' '    loss = sparse_categorical_crossentropy' '    optimizer = adam(0.01)' \
        '    metrics = [accuracy]' '    batch_size = 16' '}'
}

# shellcheck disable=SC2086 # words
prepare() {
    describe >m.mnn && mkdir data && ../make_idx data 7 200 64 10 $shape &&
        compile_model m.mnn m && ./m train --quiet --data data --epochs 2 --threads 3 --save w.safetensors &&
        ./m train --quiet --data data --epochs 2 --threads 1 --save one.safetensors && cmp w.safetensors one.safetensors
}

# verified FILE [COMPILER]: by default with one that watches for undefined behaviour
verified() {
    clean "$1" || { echo "$1 does not compile cleanly"; return 1; }
    CC=${2:-$cc -fsanitize=undefined,float-cast-overflow -fno-sanitize-recover=all} \
        ./m verify --data data --weights w.safetensors "$1"
}

# What mnnc said and what verify found are differences of the same samples.
integers() {
    $infer --quantize=int8 --calibrate data/t10k-images-idx3-ubyte -o int8.c 2>said
    code=$?
    cat said
    if [ "$refused" != - ]; then
        [ $code -eq 1 ] && grep -q "int8 has .*$refused" said && [ ! -e int8.c ] && return
        echo "exit code $code, expected 1 and the name of $refused"
        return 1
    fi
    verified int8.c >found
    code=$((code + $?))
    cat found
    [ $code -eq 0 ] || return
    sed -n 's/^int8: .*largest output difference \([0-9.e+-]*\);.*/\1/p' said >differences
    sed -n 's/^int8.c: .* difference \([0-9.e+-]*\)$/\1/p' found >>differences
    awk '{ difference[NR] = $1 } END { above = difference[2] - difference[1]
            exit !(NR == 2 && above <= 0.3 * difference[1] + 2e-5 && -above <= 0.3 * difference[1] + 2e-5) }' differences
}

# protected FILE: a function with a condition is safe from the fault of gcc 12 (MNN_KEEP_CONDITIONS)
protected() {
    awk '/_KEEP_CONDITIONS$/ { kept = 1 } /^}/ { kept = 0 } /^ .*if \(/ && !kept { wrong = 1 } END { exit wrong }' "$1"
}

one() {
    prepare || { echo "training it"; return 1; }
    infer="$mnnc -w m.mnn --emit=inference --weights w.safetensors"
    $infer --header float.h -o float.c && verified float.c || return 1
    protected float.c || { echo "float.c has conditions that are not kept"; return 1; }
    $infer --reentrant --input=uint8 -o bytes.c && verified bytes.c "${clang:-$cc}" || return 1
    integers
}

if [ "${MNN_ONE_CASE:-}" ]; then
    work=$MNN_TOOLS
    shown=log
    name=$MNN_ONE_CASE
    mkdir "$work/$name" && cd "$work/$name" || exit 1
    one >log 2>&1
    verdict $? "$name"
    exit 0
fi

make_work "$build/tests/inference"
make_tools make_idx
[ $# -gt 0 ] || {
    # shellcheck disable=SC2046 # names
    set -- $(names)
}
printf '%s\n' "$@" |
    MNN_TOOLS=$work xargs -P "${JOBS:-2}" -I '{}' env MNN_ONE_CASE='{}' "$0" "$mnnc" "$cc" "$build" >"$work/all"
cat "$work/all"
passed=$(grep -c '^ok ' "$work/all")
failed=$(($# - passed))
finish "inference of layers"
