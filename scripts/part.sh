#!/bin/sh
# Run one part of the tests and print one line.
#
#   part.sh LOGS NAME COMMAND...
#
# Prints "PASS NAME 3.2s"; or what the command printed and "FAIL NAME"; or, for exit code 77, "SKIP NAME: why". The log is
# LOGS/NAME.log and the verdict LOGS/NAME.verdict, which totals.sh reads. A part that another part starts only runs its
# command. Temporary files are in memory where there is room. Exit code: 0 passed or skipped, 1 failed.
set -u
logs=$1 name=$2
shift 2
# the jobs of the make that started this are no business of a make that a script starts
[ "${1##*/}" = make ] || unset MAKEFLAGS MFLAGS MAKELEVEL
[ -z "${MNN_PART:-}" ] || exec "$@"
export MNN_PART="$name"
mkdir -p "$logs" || exit 1
log=$logs/$name.log
rm -f "$logs/$name.verdict"
memory=
end() {
    [ -z "$memory" ] || rm -rf "$memory"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A folder in memory serves when it holds 2 GB more and programs may run from it.
if [ -z "${TMPDIR:-}" ] && [ "$(df -P -k /dev/shm 2>/dev/null | awk 'NR == 2 { print ($4 > 2000000) }')" = 1 ]; then
    memory=$(mktemp -d /dev/shm/mnn-XXXXXX 2>/dev/null) || memory=
    if [ -n "$memory" ] && printf '#!/bin/sh\n' >"$memory/try" && chmod +x "$memory/try" && "$memory/try" 2>/dev/null; then
        export TMPDIR="$memory" MNN_MEMORY="$memory"
    fi
fi

begin=$(date +%s%N)
"$@" >"$log" 2>&1 </dev/null
code=$?
seconds=$(awk -v ns=$(($(date +%s%N) - begin)) 'BEGIN { printf "%.1f", ns / 1e9 }')
case $code in
0) said="PASS $name ${seconds}s" ;;
77) said="SKIP $name: $(tail -n 1 "$log")" ;;
*)
    cat "$log"
    said="FAIL $name"
    ;;
esac
echo "$said" >"$logs/$name.verdict"
echo "$said"
[ $code -eq 0 ] || [ $code -eq 77 ]
