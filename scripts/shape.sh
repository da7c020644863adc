#!/bin/sh
# The shape of the sources: how long functions are, and whether lines are written twice.
#
#   scripts/shape.sh FILE.c...
#
# The files are laid out by clang-format: a function begins with a line that is not indented, and its body with "{" alone.
# A function's length is that of its signature and its body. Lines repeat if LINES of them (without comments, blank lines
# and lone punctuation) stand twice, whatever their indentation. Exit code: 1 if a limit is exceeded.
set -eu
[ $# -gt 0 ] || { echo "usage: scripts/shape.sh FILE.c..." >&2; exit 2; }

# limits: LONGEST is the longest function of today; it may only become lower
MEDIAN=12
P90=30
LONGEST=44
LINES=6

lengths=$(awk '
    FNR == 1 { inside = 0 }
    /^[A-Za-z_]/ { signature = FNR; name = $0 }
    /^{$/ { inside = 1; begin = signature; of = name }
    /^}$/ && inside { inside = 0; print FNR - begin + 1, FILENAME ":" begin ": " of }' "$@" | sort -n)
printf '%s\n' "$lengths" | awk -v median=$MEDIAN -v p90=$P90 -v longest=$LONGEST '
    { length_of[NR] = $1; text[NR] = $0 }
    function check(what, got, limit) {
        if (got <= limit)
            return
        printf "FAIL the %s function has %d lines, expected at most %d\n", what, got, limit
        bad = 1
    }
    END {
        check("median", length_of[int((NR + 1) / 2)], median)
        check("90th of 100", length_of[int((9 * NR + 9) / 10)], p90)
        check("longest", length_of[NR], longest)
        for (i = NR; i > NR - 5 && i > 0 && bad; i--)
            print "  " text[i]
        printf "functions: %d, of %d lines (median), %d (90 %% at most), %d (longest)\n", NR,
            length_of[int((NR + 1) / 2)], length_of[int((9 * NR + 9) / 10)], length_of[NR]
        exit bad
    }' || failed=1
awk -v lines=$LINES '
    FNR == 1 { n = 0 }
    { line = $0; gsub(/[ \t]+/, " ", line); gsub(/^ | $/, "", line) }
    line ~ /^(\/\*|\*|\/\/|#include|#undef|#endif)/ || line !~ /[A-Za-z0-9]/ { next }
    {
        n++
        recent[n % lines] = line
        at[n % lines] = FNR
        run = ""
        for (i = 1; i <= lines && n >= lines; i++)
            run = run "\n" recent[(n + i) % lines]
        begin = FILENAME ":" at[(n + 1) % lines]
        if (run == "")
            next
        if (!(run in first))
            first[run] = begin
        else {
            print "FAIL " begin ": the same " lines " lines as " first[run]
            bad = 1
        }
    }
    END { exit bad }' "$@" || failed=1
exit "${failed:-0}"
