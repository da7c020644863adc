#!/bin/sh
# Inference code of random models, trained for a few steps, against the programs that trained them.
#
#   tests/inference/random.sh MNNC CC BUILD_DIR COUNT [FIRST_SEED]
#
# For every seed: a random description is trained for two short epochs and its inference code, in one of its forms,
# compiles without a warning as freestanding C99, calls nothing but functions of math.h, and says of every test
# sample what the trainer says ("verify"). The same in 8-bit integers, calibrated with the test samples: the code is as
# far from the trainer as mnnc said of its own run of the network (how far that may be, test_deploy.c knows). JOBS (2)
# at once. Seeds from 1 on begin with wide.mnn. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 4 ] || usage "MNNC CC BUILD_DIR COUNT [FIRST_SEED]"
use_tools "$1" "$2" "$3"
count=$4 first=${5:-1}

# What each form adds to the command line; all of them come in turn.
form() {
    case $(($1 % 5)) in
    0) echo "--header=m_inference.h --input=uint8" ;;
    1) echo "--reentrant --input=float32" ;;
    2) echo "--weights-file=m.bin" ;;
    3) echo "--argmax-only --header=m_inference.h" ;;
    4) echo "--prefix=while --input=uint8 --reentrant --weights-file=m.bin" ;;
    esac
}

# shellcheck disable=SC2046
prepare() {
    if [ "$seed" -eq 0 ]; then cp "$here/wide.mnn" m.mnn; else "$tools/random_model" "$seed" >m.mnn; fi || return 1
    set -- $(sed -n 's/^# samples: //p' m.mnn)
    "$tools/make_idx" data 7 200 64 "$@" || return 1
    compile_model m.mnn m || return 1
    ./m train --quiet --data data --epochs 2 --batch-limit 40 --save m.safetensors
}

# shellcheck disable=SC2046
emit() {
    "$mnnc" m.mnn --emit=inference --weights m.safetensors -o m_inference.c $(form "$seed") 2>emitted
    code=$?
    # numbers have no largest one to ask for
    if [ $code -eq 2 ] && grep -q 'needs a classification model' emitted; then
        "$mnnc" m.mnn --emit=inference --weights m.safetensors -o m_inference.c --header=m_inference.h
        code=$?
    fi
    cat emitted
    return $code
}

# shellcheck disable=SC2086
emit_integers() {
    "$mnnc" m.mnn --emit=inference --weights m.safetensors -o m_int8.c --quantize=int8 \
        --calibrate data/t10k-images-idx3-ubyte "$@" 2>emitted
    code=$?
    cat emitted
    return $code
}

# Integers that overflow, a shift or a conversion too far end the program.
watched="-fsanitize=undefined,float-cast-overflow -fno-sanitize-recover=all"

# Bytes and floats in turn; bytes need one that stands for 0. What mnnc said and what verify found are differences of
# the same samples: a byte of the input may fall to either side of a half where the caller has floats.
integers() {
    share=0.001
    if [ $((seed % 2)) -ne 0 ] || ! emit_integers --input=uint8 --header=m_int8.h; then
        share=0.3
        emit_integers --input=float32 --reentrant || { [ $? -eq 1 ] && grep -q 'int8 has softmax' emitted && return 0; }
    fi
    said=$(sed -n 's/^int8: .*largest output difference \([0-9.e+-]*\);.*/\1/p' emitted)
    [ -n "$said" ] || return 1
    clean m_int8.c && CC="$cc $watched" ./m verify --data data --weights m.safetensors m_int8.c >found || return 1
    cat found
    sed -n 's/^m_int8.c: \([0-9]*\) samples.*difference \([0-9.e+-]*\)$/\1 \2/p' found |
        awk -v said="$said" -v share=$share '{ above = $2 - said; limit = share * said + 2e-5
            exit !(above <= limit && ($1 < 64 || -above <= limit)) } END { if (NR != 1) exit 1 }' || return 1
    echo "integers: $said"
    [ $((seed % 3)) -ne 0 ] || ! grep -q 'predictions equal' found || same_classes
}

# The class alone, from scores that no activation has seen, is the class of the outputs; some activations forbid that.
same_classes() {
    input=$(sed -n 's/.*mnn-inference 1: m_int8 input \([a-z0-9]*\).*/\1/p' m_int8.c)
    emit_integers --input="$input" --argmax-only --prefix=m_int8 ||
        { [ $? -eq 1 ] && grep -q 'must not make different numbers equal' emitted && return 0; }
    clean m_int8.c && CC="$cc $watched" ./m verify --data data --weights m.safetensors m_int8.c >found_class || return 1
    [ "$(grep -o ': .* different' found)" = "$(grep -o ': .* different' found_class)" ] ||
        { cat found_class; echo "--argmax-only says other classes"; return 1; }
}

one() {
    # shellcheck source=tests/inference/common.sh
    . "$here/common.sh"
    prepare || { echo "training it"; return 1; }
    emit || { echo "exit code $? of mnnc --emit=inference"; return 1; }
    clean m_inference.c || { echo "the code does not compile cleanly"; return 1; }
    CC=${clang:-cc} ./m verify --data data --weights m.safetensors m_inference.c || { echo "it is not the same"; return 1; }
    integers || { echo "integers are not what mnnc said"; return 1; }
}

if [ "${MNN_ONE_SEED:-}" ]; then
    seed=$MNN_ONE_SEED tools=$MNN_TOOLS
    work=$tools/$seed
    mkdir -p "$work/data" && cd "$work" || exit 1
    if one >log 2>&1; then
        sed 's/^/@/' log | grep -o '@m_inference.c: .*' | sed "s/^@/seed $seed: /"
        grep '^integers: ' log
    else
        echo "FAIL seed $seed, form $(form "$seed")"
        sed 's/^/  | /' m.mnn
        sed 's/^/  > /' log
    fi
    rm -rf "$work"
    exit 0
fi

make_work "$build/tests/inference"
make_tools random_model make_idx
if [ "$first" -eq 1 ]; then first=0 count=$((count + 1)); fi
export MNN_TOOLS="$work"
seq "$first" $((first + count - 1)) |
    xargs -P "${JOBS:-2}" -I '{}' env MNN_ONE_SEED='{}' "$0" "$mnnc" "$cc" "$build" 1 >"$work/all"
grep -E '^FAIL|^  [|>]' "$work/all"
passed=$(grep -c '^seed ' "$work/all")
failed=$((count - passed))
echo "inference: $(grep -c '^integers: ' "$work/all") of them also in integers"
awk '/^seed/ { for (i = 1; i < NF; i++) if ($i == "difference" && $(i + 1) + 0 > most) most = $(i + 1) + 0 }
     END { print "inference: largest output difference " most }' "$work/all"
finish "inference of random models"
