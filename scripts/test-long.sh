#!/bin/sh
# Tests that take too long for "make test": all parts, or those whose names are given.
#
#   scripts/test-long.sh [PART ...]
#
# Each part has a limit of its own. Ends with a table of what passed; exit 1 when anything failed, 2 for an unknown
# part.
set -u
cd "$(dirname "$0")/.." || exit 1
jobs=$(nproc)
results=""
failures=0
wanted=" $* "
known=""

# part NAME MINUTES COMMAND...: run it when it is wanted, and note how it ended.
part() {
    name=$1 minutes=$2
    shift 2
    known="$known $name"
    case $wanted in
    "  " | *" $name "*) ;;
    *) return ;;
    esac
    printf '\n=== %s\n' "$name"
    start=$(date +%s)
    if timeout "$((minutes * 60))" "$@"; then
        verdict=passed
    else
        verdict=FAILED
        failures=$((failures + 1))
    fi
    results="$results$(printf '%-46s %s %4ds' "$name" "$verdict" $(($(date +%s) - start)))
"
}

build="make --no-print-directory -s -j$jobs"
# the models, as a list of names
models=$(for file in models/*.mnn; do basename "$file" .mnn; done | tr '\n' ' ')

# exports of every program against ONNX Runtime
onnx_part='tests/reference/onnx.sh build/mnnc cc build || [ $? -eq 77 ]'

$build all || exit 1
part fuzz $((${FUZZ_SECONDS:-3600} / 10 + 30)) $build fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-3600}"
part faults-alloc 180 env EXPORTS=1 $build faults FAULT_MODELS="$(echo models/*.mnn)"
part hostile 120 $build hostile HOSTILE_STRINGS=20000
part determinism 120 tests/programs/determinism.sh build/mnnc gcc build 100
part memcheck 240 $build memcheck WHOLE=1 CHECKED_MODELS="$(echo models/*.mnn)"
part threads 120 $build threads RANDOM_MODELS=300 CHECKED_MODELS="$(echo models/*.mnn)"
part coverage 60 env LINES_LEAST=95 BRANCHES_LEAST=85 $build coverage COVERAGE=--explained
part static 60 $build static
part faults-save 30 $build faults-save ERRORS=all
part faults-kills 30 $build faults-kills KILLS=2000
part onnx 15 sh -c "$onnx_part"
part faults-resume 60 $build faults-resume RESUMED_MODELS="$models" RESUMED_THREADS="1 2 3 4 8"
part portability 15 $build portability
part gradients 180 tests/programs/gradients.sh build/mnnc gcc build 2000
part inference 120 tests/inference/random.sh build/mnnc gcc build 500
# shellcheck disable=SC2086 # a list of names
part integers 30 tests/inference/int8.sh build/mnnc gcc build $models
part accuracy 180 $build accuracy

printf '\n=== summary\n%s\n' "$results"
total=$(printf '%s' "$results" | grep -c .)
echo "$((total - failures)) passed, $failures failed"
for name in "$@"; do
    case " $known " in
    *" $name "*) ;;
    *)
        echo "scripts/test-long.sh: unknown part \"$name\" (there are:$known)" >&2
        exit 2
        ;;
    esac
done
[ "$failures" -eq 0 ]
