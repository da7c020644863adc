#!/bin/sh
# Update what is generated from the tables of the language: the tables and quotations of README.md and docs/*.md ("docs");
# the word lists of the editors' files and the manual pages ("editors"). "make docs" and "make editors" run this.
# Usage: tools/update.sh docs|editors BUILD [--check]; with --check nothing is written, and what is out of date is an error.
set -eu
usage='usage: tools/update.sh docs|editors BUILD [--check]'
what=${1:?$usage}
build=${2:?$usage}
mode=${3:-}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stale=0

# update FILE COMMAND...: the file is what the command prints
update() {
    file=$1
    shift
    "$@" >"$work/out"
    if cmp -s "$file" "$work/out"; then
        return
    elif [ "$mode" = --check ]; then
        echo "$file is out of date: run make $what" >&2
        diff -u "$file" "$work/out" >&2 || true
        stale=1
    else
        cat "$work/out" >"$file"
        echo "updated $file"
    fi
}

if [ "$what" = docs ]; then
    "$build/mnnc" models/cnn.mnn -o "$work/cnn.c"
    "$build/mnnc" --dump=plan models/cnn.mnn -o "$work/cnn.plan"
    for page in README.md docs/*.md; do
        update "$page" "$build/tools/docs" "$work" "$page"
    done
else
    update docs/editors/vim/syntax/mnn.vim "$build/tools/editors" tools/templates/syntax.vim
    update docs/editors/vscode/syntaxes/mnn.tmLanguage.json "$build/tools/editors" tools/templates/mnn.tmLanguage.json
    update docs/man/mnnc.1 "$build/tools/editors" tools/templates/mnnc.1
    update docs/man/mnn.5 "$build/tools/editors" tools/templates/mnn.5
fi
exit "$stale"
