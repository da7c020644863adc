#!/bin/sh
# Whether scripts/shape.sh finds long functions and repeated lines, and accepts others.
# Usage: tests/tools/shape.sh
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
quiet=yes
make_work
cd "$work" || exit 2
shown="out err"

# function NAME LINES: of that many lines, no two alike
function() {
    echo "static int $1(int x)"
    echo "{"
    i=3
    while [ "$i" -lt "$2" ]; do
        echo "    x = $1($i);"
        i=$((i + 1))
    done
    echo "}"
}

shape="$root/scripts/shape.sh"
function short 12 >short.c
expect 0 "functions: 1, of 12 lines (median), 12 (90 % at most), 12 (longest)" "short functions" "$shape" short.c
function median 13 >median.c
expect 1 "the median function has 13 lines, expected at most 12" "a median of 13" "$shape" median.c
{ for name in a b c d e f g h; do function $name 5; done; function i 31; function j 31; } >many.c
expect 1 "the 90th of 100 function has 31 lines, expected at most 30" "a tenth of long ones" "$shape" many.c
{ for name in a b c d e f g h k l m; do function $name 5; done; function long 500; } >long.c
expect 1 "the longest function has 500 lines" "a long function" "$shape" long.c
expect 1 "long.c:56: static int long(int x)" "its place" "$shape" long.c
{ cat short.c; sed 's/^    x/  x/; s/short(int/other(int/' short.c; } >twice.c
expect 1 "twice.c:15: the same 6 lines as twice.c:3" "lines with another indentation" "$shape" twice.c
head -n 7 short.c | sed 's/(int/2(int/' >five.c
echo "}" >>five.c
expect 0 "" "five lines" "$shape" short.c five.c
finish shape
