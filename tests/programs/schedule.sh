#!/bin/sh
# The learning rates of generated programs against numbers worked out elsewhere.
#
#   tests/programs/schedule.sh MNNC CC BUILD_DIR
#
# Compiles a small model with each schedule, puts its C into test_schedule.c and runs that. The numbers of one_cycle
# are those of PyTorch 1.13's OneCycleLR, the others come from the Python text of Keras 3's documentation. BUILD_DIR
# holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1 something failed, 2
# usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"

describe() {
    cat <<END
data d {
    train = idx("i", "l")
}
model m {
    input(4)
    dense(2, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = sgd($1)
}
END
}

agrees() {
    describe "$1" | compile_around -std=c11 -O1 "$here/test_schedule.c" || return
    shift
    "$work/test" "$@"
}

# rates SCHEDULE NAME UPDATES=RATE...
rates() {
    check "$1" agrees "$@"
}

rates "exponential_decay(0.1, 1000, 0.96)" exponential_decay \
    0=0.1 1=0.0999959178838686 500=0.09797958971132713 1000=0.096 2500=0.09029798987795908
rates "ExponentialDecay(0.1, decay_steps=1000, decay_rate=0.96, staircase=true)" exponential_decay \
    0=0.1 999=0.1 1000=0.096 2500=0.09216
rates "step_decay(0.1, 1000)" step_decay 0=0.1 999=0.1 1000=0.05 1999=0.05 2000=0.025 5000=0.003125
rates "piecewise_constant([100, 200], [0.1, 0.05, 0.01])" piecewise_constant \
    0=0.1 100=0.1 101=0.05 200=0.05 201=0.01 100000=0.01
rates "piecewise(boundaries=[], values=[0.3])" piecewise_constant 0=0.3 7=0.3
rates "cosine_decay(0.1, 1000, alpha=0.1)" cosine_decay \
    0=0.1 250=0.08681980515339464 500=0.055 1000=0.01 2000=0.01
rates "cosine_decay(0.01, 1000, warmup_target=0.1, warmup_steps=100)" cosine_decay \
    0=0.01 50=0.055 99=0.0991 100=0.1 600=0.05 1100=0 1500=0
rates "polynomial_decay(0.1, 1000, 0.01, power=0.5)" polynomial_decay 0=0.1 500=0.07363961030678928 1000=0.01 3000=0.01
rates "polynomial_decay(0.1, 1000, cycle=true)" polynomial_decay \
    0=0.1 500=0.05005 1000=0.0001 1001=0.05000005 1500=0.025075 2500=0.01675
rates "one_cycle(0.1, 100)" one_cycle \
    0=0.004 1=0.004281378056590748 10=0.029516394846410082 28=0.09971862194340926 29=0.1 30=0.09994965352845243 \
    60=0.05892800902855288 98=5.07464715475788e-05 99=4e-07 500=4e-07
rates "one_cycle(max_lr=0.5, total_steps=11, pct_start=0.45, div_factor=10, final_div_factor=100)" one_cycle \
    0=0.05 1=0.11749053322187925 3=0.4387727323331361 4=0.4999158255845523 5=0.46378759688876803 \
    8=0.12350781404334776 9=0.03342181520536371 10=0.0005
rates "inverse_time_decay(0.1, 100, 0.5)" inverse_time_decay 0=0.1 50=0.08 100=0.06666666666666667 400=0.03333333333333333
rates "InverseTimeDecay(0.1, 100, 0.5, staircase=true)" inverse_time_decay 0=0.1 99=0.1 100=0.06666666666666667
rates "cosine_decay_restarts(0.1, 100)" cosine_decay_restarts \
    0=0.1 50=0.05 99=2.4671981713420024e-05 100=0.1 200=0.05 300=0.1 500=0.05 700=0.1 1500=0.1
rates "cosine_decay_restarts(0.1, 100, t_mul=1, m_mul=0.5, alpha=0.1)" cosine_decay_restarts \
    0=0.1 50=0.055 100=0.055 150=0.0325 200=0.0325
rates "piecewise_constant([2, 5], [0.1, 0.05, 0.01], per=epoch)" piecewise_constant 0=0.1 1=0.1 2=0.05 4=0.05 5=0.01
rates "step_decay(0.1, 2, per=epoch)" step_decay 0=0.1 1=0.1 2=0.05 4=0.025

# a run of three epochs of four steps
follows_epochs() {
    make_tools make_idx
    mkdir -p "$work/data"
    "$work/make_idx" "$work/data" 3 100 10 2 4 || return
    describe "step_decay(1, 1, per=epoch)" | sed 's/"i", "l"/"train-images-idx3-ubyte", "train-labels-idx1-ubyte"/' >"$work/m.mnn"
    compile_model "$work/m.mnn" "$work/m" || return
    "$work/m" train --quiet --data "$work/data" --epochs 3 --history "$work/history.csv" >/dev/null || return
    [ "$(cut -d , -f 4 "$work/history.csv" | tr '\n' ' ')" = "learning_rate 1 0.5 0.25 " ]
}
check "a rate per epoch" follows_epochs
finish schedule
