#!/bin/sh
# Programs under a checker: valgrind's memcheck, or ThreadSanitizer.
#
#   tests/checkers/run.sh memcheck BUILD CC MODEL...
#   tests/checkers/run.sh threads BUILD CC MODEL...
#
# BUILD holds the library and mnnc (or MNNC says where that is); for "threads" the library must be built with
# -fsanitize=thread, as CC must compile. Each
# model is trained for some steps on made-up data, evaluated and asked for predictions; memcheck also looks at mnnc
# itself. WHOLE=1: memcheck also looks at the Check suites and at all descriptions of tests/golden. RANDOM_MODELS=N:
# "threads" also looks at so many random models, with batches of many pieces. Programs are compiled for vectors that the
# checker knows. Exit code: 0 the checker found nothing, 1 it did, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 4 ] || usage "memcheck|threads BUILD CC MODEL..."
checker=$1
use_tools "${MNNC:-$2/mnnc}" "$3" "$2"
shift 3
make_work
quiet=yes
shown="$work/err $work/out"
found=99 # exit code when the checker found something
export TSAN_OPTIONS="exitcode=$found halt_on_error=1"
# valgrind 3.19 does not know AVX-512
export OPENBLAS_CORETYPE=Haswell
# its threads, which nobody uses, would count as memory lost where a program ends without waiting for them
export OPENBLAS_NUM_THREADS=1

# checked CODE NAME COMMAND...: it ends with that exit code, and nothing is found
checked() {
    want=$1 title=$2
    shift 2
    if [ "$checker" = memcheck ]; then
        valgrind -q --error-exitcode=$found --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
            "$@" >"$work/out" 2>"$work/err"
    else
        "$@" >"$work/out" 2>"$work/err"
    fi
    code=$?
    if [ "$code" -eq "$want" ] && ! grep -q -e 'ThreadSanitizer' -e '^==[0-9]*== ' "$work/err"; then
        ok
    else
        fail "$title: exit code $code, expected $want"
    fi
}

# What is compiled for plain x86-64 leaves its products to OpenBLAS, into which no checker looks.
processor=
if [ "$checker" = threads ]; then
    processor=-march=native
elif grep -qsw avx2 /proc/cpuinfo; then
    processor=-march=haswell
fi
# an instruction takes hundreds under valgrind
steps=$([ "$checker" = threads ] && echo 3 || echo 1)

# random_program SEED: a random model, trained for some steps of 67 samples
random_program() {
    mkdir "$work/random" || exit 1
    "$work/random_model" "$1" | sed 's/^\( *batch_size = \).*/\167/' >"$work/random.mnn"
    # shellcheck disable=SC2046 # words
    "$work/make_idx" "$work/random" 7 200 64 $(sed -n 's/^# samples: //p' "$work/random.mnn") || exit 1
    if compile_model "$work/random.mnn" "$work/m" -g -O1 -march=native 2>"$work/err"; then
        checked 0 "random model $1, train" "$work/m" train --data "$work/random" --epochs 2 --batch-limit 2 --threads 3
    else
        fail "random model $1: does not compile"
    fi
    rm -r "$work/random"
}

# program MODEL: compiled, trained, evaluated and asked
program() {
    name=$(basename "$1" .mnn)
    batch=$(batch_of "$1")
    make_set "$1" "$work/data" $((2 * ${batch:-32} + 3)) 35 || exit 1
    if ! compile_model "$1" "$work/m" -g -O2 $processor 2>"$work/err"; then
        fail "$name: does not compile"
        return
    fi
    for threads in $thread_counts; do
        checked 0 "$name train, $threads threads" "$work/m" train --data "$work/data" --epochs 2 --batch-limit "$steps" \
            --threads "$threads" --save "$work/w" --history "$work/h.csv" --log-steps "$work/s.jsonl"
        checked 0 "$name evaluate, $threads threads" "$work/m" evaluate --data "$work/data" --weights "$work/w" \
            --threads "$threads" --json
    done
    checked 0 "$name predict" "$work/m" predict --weights "$work/w" "$work/data/$test_samples"
    [ "$checker" = memcheck ] || return
    gzip "$work"/data/*
    checked 0 "$name evaluate, gzip" "$work/m" evaluate --data "$work/data" --weights "$work/w"
    checked 0 "$name summary" "$work/m" summary
    head -c 500 "$work/w" >"$work/cut"
    checked 3 "$name evaluate, cut weights" "$work/m" evaluate --data "$work/data" --weights "$work/cut"
    checked 2 "$name, usage" "$work/m" --nonsense
}

make_tools make_idx random_model
if [ "$checker" = memcheck ]; then
    thread_counts=2
    for option in --emit=trainer --emit=summary --emit=dot --dump=ast --dump=plan --format --check; do
        checked 0 "mnnc $option" "$mnnc" -w $option "$root/models/cnn.mnn"
    done
    descriptions="warn_several several names_odd unclosed_list"
    [ -z "${WHOLE:-}" ] || descriptions=$(cd "$root/tests/golden" && echo *.mnn | sed 's/\.mnn//g')
    for name in $descriptions; do
        code=0
        [ -e "$root/tests/golden/$name.err" ] && code=1
        checked $code "mnnc $name" "$mnnc" "$root/tests/golden/$name.mnn"
    done
else
    thread_counts="2 4"
fi
for model in "$@"; do
    program "$(realpath "$model")"
done
if [ "$checker" = threads ]; then
    for seed in $(seq "${RANDOM_MODELS:-0}"); do
        random_program "$seed"
    done
fi
if [ -n "${WHOLE:-}" ] || [ "$checker" = threads ]; then
    # a Check program forks for every test; what is found in a child fails that test
    export CK_DEFAULT_TIMEOUT=600 CK_TIMEOUT_MULTIPLIER=60
    suites=$(ls "$build"/tests/runtime/test_pool "$build"/tests/runtime/test_loop) || exit 1
    [ "$checker" = threads ] || suites=$(find "$build/tests/compiler" "$build/tests/runtime" -type f -perm -u+x -name 'test_*')
    for suite in $suites; do
        checked 0 "$(basename "$suite")" "$suite"
    done
fi
finish "$checker"
