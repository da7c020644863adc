#!/bin/sh
# Run Check programs; print each suite's totals and a line for all. Usage: check.sh PROGRAM...
set -u
failed=0
for program in "$@"; do
    if output=$("$program" 2>&1); then
        printf '%-22s %s\n' "$(basename "$program")" "$(printf '%s\n' "$output" | grep -E '^[0-9]+%: Checks:' | tail -n 1)"
    else
        printf '%s\n' "$output"
        echo "FAILED: $(basename "$program")"
        failed=$((failed + 1))
    fi
done
echo "check suites: $(($# - failed)) passed, $failed failed"
[ "$#" -gt 0 ] && [ "$failed" -eq 0 ]
