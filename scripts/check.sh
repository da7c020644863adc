#!/bin/sh
# Run Check programs, JOBS (1) at once; print each suite's totals, and all that one printed in which a test failed.
# Usage: check.sh PROGRAM...
set -u
# A test that hangs is ended, one on a busy machine is not: Check's own limit is 4 seconds.
export CK_TIMEOUT_MULTIPLIER="${CK_TIMEOUT_MULTIPLIER:-75}"
[ $# -gt 0 ] || exit 1
# shellcheck disable=SC2016 # for the inner shell
printf '%s\n' "$@" | xargs -P "${JOBS:-1}" -n 1 sh -c '
    code=0
    output=$("$0" 2>&1) || code=1
    name=$(basename "$0")
    totals=$(echo "$output" | sed -n "s/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p" |
        awk "{ n += \$1; bad += \$2 + \$3 } END { if (n) printf \"%d passed, %d failed\", n - bad, bad }")
    [ $code -eq 0 ] && [ -n "$totals" ] || { echo "$output"; code=1; }
    echo "$name: ${totals:-0 passed, 1 failed}"
    exit $code'
