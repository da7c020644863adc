#!/bin/sh
# Which lines and branches of compiler/ and runtime/ the tests have run: a table by folder.
#
#   scripts/coverage.sh BUILD [--lines | --explained]
#
# BUILD was built with --coverage, and tests have been run with it ("make coverage" does both). --lines lists the
# lines that were never run, too. --explained lists those of them that tests/coverage/unrun gives no reason for, and
# what in that list is no longer so; exit code 1 when there are such lines. A branch is one way out of a line; it counts
# when it was taken. LINES_LEAST and BRANCHES_LEAST: exit code 1 when fewer per cent were.
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

# The lines that were never run: "FILE:LINE:FUNCTION: TEXT".
awk '
    FNR == 1 { n = split(FILENAME, parts, "/"); file = parts[n]; gsub("#", "/", file); sub(/\.gcov$/, "", file); where = "-" }
    /^function / { where = $2; next }
    /^ *#####: *[0-9]+:/ { text = $0; sub(/^ *#####: */, "", text); line = text; sub(/:.*/, "", line)
                           sub(/^[0-9]+: */, "", text); print file ":" line ":" where ": " text }
    ' "$work"/compiler#*.gcov "$work"/runtime#*.gcov | sort -t: -k1,1 -k2,2n -u >"$work/unrun"
[ "$list" != --lines ] || cat "$work/unrun"
status=0
[ "$list" != --explained ] || awk '
    /^#/ || NF == 0 || /^=/ { next }
    FILENAME ~ /coverage\/unrun$/ { room[$1 ":" $2] += $3; next }
    { n = split($0, part, ":"); key = part[1] ":" part[3]; seen[key]++
      if (seen[key] > room[key]) { print "not explained: " $0; bad = 1 } }
    END { for (key in room) if (seen[key] < room[key])
              print "note: tests/coverage/unrun: " key ": " room[key] " lines, of which " seen[key] + 0 " were not run"
          exit bad }' tests/coverage/unrun "$work/unrun" || status=1
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
    }' "$work"/compiler#*.gcov "$work"/runtime#*.gcov || status=1
exit $status
