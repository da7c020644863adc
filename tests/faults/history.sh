#!/bin/sh
# Histories that cannot be written for a while, or no more.
#
#   tests/faults/history.sh MNNC CC BUILD_DIR
#
# A small training with checkpoints and histories is run under a library that lets calls for the histories fail
# (save_faults.c). The training goes on to the same weights, and says at once what fails; rows that come late are all
# there, and missing ones are told by the end or by the training that goes on. Exit code: 0 all passed, 1 something
# failed, 2 usage.
set -u
# shellcheck source=tests/faults/lib.sh
. "$(dirname "$0")/lib.sh"
[ $# -ge 3 ] || usage "MNNC CC BUILD_DIR"
set_up "$1" "$2" "$3"

sed 's/patience=2/patience=1000/' "$here/faults.mnn" >m.mnn
make_program m.mnn "$work/m" && make_samples 200 5 8 8 || {
    fail "preparing"
    finish "faults while histories are written"
}

# train [NAME=VALUE...]: with these variables, from the beginning.
train() {
    rm -rf keep rows w
    mkdir keep rows
    go_on "$@"
}

# go_on [NAME=VALUE...]: the same behind the checkpoint that is there, for $epochs
epochs=6
go_on() {
    env FAULT_UNDER=rows/ LD_PRELOAD="$faults" "$@" ./m train --quiet --threads 1 --data data --save w \
        --epochs "$epochs" --checkpoint keep/c.safetensors --checkpoint-steps 4 --resume --history rows/h.csv \
        --log-steps rows/s.jsonl >log 2>&1
    code=$?
}

# without_seconds FILE
without_seconds() {
    sed 's/,[^,]*$//' "$1"
}

train FAULT_LOG=calls
[ $code -eq 0 ] && ! grep -q warning log && [ "$(echo rows/*)" = "rows/h.csv rows/s.jsonl" ] || fail "with the library: exit code $code"
expected=$(hash w)
without_seconds rows/h.csv >h
cp rows/s.jsonl s
steps=$(wc -l <s)
last=$(tail -n 1 calls | cut -d ' ' -f 1)
[ "$steps" -gt 40 ] || fail "only $steps steps"

# nth FUNCTION N: the number of the N-th call of it
nth() {
    awk -v name="$1" -v n="$2" '$2 == name && ++count == n { print $1; exit }' calls
}

# ends NAME CODE WARNINGS: how the training has ended, after how many warnings; its weights and checkpoint are there.
ends() {
    name=$1
    if [ $code -ne "$2" ]; then
        fail "$name: exit code $code, expected $2"
    elif [ "$(grep -c '^warning: ' log)" -ne "$3" ]; then
        fail "$name: not $3 warnings"
    elif [ ! -e w ] || [ "$(hash w)" != "$expected" ]; then
        fail "$name: other weights"
    elif ! ./m evaluate --quiet --data data --weights keep/c.safetensors >log2 2>&1; then
        fail "$name: no checkpoint"
    elif ls rows | grep -q tmp; then
        fail "$name: a temporary file is left"
    else
        ok "$name"
    fi
}

# all_rows: every row is there.
all_rows() {
    without_seconds rows/h.csv | cmp -s - h || fail "$name: other rows of epochs"
    cmp -s rows/s.jsonl s || fail "$name: other rows of steps"
}

# --- for a while -------------------------------------------------------------------------------------

train FAULT_LIMIT=7
ends "short writes" 0 0
all_rows

# The first writes are those before a training begins: they end the program.
for turn in 4 5 14 25 40 "$((steps + 3))"; do
    train FAULT_AT="$(nth write "$turn")" FAULT_ERRNO=5
    ends "write $turn fails" 0 1
    all_rows
done

from=$(nth write 14)
train FAULT_OF=write FAULT_AT="$from" FAULT_LAST=$((from + 60)) FAULT_ERRNO=28
ends "a disk that is full for a while" 0 2
all_rows
grep -q '^warning: history: epoch [12], step [0-9]*: .*rows/s.jsonl: could not write: No space left on device$' log &&
    grep -q '^warning: history: epoch [0-9]: .*rows/h.csv: could not write: No space left on device$' log &&
    ok "the warnings say where and why" || fail "the warnings do not say where and why"

from=$(nth fsync 4)
train FAULT_OF=fsync FAULT_AT="$from" FAULT_LAST=$((from + 60)) FAULT_ERRNO=5
ends "a disk that does not sync for a while" 0 2
all_rows
grep -q '^warning: .*: could not write to the disk: Input/output error$' log || fail "$name: not said"

# --- for ever ----------------------------------------------------------------------------------------

train FAULT_OF=write FAULT_AT="$(nth write 26)" FAULT_ERRNO=28
ends "a disk that stays full" 5 2
tail -n 1 log | grep -q '^./m: error: .*: could not write: No space left on device$' || fail "$name: no error"
there=$(wc -l <rows/s.jsonl)
[ "$there" -gt 20 ] && [ "$there" -lt 26 ] && head -n "$there" s | cmp -s - rows/s.jsonl ||
    fail "$name: not the rows before"

train FAULT_OF=fsync FAULT_AT="$((last - 1))" FAULT_ERRNO=5
[ $code -eq 5 ] && ok "a disk that does not sync at the end" || fail "no sync at the end: exit code $code"

# --- missing rows ------------------------------------------------------------------------------------

epochs=4
train FAULT_OF=write FAULT_AT="$(nth write 14)" FAULT_ERRNO=28
epochs=6
go_on
ends "a training goes on behind a hole" 0 2
grep -q "^warning: history: .*rows/h.csv: the rows of epochs 2 to 4 are missing" log ||
    fail "$name: does not say which epochs"
grep -q "^warning: history: .*rows/s.jsonl: the rows from epoch 2, step [0-9]* to epoch 4, step [0-9]* are missing" log ||
    fail "$name: does not say which steps"
[ "$(without_seconds rows/h.csv | sed 's/,.*//' | tr '\n' ' ')" = "epoch 1 5 6 " ] || fail "$name: other rows"
epochs=7
go_on
[ $code -eq 0 ] && ! grep -q warning log && ok "the hole is told once" || fail "the hole is told once: exit code $code"

finish "faults while histories are written"
