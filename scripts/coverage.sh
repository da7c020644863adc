#!/bin/sh
# Which lines and branches of compiler/ and runtime/ the tests have run: a table by folder.
#
#   scripts/coverage.sh BUILD [--lines]
#
# BUILD was built with --coverage, and tests have been run with it ("make coverage" does both). --lines lists the
# lines that were never run, too. A branch is one way out of a line; it counts when it was taken. LINES_LEAST and
# BRANCHES_LEAST: exit code 1 when fewer per cent were.
set -eu
build=$(realpath "$1")
list=${2:-}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
find "$build/compiler" "$build/runtime" -name '*.gcno' >"$work/notes"
[ -s "$work/notes" ] || {
    echo "coverage: nothing in $build was built with --coverage" >&2
    exit 2
}
# one .gcov file a source, under the source's own name; sources are looked for from where the files are written
ln -s "$root/compiler" "$root/runtime" "$root/build" "$work/"
(cd "$work" && xargs "${GCOV:-gcov}" -b -c -s "$root" -r -p <notes >/dev/null 2>log)
[ "$list" = --lines ] && grep -H '#####:' "$work"/compiler#*.gcov "$work"/runtime#*.gcov |
    sed -e "s#^$work/##" -e 's/\.gcov: *#####: */:/' | tr '#' '/' | sort -t: -k1,1 -k2,2n
awk '
    FNR == 1 { folder = ""; n = split(FILENAME, parts, "/"); split(parts[n], name, "#")
               folder = name[1] "/" name[2] }
    /^ *#####:/ { lines[folder]++; next }
    /^ *[0-9]+\*?:/ { lines[folder]++; run[folder]++; next }
    /^branch .*never executed/ { branches[folder]++; next }
    /^branch .*taken 0/ { branches[folder]++; next }
    /^branch / { branches[folder]++; taken[folder]++ }
    function row(title, l, r, b, t) {
        return sprintf("%-20s %6d %7.1f %% %8d %7.1f %%", title, l, l ? 100 * r / l : 0, b, b ? 100 * t / b : 100)
    }
    END {
        printf "%-20s %6s %9s %8s %9s\n", "folder", "lines", "run", "branches", "taken"
        for (f in lines) {
            print row(f, lines[f], run[f], branches[f], taken[f]) | "sort"
            l += lines[f]; r += run[f]; b += branches[f]; t += taken[f]
        }
        close("sort")
        print row("all", l, r, b, t)
        exit l == 0 || 100 * r / l < '"${LINES_LEAST:-0}"' || 100 * t / b < '"${BRANCHES_LEAST:-0}"'
    }' "$work"/compiler#*.gcov "$work"/runtime#*.gcov
