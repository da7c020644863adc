#!/bin/sh
# Every call of the save path fails once with every error, and is the last one once: before it and after it.
#
#   tests/faults/save.sh MNNC CC BUILD_DIR [all]
#
# A small training that saves two checkpoints is run under a library that counts the calls (save_faults.c).
# Whatever happens to one of them, the training goes on with the old checkpoint in its place, or the next run goes on
# with a whole one; the weights at the end are those of the undisturbed training, and no other file is left. Without
# "all" each call has a few of the errors, and dies after it alone (which is before the next one). Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/faults/lib.sh
. "$(dirname "$0")/lib.sh"
[ $# -ge 3 ] || usage "MNNC CC BUILD_DIR [all]"
share=6
[ "${4:-}" != all ] || share=1
set_up "$1" "$2" "$3"
quiet=yes # thousands of lines say less than the totals

make_program "$here/faults.mnn" "$work/m" && make_samples 200 5 8 8 || {
    fail "preparing"
    finish "faults in the save path"
}

# train NAME=VALUE...: with these variables, into keep/, the weights into w.
train() {
    rm -f w
    env FAULT_UNDER=keep/ LD_PRELOAD="$faults" "$@" ./m train --quiet --threads 1 --data data --save w \
        --checkpoint keep/c.safetensors --resume >log 2>&1
}

# before: the folder as a training of an epoch leaves it, with a mode of its own.
before() {
    rm -rf keep
    cp -rp first keep
}

# The same, but without the library.
resume() {
    rm -f w
    ./m train --quiet --threads 1 --data data --save w --checkpoint keep/c.safetensors --resume >log2 2>&1
}

mkdir first
./m train --quiet --threads 1 --data data --save whole >log 2>&1 &&
    ./m train --quiet --threads 1 --data data --checkpoint first/c.safetensors --checkpoint-steps 5 --epochs 1 \
        >>log 2>&1 && chmod 640 first/c.safetensors || fail "training"
expected=$(hash whole)

# in_order NAME: what must be true when nothing runs any more, and after a run to the end.
in_order() {
    if [ ! -e w ] || [ "$(hash w)" != "$expected" ]; then
        fail "$1: other weights than those of the undisturbed training"
    elif [ "$(echo keep/*)" != "keep/c.prev.safetensors keep/c.safetensors" ]; then
        fail "$1: left in the folder: $(echo keep/*)"
    elif [ "$(stat -c %a keep/c.safetensors)" != 640 ]; then
        fail "$1: the mode of the old file is not kept"
    else
        ok "$1"
    fi
}

before
train FAULT_LOG=calls || fail "with the library"
in_order "with the library"
total=$(wc -l <calls)
before
train FAULT_LIMIT=100
in_order "short writes"

# fails CALL FUNCTION ERROR NUMBER
fails() {
    name="call $1, $2: $3"
    before
    train FAULT_AT="$1" FAULT_ERRNO="$4"
    code=$?
    code_of_error=5
    [ "$3" = ENOMEM ] && code_of_error=4
    if [ $code -ne 0 ] && [ $code -ne $code_of_error ]; then
        fail "$name: exit code $code"
        return
    fi
    # what cannot be removed is removed by the next training
    [ "$2" != unlink ] || resume
    if ls keep | grep -q tmp; then
        fail "$name: a temporary file is left"
        return
    fi
    # An error without weights: it has not begun. With them: the last save failed, and says so.
    if [ $code -ne 0 ] && [ -e w ] && ! grep -q '^warning: .*checkpoint: keep/c' log; then
        fail "$name: no warning"
        return
    fi
    if [ $code -eq 0 ] && [ "$(hash w)" != "$expected" ]; then
        fail "$name: other weights"
        return
    fi
    [ $code -eq 0 ] || resume
    rm -f keep/*.lock # of a training that could not remove it
    in_order "$name"
}

# dies CALL FUNCTION before|after
dies() {
    before
    train FAULT_AT="$1" FAULT_KILL="$3"
    code=$?
    if [ $code -ne 137 ]; then
        fail "$3 call $1, $2: exit code $code, not killed"
        return
    fi
    resume
    in_order "killed $3 call $1, $2"
}

turn=0
while read -r call function; do
    [ $share -gt 1 ] && [ "$call" -gt 1 ] || dies "$call" "$function" before
    dies "$call" "$function" after
    for error in EPERM=1 EINTR=4 EIO=5 ENOMEM=12 EACCES=13 EMFILE=24 ENOSPC=28 EROFS=30 EDQUOT=122; do
        turn=$((turn + 1))
        [ $((turn % share)) -ne 0 ] || fails "$call" "$function" "${error%=*}" "${error#*=}"
    done
    turn=$((turn + 1)) # so that the next call has others
done <calls
echo "the save path has $total calls in $(cut -d ' ' -f 2 calls | sort -u | wc -l) functions:" \
    "$(cut -d ' ' -f 2 calls | sort -u | tr '\n' ' ')"

# always FUNCTION ERROR NUMBER TEXT: no save succeeds from the first one on; the message, and the old checkpoint stays.
always() {
    name="$1 always: $2"
    before
    train FAULT_OF="$1" FAULT_AT=$first_save FAULT_ERRNO="$3"
    code=$?
    if [ $code -ne 5 ]; then
        fail "$name: exit code $code"
    elif [ "$(grep -c "^warning: epoch .: checkpoint: .*keep/c.safetensors: $4" log)" -ne 3 ]; then
        fail "$name: not three warnings"
    elif ! tail -n 1 log | grep -q "^./m: error: .*keep/c.safetensors: $4"; then
        fail "$name: does not end with the error"
    elif ! cmp -s keep/c.safetensors first/c.safetensors; then
        fail "$name: the old checkpoint has changed"
    elif [ "$(hash w)" != "$expected" ]; then
        fail "$name: other weights"
    else
        resume
        in_order "$name"
    fi
}

# the first that happens when the training has begun
first_save=$(awk '$2 == "write" { print $1 - 5; exit }' calls)
always open ENOSPC 28 "could not create a temporary file next to it: No space left on device"
always fchmod EPERM 1 "could not keep the file's mode: Operation not permitted"
always write ENOSPC 28 "could not write: No space left on device"
always write EDQUOT 122 "could not write: Disk quota exceeded"
always fsync EIO 5 "could not write to the disk: Input/output error"
always close EIO 5 "could not write to the disk: Input/output error"
always link EIO 5 "could not keep the previous file: Input/output error"
always rename EROFS 30 "could not keep the previous file: Read-only file system"
# mnnc, ended at each call by a signal that can be caught: the old file or the new one, and nothing else.
mkdir emitted
write_c() {
    echo old >emitted/m.c
    env FAULT_UNDER=emitted/ LD_PRELOAD="$faults" "$@" "$mnnc" "$here/faults.mnn" -o emitted/m.c >log 2>&1
}
write_c FAULT_LOG=emitted_calls || fail "mnnc"
cp emitted/m.c whole.c
for call in $(seq "$(wc -l <emitted_calls)"); do
    write_c FAULT_SIGNAL=15 FAULT_KILL=after FAULT_AT="$call"
    code=$?
    [ $code -eq 143 ] && [ "$(echo emitted/*)" = emitted/m.c ] &&
        { [ "$(cat emitted/m.c)" = old ] || cmp -s emitted/m.c whole.c; }
    verdict $? "mnnc, SIGTERM after call $call: exit code $code, $(echo emitted/*)"
done
[ "$(wc -l <emitted_calls)" -ge 4 ] || fail "mnnc: only $(wc -l <emitted_calls) calls"

# A file that only its owner may read is never open to others while it is replaced: killed after each call.
umask 022
mkdir private
# replace NAME=VALUE... -- COMMAND...
replace() {
    settings=
    while [ "$1" != -- ]; do
        settings="$settings $1"
        shift
    done
    shift
    rm -f private/*
    echo old >private/w
    chmod 600 private/w
    # shellcheck disable=SC2086
    env FAULT_UNDER=private/ LD_PRELOAD="$faults" $settings "$@" >log 2>&1
}
# stays_private NAME COMMAND...: writes private/w
stays_private() {
    name=$1
    shift
    rm -f private_calls
    replace FAULT_LOG="$work/private_calls" -- "$@" || fail "$name"
    for call in $(seq "$(wc -l <private_calls)"); do
        replace FAULT_KILL=after FAULT_AT="$call" -- "$@"
        [ -z "$(find private -type f -perm /077)" ] || fail "$name: open to others after call $call"
    done
    [ "$(wc -l <private_calls)" -ge 4 ] && ok "$name" || fail "$name: only $(wc -l <private_calls) calls"
}
stays_private "a private file of weights" ./m train --quiet --epochs 0 --save private/w
stays_private "a private file of mnnc" "$mnnc" "$here/faults.mnn" -o private/w

[ "$total" -gt 60 ] || fail "only $total calls"
finish "faults in the save path"
