#!/bin/sh
# The optimizers of generated programs against an independent implementation in double precision.
#
#   tests/programs/update.sh MNNC CC BUILD_DIR
#
# Compiles a small model with each optimizer, puts its C into test_update.c and runs that. BUILD_DIR holds
# mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1 something failed, 2
# usage.
set -u

if [ $# -ne 3 ]; then
    echo "usage: $0 MNNC CC BUILD_DIR" >&2
    exit 2
fi
mnnc=$1 cc=$2 build=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$build/tests/programs/update-$$" || exit 1
work=$(cd "$build/tests/programs/update-$$" && pwd) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
cflags=$(pkg-config --cflags mnn check) && libs=$(pkg-config --libs mnn check) || exit 1
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror"
passed=0
bad=0

# describe OPTIMIZER: more parameters than one worker updates at a time.
describe() {
    cat <<END
data d {
    train = idx("i", "l")
}
model m {
    input(120)
    dense(150)
    dense(10, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = $1
}
END
}

# cc, cflags, libs and warnings are lists of words.
# shellcheck disable=SC2086
build_and_run() {
    describe "$1" >"$work/m.mnn"
    shift
    "$mnnc" "$work/m.mnn" -o "$work/m.c" &&
        $cc -std=gnu11 -O2 $warnings -DGENERATED="\"$work/m.c\"" -I"$root" $cflags "$root/tests/programs/test_update.c" \
            "$root/tests/reference/optimizers.c" $libs -o "$work/test_update" &&
        "$work/test_update" "$@"
}

# check OPTIMIZER NUMBERS...: as the description has it, and as test_update takes it.
check() {
    if build_and_run "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $1"
    else
        bad=$((bad + 1))
        echo "FAIL $1"
        sed 's/^/  > /' "$work/log"
    fi
}

check "sgd" sgd 0.01 0 0
check "sgd(learning_rate=0.3)" sgd 0.3 0 0
check "sgd(momentum=0.9)" sgd 0.01 0.9 0
check "sgd(learning_rate=0.05, momentum=0.8, nesterov=true)" sgd 0.05 0.8 1
check "rmsprop" rmsprop 0.001 0.9 0 1e-7
check "rmsprop(learning_rate=0.01, rho=0.7, epsilon=1e-3)" rmsprop 0.01 0.7 0 1e-3
check "rmsprop(momentum=0.9)" rmsprop 0.001 0.9 0.9 1e-7
check "adam" adam 0.001 0.9 0.999 1e-7
check "adam(learning_rate=0.02, beta_1=0.5, beta_2=0.9, epsilon=1e-4)" adam 0.02 0.5 0.9 1e-4
check "adam(beta_1=0, beta_2=0.99)" adam 0.001 0 0.99 1e-7
check "adamw" adamw 0.001 0.9 0.999 1e-7 weight_decay=0.004
check "adamw(0.01, weight_decay=0.1, clipvalue=0.5)" adamw 0.01 0.9 0.999 1e-7 weight_decay=0.1 clipvalue=0.5
check "nadam" nadam 0.001 0.9 0.999 1e-7
check "nadam(0.01, beta_1=0.5, beta_2=0.9, epsilon=1e-4, weight_decay=0.02)" nadam 0.01 0.5 0.9 1e-4 weight_decay=0.02
check "adagrad" adagrad 0.001 0.1 1e-7
check "adagrad(0.1, initial_accumulator_value=0.5, epsilon=1e-3, clipnorm=2)" adagrad 0.1 0.5 1e-3 clipnorm=2
check "sgd(clipnorm=10)" sgd 0.01 0 0 clipnorm=10
check "sgd(clipvalue=0.01, weight_decay=0.1)" sgd 0.01 0 0 clipvalue=0.01 weight_decay=0.1
check "sgd(momentum=0.9, nesterov=true, global_clipnorm=5)" sgd 0.01 0.9 1 global_clipnorm=5
check "sgd(global_clipnorm=1e6)" sgd 0.01 0 0 global_clipnorm=1e6
check "rmsprop(momentum=0.5, global_clipnorm=1, weight_decay=0.01)" \
    rmsprop 0.001 0.9 0.5 1e-7 global_clipnorm=1 weight_decay=0.01
check "adam(clipnorm=0.1, weight_decay=0.05)" adam 0.001 0.9 0.999 1e-7 clipnorm=0.1 weight_decay=0.05
echo "update: $passed passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$passed" -gt 0 ]
