#!/bin/sh
# The command bench, with --profile and without: times that add up, rates a machine can have.
#
#   tests/programs/profile.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds mnn.pc and libmnn.a. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work
quiet=yes
unset MNN_DATA_PATH

# figures FILE CONDITION: what bench has said, as the variables of an awk condition
figures() {
    awk 'function number(key) { if (!match($0, "\"" key "\": [0-9.e+-]+")) return -1
             return substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) + 0 }
         /"event": "function"/ { count++; seconds = number("seconds"); sum += seconds
             if (count == 1 || seconds < least) least = seconds
             if (seconds > most) most = seconds
             if (seconds > 0 && number("flops") / seconds > fastest) fastest = number("flops") / seconds }
         /"event": "result"/ { peak = number("peak"); sum += number("barriers") + number("other")
             match($0, /"step": .*/); $0 = substr($0, RSTART); step = number("seconds") }
         END { printf "%d functions of %g to %g s, %g s of a step of %g, fastest %g of %g\n", count, least, most, sum, step, fastest, peak
               exit !(count >= 5 && ('"$2"')) }' "$1"
}

# with_clock PROGRAM FLAG...: the program with a clock of other_clock.c, and what its bench says in said
# shellcheck disable=SC2086,SC2046 # lists of words
with_clock() {
    name=$1
    shift
    $cc -std=gnu11 -O3 -march=native "$@" probe.c "$here/other_clock.c" $(pkg-config --cflags --libs mnn) -o "$name" &&
        "./$name" bench --profile --data data --threads 1 --json --quiet >said
}

# By a clock that counts its looks, a function takes one, and all of them with the rest take as many as the step.
adds_up() {
    with_clock counting -DCOUNTING &&
        figures said 'least == 0.001 && most == 0.001 && sum - step < 1e-9 && step - sum < 1e-9'
}

# None is faster than the peak allows. A machine that others slow down may make the peak too low, but not every time.
below_peak() {
    for _ in 1 2 3 4 5; do
        with_clock own_time && figures said 'fastest > 0.001 * peak && fastest < 1.2 * peak' && return
    done
    return 1
}

fails_with() { # CODE COMMAND...
    code=$1
    shift
    "$@"
    [ $? -eq "$code" ]
}

# small enough for a second, large enough that the clock is not what is measured
cat >"$work/probe.mnn" <<'MODEL'
data made {
    train = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    scale(1/255)
    reshape(12, 12, 1)
}
model probe {
    conv2d(16, 3, activation=relu)
    batchnorm()
    maxpool2d(2)
    flatten()
    dropout(0.2)
    dense(64, activation=relu)
    dense(10, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam(global_clipnorm=1.0)
    batch_size = 32
    epochs = 1
}
MODEL
make_tools make_idx
cd "$work" || exit 1
"$mnnc" probe.mnn -o probe.c || exit 1
# shellcheck disable=SC2086,SC2046
check "the program compiles without a warning" $cc -std=gnu11 -O3 -march=native -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
    probe.c $(pkg-config --cflags --libs mnn) -o probe
mkdir data && ./make_idx data 5 1024 32 10 12 12 || exit 1
check "the times add up" adds_up
check "no function is faster than the peak" below_peak
check "no function of inference is among them" sh -c '! grep -q _predict said'
check "bench with three threads" ./probe bench --profile --data data --threads 3 --seconds 0
check "bench in words" sh -c './probe bench --profile --data data --threads 1 | grep "^dense_backward .*%.*%"'
check "bench without --profile" sh -c './probe bench --data data --threads 1 --seconds 0 | grep "^training step, 32 samples"'
check "bench says what --profile would show" sh -c './probe bench --data data --seconds 0 2>&1 | grep "note: --profile also shows"'
check "bench without data takes random samples and says so" sh -c 'mkdir bare && cd bare && ../probe bench --seconds 0 2>&1 | grep "random samples are used"'
check "bench with --data needs the data" fails_with 5 ./probe bench --data nowhere --seconds 0
check "bench refuses a number that is none" fails_with 2 ./probe bench --seconds soon
check "--profile is an option of bench only" fails_with 2 ./probe train --profile
finish profile
