#!/bin/sh
# All tests, as "make test" runs them: release builds with gcc and clang, everything again under ASan and
# UBSan, faults, fuzzing, checkers, format, goldens, generated/. Two lanes run side by side, since most parts keep one
# core busy: the parts of the build with gcc, and those with builds of their own, whose output comes at the end. Ends with
# a table of what passed; exit 1 when anything failed.
set -u
cd "$(dirname "$0")/.." || exit 1
jobs=$(nproc)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Run one part and note how it ended.
part() {
    title=$1
    shift
    printf '\n=== %s\n' "$title"
    start=$(date +%s)
    if "$@"; then
        verdict=passed
    else
        verdict=FAILED
    fi
    printf '%-46s %s %4ds\n' "$title" "$verdict" $(($(date +%s) - start)) >>"$work/$lane"
}

build() {
    make --no-print-directory -s -j"$jobs" "$@"
}

sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1

gcc_lane() {
    part "check suites, gcc" build check
    part "goldens, gcc" build goldens
    part "generated/ is up to date, gcc" build check-generated
    part "layering" build layering
    part "format" build check-format
    part "editors and manual pages are up to date" build check-editors
    part "mnnc's options, data files, editors" build tools-test
    part "tables in docs/ are up to date" docs/update.sh build --check
    part "generated programs, gcc" build programs
    part "faults while histories are written" build faults-history
    part "50 kills at random moments" build faults-kills
    part "damaged checkpoints, stopped trainings" build faults-damage
    part "resumed trainings" build faults-resume
    part "inference code" build inference-test
    part "reference (PyTorch)" build reference
    part "generated programs on other processors" build portability-quick
    part "what README and docs show" build docs-test
    part "benchmark, smoke run" bench/run.sh build smoke
    part "benchmark of inference code, smoke run" bench/inference.sh build mlp
    part "... beside other engines, smoke run" bench/engines.sh build --turns 1 mlp
    part "inputs that must be survived" build inputs
    part "allocation failures" build faults
    part "hostile text, 500 strings" build hostile
    part "valgrind, smoke run" build memcheck
    part "static analysis" build static STATIC_PARTS="cppcheck analyzer tidy-quick"
    part "coverage" env LINES_LEAST=94 BRANCHES_LEAST=86 make --no-print-directory -s -j"$jobs" coverage \
        COVERAGE_PARTS="check goldens tools cli exchange pictures inference_use"
}

other_lane() {
    part "build, clang, -DNDEBUG" build BUILD=build/clang CC="clang -DNDEBUG" all
    part "check suites, clang, -DNDEBUG" build BUILD=build/clang CC="clang -DNDEBUG" check
    part "goldens, clang" build BUILD=build/clang CC=clang goldens
    part "generated/, clang" build BUILD=build/clang CC=clang check-generated
    part "build, ASan and UBSan" build BUILD=build/asan SANITIZE="$sanitize" OPTIMIZE=-O1 all
    part "check suites, ASan and UBSan" build BUILD=build/asan SANITIZE="$sanitize" OPTIMIZE=-O1 check
    part "mnnc's options, ASan and UBSan" build BUILD=build/asan SANITIZE="$sanitize" OPTIMIZE=-O1 \
        CC="gcc $sanitize" tools-test
    part "goldens, ASan and UBSan" build BUILD=build/asan SANITIZE="$sanitize" OPTIMIZE=-O1 goldens
    part "generated programs, ASan and UBSan" build BUILD=build/asan SANITIZE="$sanitize" OPTIMIZE=-O1 \
        CC="gcc $sanitize" PROGRAM_COUNT=8 REPEATS=1 programs
    part "ThreadSanitizer" build threads
    part "faults in the save path" build faults-save ERRORS=all
    part "fuzzing, 60 s a target" make --no-print-directory -s fuzz FUZZ_SECONDS=60 FUZZ_SEED=1
}

lane=1
part "build, gcc" build all
lane=3
other_lane >"$work/log" 2>&1 &
other=$!
lane=2
gcc_lane
wait "$other"
cat "$work/log"

printf '\n=== summary\n'
cat "$work/1" "$work/2" "$work/3"
failures=$(cat "$work/1" "$work/2" "$work/3" | grep -c ' FAILED ')
total=$(cat "$work/1" "$work/2" "$work/3" | wc -l)
echo "$((total - failures)) passed, $failures failed"
[ "$failures" -eq 0 ]
