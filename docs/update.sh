#!/bin/sh
# Update the tables and quotations in README.md and docs/*.md from the tables of the language, the output of mnnc for
# models/cnn.mnn, and the sources.
# Usage: docs/update.sh BUILD [--check]; with --check nothing is written, and what is out of date is an error.
set -eu
build=${1:?usage: docs/update.sh BUILD [--check]}
mode=${2:-}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/mnnc" models/cnn.mnn -o "$work/cnn.c"
"$build/mnnc" --dump=plan models/cnn.mnn -o "$work/cnn.plan"
${CC:-cc} -std=gnu11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror \
    -Icompiler docs/tables.c "$build/libmnnc.a" -lm -o "$work/tables"
stale=0
for page in README.md docs/*.md; do
    "$work/tables" "$work" "$page" >"$work/page.md"
    if cmp -s "$page" "$work/page.md"; then
        continue
    elif [ "$mode" = --check ]; then
        echo "$page is out of date: run docs/update.sh $build" >&2
        diff -u "$page" "$work/page.md" >&2 || true
        stale=1
    else
        cat "$work/page.md" >"$page"
        echo "updated $page"
    fi
done
exit "$stale"
