#!/bin/sh
# Make the editors' word lists and the manual pages anew from their templates and the language's own tables.
# Usage: editors/update.sh BUILD [--check]; with --check nothing is written, and what is out of date is an error.
set -eu
build=${1:?usage: editors/update.sh BUILD [--check]}
mode=${2:-}
cd "$(dirname "$0")/.."
mkdir -p "$build/editors"
# shellcheck disable=SC2086 # the compiler and its options are words
${CC:-cc} -std=gnu11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
    -Werror ${SANITIZE:-} -Icompiler editors/generate.c "$build/libmnnc.a" -lm -o "$build/editors/generate"
stale=0
make_one() {
    "$build/editors/generate" "editors/templates/$1" >"$build/editors/out"
    if cmp -s "$2" "$build/editors/out"; then
        return
    elif [ "$mode" = --check ]; then
        echo "$2 is out of date: run make editors" >&2
        diff -u "$2" "$build/editors/out" >&2 || true
        stale=1
    else
        cat "$build/editors/out" >"$2"
        echo "updated $2"
    fi
}
make_one syntax.vim editors/vim/syntax/mnn.vim
make_one mnn.tmLanguage.json editors/vscode/syntaxes/mnn.tmLanguage.json
make_one mnnc.1 man/mnnc.1
make_one mnn.5 man/mnn.5
exit "$stale"
