#!/bin/sh
# Print what the parts of a test run have counted: a line for each suite ("NAME: N passed, N failed" in a part's log), what was
# left out, the end of the log of each part that failed, and at the end the sums alone in a line, all also in LOGS/totals. A
# part that counts nothing counts as one.
# Usage: totals.sh LOGS PART...; exit code 1 when anything failed or has not run.
set -u
logs=$1
shift
passed=0
failed=0

# suites PART: "N N suite" for each suite in its log
suites() {
    sed -n 's/^\([^ ].*\): \([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\2 \3 \1/p' "$logs/$1.log"
}

# print_failure PART: what its log says of failures, where that is not at its end, and its end
print_failure() {
    printf '\n--- %s has failed; the end of its log:\n' "$1"
    end=40
    head -n -$end "$logs/$1.log" | grep -n -A 5 -E '^FAIL |: (error|Assertion)|\*\*\* ' | head -n $end
    tail -n $end "$logs/$1.log"
}

print_totals() {
    printf '\n--- totals\n'
    for part in "$@"; do
        verdict=$(cat "$logs/$part.verdict" 2>/dev/null)
        case $verdict in
        'SKIP '*)
            echo "$verdict" | sed 's/^SKIP //'
            continue
            ;;
        '')
            echo "$part: has not run"
            failed=$((failed + 1))
            continue
            ;;
        esac
        suites "$part" >"$logs/suites"
        good=0 bad=0
        while read -r some others suite; do
            printf '%-28s %s: %s passed, %s failed\n' "$part" "$suite" "$some" "$others"
            good=$((good + some)) bad=$((bad + others))
        done <"$logs/suites"
        case $verdict in
        'FAIL '*) [ "$bad" -gt 0 ] || bad=1 ;;
        *) [ $((good + bad)) -gt 0 ] || good=1 ;;
        esac
        [ -s "$logs/suites" ] || printf '%-28s %s\n' "$part" "$(echo "$verdict" | cut -d ' ' -f 1)"
        passed=$((passed + good)) failed=$((failed + bad))
    done
    rm -f "$logs/suites"
    for part in "$@"; do
        [ ! -e "$logs/$part.log" ] || grep -hE '^(left out|skip|note): |^[A-Za-z-]+: left out|^skip ' "$logs/$part.log" | sed "s/^/$part: /"
    done | sort -u
    for part in "$@"; do
        grep -qs '^FAIL' "$logs/$part.verdict" && print_failure "$part"
    done
    for part in "$@"; do
        grep -qs '^PASS\|^SKIP' "$logs/$part.verdict" || echo "FAIL $part (again: make $part; its log: $logs/$part.log)"
    done
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

print_totals "$@" >"$logs/totals"
code=$?
cat "$logs/totals"
exit $code
