#!/bin/sh
# Inference code in 8-bit integers: models on real data lose at most 0.3 points of accuracy and three quarters of
# their size, and call nothing with --argmax-only.
#
#   tests/inference/int8.sh MNNC CC BUILD_DIR [MODEL...]
#
# Trained for some hundred steps on MNIST, found along MNN_DATA_PATH, or Fashion-MNIST; over 2000 test samples. Without
# either it is left out, and said so. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 3 ] || usage "MNNC CC BUILD_DIR [MODEL...]"
use_tools "$1" "$2" "$3"
make_work "$build/tests/inference"
shift 3
# shellcheck source=tests/inference/common.sh
. "$here/common.sh"
data=$(find_pictures)
if [ -z "$data" ]; then
    echo "inference in integers: left out, neither MNIST nor Fashion-MNIST is here"
    exit 0
fi
cd "$work" || exit 1

# number KEY: out of the JSON that verify has printed
number() {
    sed -n "s/.*\"$1\": \([0-9.e-]*\).*/\1/p" "$2"
}

constants() {
    sed -n 's/.*_WEIGHT_BYTES = \([0-9]*\).*/\1/p' "$1"
}

in_integers() {
    sed 's/^\(data .*{\)$/\1\n    limit(test, 2000)/' "$root/models/$1.mnn" >"$1.mnn"
    compile_model "$1.mnn" trainer -O1 -march=native &&
        ./trainer train --quiet --data "$data" --epochs 1 --batch-limit 300 --save w.safetensors || return 1
    infer="$mnnc $1.mnn --emit=inference --weights w.safetensors"
    $infer -o float.c --header float.h || return 1
    $infer -o int8.c --header int8.h --quantize=int8 --calibrate "$data" || return 1
    $infer -o class.c --argmax-only --quantize=int8 --calibrate "$data" || return 1
    clean int8.c && clean class.c || return 1
    [ -z "$(nm -u class.c.o | grep -v '_asan_\|_ubsan_')" ] || { echo "--argmax-only calls something"; return 1; }
    ./trainer verify --json --data "$data" --weights w.safetensors int8.c >said || return 1
    ./trainer verify --json --data "$data" --weights w.safetensors class.c >said_class || return 1
    cat said
    [ "$(number equal said)" = "$(number equal said_class)" ] || { echo "--argmax-only says other classes"; return 1; }
    awk -v now="$(number accuracy said)" -v before="$(number accuracy_here said)" \
        -v bytes="$(constants int8.h)" -v floats="$(constants float.h)" \
        'BEGIN { exit !(before > 0.5 && now >= before - 0.003 && bytes < 0.27 * floats) }' </dev/null ||
        { echo "too much is lost, or it is too large"; return 1; }
}

for name in ${*:-mlp lenet5}; do
    if in_integers "$name" >log 2>&1; then
        ok "$name: accuracy $(number accuracy said), of the floats $(number accuracy_here said); $(constants int8.h) bytes, of the floats $(constants float.h)"
    else
        fail "$name"
    fi
done
finish "inference in integers"
