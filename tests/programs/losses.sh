#!/bin/sh
# The losses of generated programs against those of PyTorch 1.13 in double precision.
#
#   tests/programs/losses.sh MNNC CC BUILD_DIR
#
# Compiles a model of one dense layer with each loss, puts its C into test_losses.c and runs that. BUILD_DIR holds
# mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"

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

# agrees NAME LOSS UNITS ACTIVATION DATA_STEP OUTPUTS LOSS_OF_ROW...
agrees() {
    shift
    describe "$1" "$2" "$3" "$4" | compile_around -std=c11 -O2 "$here/test_losses.c" || return
    shift 4
    "$work/test" "$@"
}

loss_of() {
    check "$1${4:+, $4}" agrees "" "$@"
}

# of_classes LOSS ACTIVATION LOSS_OF_ROW...; of_one likewise, with one output
of_classes() {
    loss=$1 activation=$2
    shift 2
    loss_of "$loss" 3 "$activation" "one_hot(3)" 0.5,-1.2,2.0 "$@"
}

of_one() {
    loss=$1 activation=$2
    shift 2
    loss_of "$loss" 1 "$activation" "" 0.7 "$@"
}

loss_of sparse_categorical_crossentropy 3 softmax "" 0.5,-1.2,2.0 1.73419613714 3.43419613714 0.234196137136
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
finish losses
