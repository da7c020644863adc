#!/bin/sh
# The optimizers of generated programs against an independent implementation in double precision.
#
#   tests/programs/update.sh MNNC CC BUILD_DIR
#
# Compiles a small model with each optimizer, puts its C into test_update.c and runs that. BUILD_DIR holds
# mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1 something failed, 2
# usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3" check
make_work "$build/tests/programs"

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

agrees() {
    describe "$1" | compile_around -std=gnu11 -O2 -I"$root" "$here/test_update.c" "$root/tests/reference/optimizers.c" ||
        return
    shift
    "$work/test" "$@"
}

# updates OPTIMIZER NUMBERS...: as the description has it, and as test_update takes it.
updates() {
    check "$1" agrees "$@"
}

updates "sgd" sgd 0.01 0 0
updates "sgd(learning_rate=0.3)" sgd 0.3 0 0
updates "sgd(momentum=0.9)" sgd 0.01 0.9 0
updates "sgd(learning_rate=0.05, momentum=0.8, nesterov=true)" sgd 0.05 0.8 1
updates "rmsprop" rmsprop 0.001 0.9 0 1e-7
updates "rmsprop(learning_rate=0.01, rho=0.7, epsilon=1e-3)" rmsprop 0.01 0.7 0 1e-3
updates "rmsprop(momentum=0.9)" rmsprop 0.001 0.9 0.9 1e-7
updates "adam" adam 0.001 0.9 0.999 1e-7
updates "adam(learning_rate=0.02, beta_1=0.5, beta_2=0.9, epsilon=1e-4)" adam 0.02 0.5 0.9 1e-4
updates "adam(beta_1=0, beta_2=0.99)" adam 0.001 0 0.99 1e-7
updates "adamw" adamw 0.001 0.9 0.999 1e-7 weight_decay=0.004
updates "adamw(0.01, weight_decay=0.1, clipvalue=0.5)" adamw 0.01 0.9 0.999 1e-7 weight_decay=0.1 clipvalue=0.5
updates "nadam" nadam 0.001 0.9 0.999 1e-7
updates "nadam(0.01, beta_1=0.5, beta_2=0.9, epsilon=1e-4, weight_decay=0.02)" nadam 0.01 0.5 0.9 1e-4 weight_decay=0.02
updates "adagrad" adagrad 0.001 0.1 1e-7
updates "adagrad(0.1, initial_accumulator_value=0.5, epsilon=1e-3, clipnorm=2)" adagrad 0.1 0.5 1e-3 clipnorm=2
updates "sgd(clipnorm=10)" sgd 0.01 0 0 clipnorm=10
updates "sgd(clipvalue=0.01, weight_decay=0.1)" sgd 0.01 0 0 clipvalue=0.01 weight_decay=0.1
updates "sgd(momentum=0.9, nesterov=true, global_clipnorm=5)" sgd 0.01 0.9 1 global_clipnorm=5
updates "sgd(global_clipnorm=1e6)" sgd 0.01 0 0 global_clipnorm=1e6
updates "rmsprop(momentum=0.5, global_clipnorm=1, weight_decay=0.01)" \
    rmsprop 0.001 0.9 0.5 1e-7 global_clipnorm=1 weight_decay=0.01
updates "adam(clipnorm=0.1, weight_decay=0.05)" adam 0.001 0.9 0.999 1e-7 clipnorm=0.1 weight_decay=0.05
updates "adam(amsgrad=true)" adam 0.001 0.9 0.999 1e-7 amsgrad=1
updates "adamw(0.01, amsgrad=true, weight_decay=0.1)" adamw 0.01 0.9 0.999 1e-7 amsgrad=1 weight_decay=0.1
updates "rmsprop(centered=true)" rmsprop 0.001 0.9 0 1e-7 centered=1
updates "rmsprop(momentum=0.5, rho=0.7, epsilon=1e-4, centered=true)" rmsprop 0.001 0.7 0.5 1e-4 centered=1
updates "adadelta" adadelta 0.001 0.95 1e-7
updates "adadelta(1, rho=0.9, epsilon=1e-6, clipnorm=1)" adadelta 1 0.9 1e-6 clipnorm=1
updates "adamax" adamax 0.001 0.9 0.999 1e-7
updates "adamax(0.01, beta_1=0.5, beta_2=0.9, epsilon=1e-4, weight_decay=0.02)" adamax 0.01 0.5 0.9 1e-4 weight_decay=0.02
updates "lion" lion 0.001 0.9 0.99
updates "lion(1e-4, beta_1=0.95, beta_2=0.98, weight_decay=0.1, clipvalue=0.5)" lion 1e-4 0.95 0.98 weight_decay=0.1 clipvalue=0.5
finish update
