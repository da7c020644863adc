#!/bin/sh
# Fuzzing: replay the inputs that are kept, then look for new ones for some time, two targets at once (or one:
# ONE_BY_ONE=1). Without names of targets the last ones of the list, which read what others have checked, come together
# and have a third of the time.
#
#   tests/fuzz/run.sh BUILD SECONDS [TARGET...]
#
# The search is a random one. SEED=N makes it the same every time, where addresses need not be random (setarch), and RUNS=N
# ends it after so many inputs if there is time for them.
#
# BUILD/tests/fuzz holds the targets (make fuzz builds them), tests/fuzz/corpus/TARGET the kept inputs. An input
# that fails is left in BUILD/tests/fuzz/found. Exit code: 0 nothing found, 1 something was, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 2 ] || usage "BUILD SECONDS [TARGET...]"
build=$(realpath "$1")
seconds=$2
shift 2
together=""
if [ $# -eq 0 ]; then
    set -- mnn mnnc_options program_options idx npy csv safetensors image
    together="import checkpoint inference"
fi
# files that are saved and synced again and again belong in memory
if [ -w /dev/shm ]; then make_work /dev/shm; else make_work; fi
export TMPDIR="$work"
mkdir -p "$build/tests/fuzz/found"
# Memory that cannot be had is an error to be reported, not the end; whatever is allocated must be freed.
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1:max_allocation_size_mb=1024
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
fixed=$(setarch -R true 2>/dev/null && echo "setarch -R") # the search depends on addresses
"$here/dictionary.sh" "$root/compiler" >"$work/mnn.dict" || exit 1

# kept TARGET: the folders of its inputs; the first line is what is changed, the others are only read.
kept() {
    echo "$here/corpus/$1"
    [ "$1" = mnn ] && printf '%s\n' "$root/tests/golden" "$root/models"
}

# fuzz TARGET SECONDS: its last lines are the verdict.
fuzz() {
    program=$build/tests/fuzz/fuzz_$1
    mkdir -p "$work/$1"
    extra=""
    [ "$1" = mnn ] && extra="-dict=$work/mnn.dict"
    # in an order of their own, not a folder's
    files=$(kept "$1" | while read -r folder; do find "$folder" -type f -not -name '*.c' -not -name '*.err'; done | LC_ALL=C sort)
    count=$(echo "$files" | grep -c .)
    # shellcheck disable=SC2086 # a list of files without blanks
    if ! "$program" $files >"$work/$1.log" 2>&1; then
        tail -n 40 "$work/$1.log"
        echo "FAIL $1: one of the $count kept inputs"
        return 1
    fi
    echo "$files" | paste -sd , | tr -d '\n' >"$work/$1-kept"
    # shellcheck disable=SC2086
    if ! $fixed "$program" -seed="${SEED:-0}" -runs="${RUNS:--1}" -max_total_time="$2" -timeout=$patience -rss_limit_mb=3000 \
        -max_len=8192 -print_final_stats=1 -reload=0 -artifact_prefix="$build/tests/fuzz/found/$1-" -seed_inputs="@$work/$1-kept" \
        $extra "$work/$1" >"$work/$1.log" 2>&1; then
        grep -v -e '^#' -e NEW_FUNC "$work/$1.log" | tail -n 60
        echo "FAIL $1: see $build/tests/fuzz/found"
        return 1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$1.log")
    echo "ok   $1: $count inputs kept, $runs more in $2 s"
    [ "$count" -gt 0 ] && [ "${runs:-0}" -gt 0 ]
}

# fuzz_all SECONDS TARGET...: at once
fuzz_all() {
    limit=$1 processes=""
    shift
    for target in "$@"; do
        fuzz "$target" "$limit" >"$work/$target.said" &
        processes="$processes $target:$!"
    done
    for process in $processes; do
        if wait "${process#*:}"; then ok; else failed=$((failed + 1)); fi
        cat "$work/${process%:*}.said"
    done
}

while [ $# -gt 1 ] && [ -z "${ONE_BY_ONE:-}" ]; do
    fuzz_all "$seconds" "$1" "$2"
    shift 2
done
for target in "$@" ${ONE_BY_ONE:+$together}; do
    fuzz_all "$seconds" "$target"
done
# shellcheck disable=SC2086 # a list of words
[ -n "${ONE_BY_ONE:-}" ] || [ -z "$together" ] || fuzz_all $(((seconds + 2) / 3)) $together
finish fuzz
