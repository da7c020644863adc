#!/bin/sh
# The losses of generated programs against those of PyTorch 1.13 in double precision.
#
#   tests/programs/losses.sh MNNC CC BUILD_DIR
#
# Compiles a model of one dense layer with each loss, puts its C into test_losses.c and runs that. BUILD_DIR holds
# mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u

if [ $# -ne 3 ]; then
    echo "usage: $0 MNNC CC BUILD_DIR" >&2
    exit 2
fi
mnnc=$1 cc=$2 build=$3
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$build/tests/programs/losses-$$" || exit 1
work=$(cd "$build/tests/programs/losses-$$" && pwd) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
cflags=$(pkg-config --cflags mnn) && libs=$(pkg-config --libs mnn) || exit 1
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror"
passed=0
bad=0

# describe LOSS UNITS ACTIVATION DATA_STEP
describe() {
    cat <<END
data d {
    train = idx("i", "l")
    $4
}
model m {
    input(2)
    dense($2, activation=$3)
}
train {
    loss = $1
    optimizer = sgd
}
END
}

# cc, cflags, libs and warnings are lists of words.
# shellcheck disable=SC2086
build_and_run() {
    describe "$1" "$2" "$3" "$4" >"$work/m.mnn"
    shift 4
    "$mnnc" "$work/m.mnn" -o "$work/m.c" &&
        $cc -std=c11 -O2 $warnings -DGENERATED="\"$work/m.c\"" $cflags "$here/test_losses.c" $libs \
            -o "$work/test_losses" &&
        "$work/test_losses" "$@"
}

check() {
    if build_and_run "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $1${4:+, $4}"
    else
        bad=$((bad + 1))
        echo "FAIL $1${4:+, $4}"
        sed 's/^/  > /' "$work/log"
    fi
}

# of_classes LOSS ACTIVATION LOSS_OF_ROW...; of_one likewise, with one output
of_classes() {
    loss=$1 activation=$2
    shift 2
    check "$loss" 3 "$activation" "one_hot(3)" 0.5,-1.2,2.0 "$@"
}

of_one() {
    loss=$1 activation=$2
    shift 2
    check "$loss" 1 "$activation" "" 0.7 "$@"
}

check sparse_categorical_crossentropy 3 softmax "" 0.5,-1.2,2.0 1.73419613714 3.43419613714 0.234196137136
of_classes categorical_crossentropy softmax 1.73419613714 3.43419613714 0.234196137136
of_classes "categorical_crossentropy(label_smoothing=0.1)" softmax 1.7408628038 3.2708628038 0.390862803802
of_classes binary_crossentropy sigmoid 0.95476248752 1.52142915419 0.45476248752
of_classes "binary_crossentropy(label_smoothing=0.2)" sigmoid 0.94476248752 1.39809582085 0.54476248752
of_classes mse linear 1.89666666667 3.03 0.896666666667
of_classes mae linear 1.23333333333 1.56666666667 0.9
of_classes "huber(delta=0.8)" linear 0.681666666667 0.948333333333 0.415
of_classes hinge linear 1.16666666667 2.23333333333 0.5
of_one binary_crossentropy sigmoid 1.10318604889 0.403186048885
of_one "binary_crossentropy(label_smoothing=0.3)" sigmoid 0.998186048885 0.508186048885
of_one hinge linear 1.7 0.3
of_one mse linear 0.49 0.09 1.69
of_one mae linear 0.7 0.3 1.3
of_one huber linear 0.245 0.045 0.8
echo "losses: $passed passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$passed" -gt 0 ]
