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

# Whether the functions' times are positive and, with barriers and the rest, the step's: between the fastest step and
# the median, since on a busy machine medians do not add up; and none is faster than the peak allows.
adds_up() { # FILE
    awk 'function number(key) { if (!match($0, "\"" key "\": [0-9.e+-]+")) return -1
             return substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) + 0 }
         /"event": "function"/ { count++; seconds = number("seconds"); sum += seconds; if (seconds < 0) bad = 1
             if (seconds > 0 && number("flops") / seconds > fastest) { fastest = number("flops") / seconds } }
         /"event": "result"/ { match($0, /"step": .*/); step = substr($0, RSTART); match(step, /"seconds": [0-9.e+-]+/)
             most = substr(step, RSTART + 11, RLENGTH - 11) + 0; match(step, /"least": [0-9.e+-]+/)
             least = substr(step, RSTART + 9, RLENGTH - 9) + 0
             sum += number("barriers") + number("other"); peak = number("peak") }
         END { printf "%d functions, %g s of a step of %g to %g s, fastest %g of %g\n", count, sum, least, most, fastest, peak
               exit bad || count < 5 || !(sum > 0.7 * least && sum < 1.3 * most) || !(fastest > 0.001 * peak && fastest < 1.2 * peak) }' "$1"
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
./probe bench --profile --data data --threads 1 --json --quiet >said 2>&1
check "the times add up" adds_up said
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
