#!/bin/sh
# Golden tests: every NAME.mnn here has exactly one of NAME.c (accepted: the C that comes out, which must
# also compile) or NAME.err (refused: what is said, exit code 1).
# Usage: run.sh MNNC "CC..." [--refresh]
set -u
mnnc=$(realpath "$1")
compile=$2
refresh=${3:-}
root=$(realpath "$(dirname "$0")/../..")
cd "$root/tests/golden" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
unset LC_ALL LANG

fail() {
    echo "FAIL $1: $2"
    failed=$((failed + 1))
}

# The file goes out of date only by a refresh, and only when mnnc ends as the kind of file says.
update() {
    cp "$2" "$1"
    echo "refreshed $1"
    passed=$((passed + 1))
}

accepted() {
    "$mnnc" "$1.mnn" -o "$work/out.c" 2>"$work/err"
    status=$?
    if [ $status -ne 0 ]; then
        fail "$1" "exit $status, expected 0: $(cat "$work/err")"
    elif ! $compile -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
        -I"$root/runtime/include" -c "$work/out.c" -o /dev/null 2>"$work/cc"; then
        fail "$1" "the C does not compile cleanly: $(head -n 5 "$work/cc")"
    elif cmp -s "$work/out.c" "$1.c"; then
        passed=$((passed + 1))
    elif [ "$refresh" = --refresh ]; then
        update "$1.c" "$work/out.c"
    else
        fail "$1" "other C than $1.c"
        diff -u "$1.c" "$work/out.c" | head -n 20
    fi
}

refused() {
    "$mnnc" "$1.mnn" -o "$work/refused.c" 2>"$work/err" >"$work/stdout"
    status=$?
    if [ $status -ne 1 ]; then
        fail "$1" "exit $status, expected 1"
        head -n 5 "$work/err"
    elif [ -e "$work/refused.c" ] || [ -s "$work/stdout" ]; then
        fail "$1" "something was written"
    elif cmp -s "$work/err" "$1.err"; then
        passed=$((passed + 1))
    elif [ "$refresh" = --refresh ]; then
        update "$1.err" "$work/err"
    else
        fail "$1" "other messages than $1.err"
        diff -u "$1.err" "$work/err" | head -n 20
    fi
}

for file in *.mnn; do
    [ -e "$file" ] || break
    name=${file%.mnn}
    if [ -e "$name.c" ] && [ -e "$name.err" ]; then
        fail "$name" "has both a .c and a .err"
    elif [ -e "$name.c" ]; then
        accepted "$name"
    elif [ -e "$name.err" ]; then
        refused "$name"
    else
        fail "$name" "has neither a .c nor a .err"
    fi
done
echo "goldens: $passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
