#!/bin/sh
# Inference code of mnnc --freestanding: it needs no function of any library, computes what the ordinary code computes,
# and its own functions are as exact as their comments state. All data are made up.
#
#   tests/inference/freestanding.sh MNNC CC BUILD_DIR
#
# Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/inference"
# shellcheck source=tests/inference/common.sh
. "$here/common.sh"
cd "$work" || exit 1
make_tools make_idx

# Every activation, and every layer that calls a function.
activations=$(sed -n 's/^ACTIVATION([A-Z0-9_]*, "\([a-z0-9_]*\)".*/\1/p' "$root/compiler/lang/activations.def" | grep -v softmax)
{
    printf 'data d {\n    train = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte")\n'
    printf '    test  = idx("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")\n    scale(1/255)\n'
    printf '    reshape(28, 28, 1)\n}\nmodel all {\n    avgpool2d(4)\n    flatten()\n'
    for activation in $activations; do
        printf '    dense(12, activation=%s)\n    layernorm()\n' "$activation"
    done
    printf '    dense(12, activation=gelu(approximate=true))\n    dense(10, activation=softmax)\n}\n'
    printf 'train {\n    loss = sparse_categorical_crossentropy\n    optimizer = adam\n    metrics = [accuracy]\n}\n'
} >all.mnn
cp "$root/models/mlp.mnn" "$root/models/cnn.mnn" .

# Loops must not become calls of memcpy or memset.
alone="$strict -fno-builtin"
echo 'int x;' >option.c
# shellcheck disable=SC2086
$cc -Werror -fno-tree-loop-distribute-patterns -c option.c -o option.o 2>/dev/null && alone="$alone -fno-tree-loop-distribute-patterns"

# needs_nothing FILE.c: only headers of types, no undefined symbol
# shellcheck disable=SC2086
needs_nothing() {
    ! grep '^#include' "$1" | grep -vE '<std(int|def)\.h>|"bare.h"' || return 1
    for level in -O3 -O2; do
        $cc $alone $level -c "$1" -o bare.o || return 1
        undefined=$(nm -u bare.o | awk '{ print $NF }' | grep -vE "^_GLOBAL_OFFSET_TABLE_$|^__(asan|ubsan|gcov)_")
        [ -z "$undefined" ] || { echo "calls $undefined"; return 1; }
    done
    [ -z "$clang" ] || "$clang" $strict -fno-builtin -fsyntax-only "$1"
}

cat >compare.c <<'END'
#include <math.h>
#include <stdio.h>
#include "bare.h"
#include "plain.h"

int main(void)
{
    static float input[BARE_INPUTS], bare[BARE_OUTPUTS], plain[BARE_OUTPUTS];
    unsigned state = 1;
    double most = 0;
    for (int sample = 0; sample < 50; sample++) {
        for (int j = 0; j < BARE_INPUTS; j++)
            input[j] = (float)((state = state * 1664525u + 1013904223u) >> 24);
        bare_predict(input, bare);
        plain_predict(input, plain);
        for (int j = 0; j < BARE_OUTPUTS; j++)
            most = fmax(most, isfinite(bare[j]) ? fabs((double)bare[j] - (double)plain[j]) : INFINITY);
    }
    printf("%.3g\n", most);
    return !(most <= 2e-6);
}
END

# both_forms MODEL [OPTION...]: the code alone, and what it computes beside the ordinary code
# shellcheck disable=SC2086
both_forms() {
    model=$1
    shift
    infer="$mnnc $model.mnn --emit=inference --input=float32 --weights $model.safetensors $*"
    $infer -o plain.c --header plain.h && $infer --freestanding -o bare.c --header bare.h && needs_nothing bare.c &&
        $cc -std=gnu11 -O1 compare.c bare.o plain.c -lm -o compare && ./compare >differs && cat differs || return 1
    ./program verify --data data --weights "$model.safetensors" bare.c
}

mkdir data && ./make_idx data 7 400 100 10 28 28 >log || exit 1
for model in all mlp cnn; do
    compile_model "$model.mnn" program >log 2>&1 && ./program train --quiet --data data --epochs 1 --batch-limit 5 \
        --save "$model.safetensors" >>log 2>&1
    verdict $? "training $model"
    both_forms "$model" >log 2>&1
    verdict $? "$model: largest difference $(cat differs)"
    # the layers are those of the ordinary code
    sed -n '/---- layers/,$p' bare.c | sed 's/own_//g; s/bare/plain/g' >layers
    sed -n '/---- layers/,$p' plain.c | cmp -s - layers
    verdict $? "... the same text but for names"
    [ "$model" = all ] || {
        both_forms "$model" --quantize=int8 --calibrate data >log 2>&1
        verdict $? "... in integers: largest difference $(cat differs)"
    }
done
infer="$mnnc mlp.mnn --emit=inference --weights mlp.safetensors --freestanding"
$infer -o bare.c --weights-file bare.bin --reentrant --header bare.h >log 2>&1 && needs_nothing bare.c >log 2>&1
verdict $? "weights in a file, the caller's memory"
"$mnnc" all.mnn --emit=inference --input=float32 --weights all.safetensors --freestanding -o code.c
# shellcheck disable=SC2086
$cc -std=gnu11 -O2 -DCODE="\"$work/code.c\"" "$here/own_functions.c" -lm -o own_functions >log 2>&1 && ./own_functions >log 2>&1
verdict $? "errors of the functions: $(tr '\n' ';' <log)"
$infer -o few.c >log 2>&1 &&
    [ "$(grep -o '^static .* own_[a-z0-9_]*(' few.c | sed 's/.* //' | tr -d '\n')" = "own_two_to(own_rest(own_exp(own_expf(" ]
verdict $? "only what is called is written"
shown="out err"
expect 2 'option "--freestanding" needs --emit=inference' "--freestanding of a trainer" "$mnnc" mlp.mnn --freestanding -o x.c
finish "freestanding inference code"
