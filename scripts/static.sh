#!/bin/sh
# Static analysis of compiler/ and runtime/: nothing may be found but what tests/static/ explains.
#
#   scripts/static.sh BUILD [warnings|analyzer|cppcheck|tidy|tidy-quick ...]
#
# BUILD holds the parser that bison has written. Without names the first four are done: gcc's and clang's warnings as
# errors, gcc -fanalyzer, cppcheck, clang-tidy (.clang-tidy says which checks, and why not others); tidy-quick is
# clang-tidy without its analyzer, which needs nineteen parts in twenty of the time. Exit code: 0 clean, 1 something
# found, 2 a tool is missing.
set -u
build=$1
shift
cd "$(dirname "$0")/.." || exit 2
[ $# -gt 0 ] || set -- warnings analyzer cppcheck tidy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
jobs=${JOBS:-$(nproc)}
includes="-Icompiler -Iruntime -Iruntime/include -I$build/compiler/syntax -I$build/compiler/layers"
flags="-std=gnu11 -pthread $includes $(pkg-config --cflags openblas zlib libpng libjpeg jansson libmd libprotobuf-c)"
warn="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes"
warn="$warn -Wcast-qual -Wwrite-strings -Wformat-security -Wundef -Werror"
sources=$(ls compiler/*/*.c runtime/*/*.c)
if pkg-config --exists mpi-c; then
    flags="$flags $(pkg-config --cflags mpi-c)"
else
    sources=$(echo "$sources" | grep -v '^runtime/mpi/')
fi
count=$(echo "$sources" | wc -l)
passed=0
failed=0

verdict() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok   $2: $count files"
    else
        failed=$((failed + 1))
        cat "$work/log"
        echo "FAIL $2"
    fi
}

# each COMMAND...: with every source as the last word; what they say is in the log
each() {
    echo "$sources" | xargs -P "$jobs" -n 4 sh -c '
        command=$1
        shift
        code=0
        for file; do $command "$file" || code=1; done 2>&1
        exit $code' sh "$*" >"$work/log" 2>&1
}

warnings() {
    for compiler in gcc clang; do
        each $compiler $warn $flags -O2 -c -o /dev/null
        verdict $? "warnings of $compiler"
    done
}

# accepted_only LIST [CHECKS]: what the log holds is exactly what the list explains ("FILE CHECK reason"), of all checks
# or of those that the pattern leaves out.
accepted_only() {
    sed -n 's#^\('"$PWD"'/\)*\([a-z_/0-9]*\.[chly]\):[0-9:]* \(warning\|error\): .*\[\([-A-Za-z.]*\)[^]]*\]$#\2 \4#p' \
        "$work/log" | sort -u >"$work/found"
    grep -v -e '^#' ${2:+-e " $2"} "$1" | cut -d' ' -f1,2 | sort -u >"$work/accepted"
    diff "$work/accepted" "$work/found" >"$work/diff" && return 0
    echo "not as in $1 (<: no longer found, >: found):" >>"$work/log"
    cat "$work/diff" >>"$work/log"
    return 1
}

analyzer() {
    each gcc -fanalyzer $flags -O1 -c -o /dev/null
    accepted_only tests/static/accepted-analyzer
    verdict $? "gcc -fanalyzer"
}

run_cppcheck() {
    # shellcheck disable=SC2086
    cppcheck --quiet -j "$jobs" --std=c11 --enable=warning,performance,portability --library=posix \
        --suppress=missingIncludeSystem --suppressions-list=tests/static/accepted-cppcheck --error-exitcode=1 \
        $includes compiler runtime >"$work/log" 2>&1
    verdict $? cppcheck
}

# tidy [PREFIX]: without the checks whose names begin like this
tidy() {
    without=${1:+"'--checks=-$1*'"}
    echo "$sources" | xargs -P "$jobs" -n 4 sh -c \
        'for file; do clang-tidy --quiet '"$without"' "$file" -- '"$flags"'; done' sh \
        >"$work/log" 2>/dev/null
    accepted_only tests/static/accepted-tidy "${1:-}"
    verdict $? "clang-tidy${1:+ without $1*}"
}

for part in "$@"; do
    case $part in
    warnings) warnings ;;
    analyzer) analyzer ;;
    cppcheck) run_cppcheck ;;
    tidy) tidy ;;
    tidy-quick) tidy clang-analyzer- ;;
    *)
        echo "static: no part \"$part\"" >&2
        exit 2
        ;;
    esac
done
echo "static: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
