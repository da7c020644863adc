#!/bin/sh
# Checkpoints that are not what they should be, and trainings that are ended: messages, exit codes, and what is left.
#
#   tests/faults/damage.sh MNNC CC BUILD_DIR
#
# Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/faults/lib.sh
. "$(dirname "$0")/lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
set_up "$1" "$2" "$3"

# shellcheck disable=SC2086
$cc -std=gnu11 -O1 "$here/edit_safetensors.c" -o edit || exit 1
make_program "$here/faults.mnn" "$work/m" && make_samples 200 5 8 8 || {
    fail "preparing"
    finish "damaged checkpoints"
}

run() {
    ./m train --quiet --threads 1 --data data "$@" >log 2>&1
}

# expect CODE TEXT NAME COMMAND...
expect() {
    want=$1 text=$2 name=$3
    shift 3
    "$@"
    code=$?
    if [ $code -ne "$want" ]; then
        fail "$name: exit code $code, expected $want"
    elif ! grep -qF -e "$text" log; then
        fail "$name: does not say: $text"
    else
        ok "$name"
    fi
}

# expect_whole NAME: the weights in w are those of the training that was left alone.
expect_whole() {
    if [ -e w ] && cmp -s w whole; then
        ok "$1"
    else
        fail "$1: other weights"
    fi
}

run --save whole || fail "training"
run --checkpoint good.safetensors --epochs 1 --checkpoint-steps 4 || fail "training with checkpoints"
./edit header good.safetensors >header && ./edit data good.safetensors >bytes || fail "taking a checkpoint apart"
[ -e good.prev.safetensors ] && [ -s bytes ] || fail "two checkpoints"

# --- damage ------------------------------------------------------------------------------------------

# damaged TEXT NAME: what is in bad is refused alone, and gives way to the checkpoint before it. --weights and evaluate
# refuse it too.
damaged() {
    rm -rf keep w
    mkdir keep
    cp bad keep/c.safetensors
    expect 3 "$1" "$2" run --checkpoint keep/c.safetensors --resume
    cmp -s bad keep/c.safetensors || fail "$2: the file has changed"
    expect 3 "m: error: keep/c.safetensors: " "$2, --weights" run --weights keep/c.safetensors
    cp good.prev.safetensors keep/c.prev.safetensors
    expect 0 "$1" "$2, with the one before" run --checkpoint keep/c.safetensors --resume --save w
    grep -q '^note: using the previous checkpoint: ' log || fail "$2: no note"
    expect_whole "$2, with the one before: the weights"
}

# edited TEXT NAME SED: the header changed.
edited() {
    sed "$3" header >other || fail "$2: sed"
    if cmp -s header other; then
        fail "$2: nothing to edit"
        return
    fi
    ./edit join other bytes bad
    damaged "$1" "$2"
}

printf '\001\002\003\004\005\006\007' >bad
damaged "file ends in the length of its header (got 7 bytes" "7 bytes"
: >bad
damaged "file ends in the length of its header (got 0 bytes" "no bytes"
{ printf '\000\000\000\000\000\000\000\200'; cat bytes; } >bad
damaged "length of the safetensors header (got 9223372036854775808, expected at most 1048576)" "header length 2^63"
{ cat header; printf '%*s' 2097152 ''; } | head -c 2097152 >other
./edit join other bytes bad
damaged "length of the safetensors header (got 2097152, expected at most 1048576)" "header of 2 MiB"
{ printf '{"a":'; printf '%*s' 100000 '' | tr ' ' '['; printf '%*s' 100000 '' | tr ' ' ']'; printf '}'; } >other
./edit join other bytes bad
damaged "safetensors header is not strict JSON" "JSON 100,000 deep"
edited "duplicate object key" "duplicate tensor" 's/"optimizer\.v\.dense\.kernel":{/"optimizer.m.dense.kernel":{/'
edited "data_offsets" "overlapping tensors" 's/\("dense\.bias":{[^}]*"data_offsets":\)\[1536,1560\]/\1[1532,1556]/'
edited "data_offsets leave a gap or overlap" "a gap" \
    's/\("dense\.bias":{[^}]*"data_offsets":\)\[1536,1560\]/\1[1540,1564]/'
edited "\"dense.kernel\": shape (got [4611686018427387904,4611686018427387904], expected" \
    "shape product that wraps" 's/\[64,6\]/[4611686018427387904,4611686018427387904]/'
edited "data_offsets (got [-1,1536]" "offset -1" 's/\("dense\.kernel":{[^}]*"data_offsets":\)\[0,/\1[-1,/'
edited "data_offsets (got [0,1000.0], expected two integers" "offset 1e3" 's/\("dense\.kernel":{[^}]*"data_offsets":\)\[0,1536\]/\1[0,1e3]/'
edited "safetensors header is not strict JSON (too big integer" "offset 2^64" \
    's/\("dense\.kernel":{[^}]*"data_offsets":\)\[0,/\1[18446744073709551616,/'
edited "dtype (got \"F16\", expected \"F32\")" "another dtype" 's/"F32"/"F16"/'
edited "is missing" "missing tensor" 's/,"best\.dense\.bias":{[^}]*}//'
edited "weights of another model" "another tensor in its place" 's/"optimizer\.m\.dense\.bias":{/"optimizer.m.dense.other":{/'
edited "\"more\" is not one of the model's" "extra tensor" 's/}} *$/},"more":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}/'
edited "the metadata have no SHA-256, but tensors have" "the sum of the metadata under another name" \
    's/"sha256:__metadata__"/"sha255:__metadata__"/'
sed 's/"sha256:/"sha255:/g' header >other
./edit join other bytes bad
expect 3 "the checkpoint has no SHA-256 of its tensors and metadata" "no sums" \
    sh -c 'cp bad nosum.safetensors; ./m train --quiet --data data --checkpoint nosum.safetensors --resume >log 2>&1'
edited "metadata do not match their SHA-256" "changed metadata" 's/"state.epoch":"2"/"state.epoch":"3"/'
{ cat good.safetensors; printf x; } >bad
damaged "1 bytes follow the last tensor" "a byte more"
head -c -1 good.safetensors >bad
damaged "data_offsets" "a byte less"
cp good.safetensors bad && ./edit flip bad -9000
damaged "does not match its SHA-256" "one flipped bit"
bit=0
while [ $bit -lt 100 ]; do # anywhere in the file
    size=$(($(stat -c %s good.safetensors) * 8))
    cp good.safetensors bad && ./edit flip bad $(((bit * 7919 * 977 + 13) % size))
    rm -rf keep && mkdir keep && cp bad keep/c.safetensors
    run --checkpoint keep/c.safetensors --resume
    [ $? -eq 3 ] || fail "flipped bit $(((bit * 7919 * 977 + 13) % size)) is not seen"
    bit=$((bit + 1))
done
ok "100 flipped bits, each is seen"
./edit data good.safetensors >nan_bytes
printf '\000\000\300\177' | dd of=nan_bytes bs=1 conv=notrunc 2>dd.log
sum=$(head -c 1536 nan_bytes | sha256sum | cut -d ' ' -f 1)
# the sum of the metadata would not fit either: it is left out
sed "s/\"sha256:dense.kernel\":\"[0-9a-f]*\"/\"sha256:dense.kernel\":\"$sum\"/" header >other
./edit join other nan_bytes bad
damaged "tensor \"dense.kernel\" holds nan at element 0 (expected finite values)" "NaN in a weight, with the right sum"

# --- another training --------------------------------------------------------------------------------

# other TEXT NAME [option ...]: refused although there is one before.
other() {
    text=$1 name=$2
    shift 2
    rm -rf keep
    mkdir keep
    cp good.safetensors keep/c.safetensors
    cp good.prev.safetensors keep/c.prev.safetensors
    expect 3 "$text" "$name" run --checkpoint keep/c.safetensors --resume "$@"
    cmp -s good.safetensors keep/c.safetensors || fail "$name: the checkpoint has changed"
}

other "is of another seed (got seed \"1\", expected \"2\")" "another seed" --seed 2
other "is of another order of the samples" "another order" --no-shuffle
other "is of epochs of another length (got steps \"10\", expected \"7\")" "another length" --batch-limit 7
cp -r data data2
label=$(od -A n -t u1 -j 20 -N 1 data/train-labels-idx1-ubyte)
printf "\\00$(((label + 1) % 5))" | dd of=data2/train-labels-idx1-ubyte bs=1 seek=20 conv=notrunc 2>dd.log
cmp -s data/train-labels-idx1-ubyte data2/train-labels-idx1-ubyte && fail "the label is the same"
other "is of other data" "one other label" --data data2
cp data/train-labels-idx1-ubyte data2
printf '\377' | dd of=data2/train-images-idx3-ubyte bs=1 seek=12800 conv=notrunc 2>dd.log
cmp -s data/train-images-idx3-ubyte data2/train-images-idx3-ubyte && fail "the pixel is the same"
other "is of other data" "one other pixel of the validation samples" --data data2
cp m m.safe
# change NAME TEXT SED: another description.
change() {
    sed "$3" "$here/faults.mnn" >other.mnn
    cmp -s other.mnn "$here/faults.mnn" && fail "$1: nothing changed"
    make_program other.mnn "$work/m" || fail "$1: compiling"
    other "$2" "$1"
}
change "another model" "is of another model" 's/dense(6)/dense(7)/'
change "another optimizer" "is of another optimizer (got optimizer \"adam\", expected \"sgd\")" \
    's/adam(learning_rate=0.02)/sgd/'
change "another number of the optimizer" "is of another description" 's/learning_rate=0.02/learning_rate=0.03/'
change "another batch size" "is of another batch size (got batch_size \"16\", expected \"8\")" 's/= 16/= 8/'
expect 0 "" "another optimizer takes the weights" \
    sh -c "./m evaluate --quiet --data data --weights good.safetensors >log"
mv m.safe m
cp whole bad
rm -rf keep && mkdir keep && cp whole keep/c.safetensors
expect 3 "has weights but no checkpoint" "weights alone" run --checkpoint keep/c.safetensors --resume
cp good.safetensors keep/c.safetensors
expect 0 "" "more epochs" run --checkpoint keep/c.safetensors --resume --epochs 5
expect 2 "the checkpoint is already at epoch 5 (got --epochs 4)" "fewer epochs" \
    run --checkpoint keep/c.safetensors --resume --epochs 4
expect 0 "" "as many epochs" run --checkpoint keep/c.safetensors --resume --epochs 5 --save w
run --epochs 5 --save five
cmp -s five w && ok "as many epochs: the weights" || fail "as many epochs: other weights"
rm -rf keep && mkdir keep && cp good.safetensors keep/c.safetensors && ln -s keep/c.safetensors link.safetensors
expect 0 "" "through a link" run --checkpoint link.safetensors --resume --save w
[ -L link.safetensors ] && [ "$(echo keep/*)" = "keep/c.prev.safetensors keep/c.safetensors" ] ||
    fail "through a link: $(ls . keep)"
expect_whole "through a link: the weights"

# the description's callback
{ sed '$d' "$here/faults.mnn"; echo '    checkpoint("keep/mine.safetensors", every=2)'; echo '}'; } >callback.mnn
mv m m.safe
make_program callback.mnn "$work/m" || fail "compiling"
rm -rf keep && mkdir keep
run --save whole2 && [ "$(echo keep/*)" = "keep/mine.prev.safetensors keep/mine.safetensors" ] || # of epochs 2 and 3
    fail "the callback: $(ls keep)"
rm -rf keep && mkdir keep
run --epochs 1 && [ "$(echo keep/*)" = "keep/mine.safetensors" ] || fail "the callback: no checkpoint at the end"
expect 0 '{"event": "resume", "epoch": 2, "step": 0, "file": "keep/mine.safetensors"}' "the callback, resumed" \
    sh -c './m train --json --data data --resume --save w >log 2>&1'
cmp -s w whole2 || fail "the callback, resumed: other weights"
expect 0 "exists: it will be replaced" "the callback, from the beginning" \
    sh -c './m train --data data --save w >log 2>&1'
cmp -s w whole2 || fail "the callback, from the beginning: other weights"
rm -rf keep && mkdir keep keep/other
expect 0 "does not exist: starting with the first epoch" "--checkpoint in place of the callback's" \
    sh -c './m train --data data --resume --checkpoint keep/other/c.safetensors >log 2>&1'
[ "$(echo keep/* keep/other/*)" = "keep/other keep/other/c.prev.safetensors keep/other/c.safetensors" ] ||
    fail "--checkpoint in place of the callback's: $(echo keep/* keep/other/*)"
mv m.safe m

# --- histories ---------------------------------------------------------------------------------------

rm -rf keep && mkdir keep && cp good.safetensors keep/c.safetensors
printf 'epoch,loss\n1,0.5\n' >keep/h.csv
cp keep/h.csv h.csv
expect 3 "not the history of this training, so it cannot be continued (got \"epoch,loss\", expected the columns of this model)" \
    "another history" run --checkpoint keep/c.safetensors --resume --history keep/h.csv
cmp -s h.csv keep/h.csv || fail "another history: it has changed"
printf '{"epoch": 1, "step": 2, "loss": 0}\n{"epoch": 1, "step": 2, "loss": 0}\n' >keep/s.jsonl
expect 3 "keep/s.jsonl: at byte 35: not the history of this training" "a row twice" \
    run --checkpoint keep/c.safetensors --resume --log-steps keep/s.jsonl
ls keep | grep -q tmp && fail "histories: $(ls keep)"

# --- early stopping ------------------------------------------------------------------------------------

rm -rf keep && mkdir keep
sed 's/epochs = 3/epochs = 30/; s/patience=2/patience=1, min_delta=10/' "$here/faults.mnn" >early.mnn
mv m m.late && make_program early.mnn "$work/m" && run --checkpoint keep/c.safetensors --save w || fail "stopping early"
expect 0 "early_stopping has ended this training" "a training that early_stopping has ended" \
    sh -c './m train --data data --checkpoint keep/c.safetensors --resume --epochs 40 >log 2>&1'
mv m.late m

# --- what was there before ---------------------------------------------------------------------------

rm -rf keep && mkdir keep
run --checkpoint keep/c.safetensors || fail "a whole training"
cp keep/c.safetensors whole.safetensors
env FAULT_UNDER=keep/ LD_PRELOAD="$faults" FAULT_AT=110 FAULT_KILL=after ./m train --quiet --data data \
    --checkpoint keep/c.safetensors --checkpoint-steps 1 >log 2>&1
[ $? -eq 137 ] && cmp -s keep/c.prev.safetensors whole.safetensors && ! cmp -s keep/c.safetensors whole.safetensors
verdict $? "begun again by mistake: the old checkpoint stays until an epoch is done"
env FAULT_UNDER=keep/ LD_PRELOAD="$faults" FAULT_AT=100 FAULT_KILL=after ./m train --quiet --data data --resume \
    --checkpoint keep/c.safetensors --checkpoint-steps 1 >log 2>&1
[ $? -eq 137 ] && cmp -s keep/c.prev.safetensors whole.safetensors
verdict $? "... resumed, too"
rm -rf keep && mkdir -p keep/c.prev.safetensors
expect 5 "cannot be replaced (got a directory, expected a regular file)" "a folder where the one before is to be" \
    run --checkpoint keep/c.safetensors

# --- running -----------------------------------------------------------------------------------------

rm -rf keep && mkdir keep
sed 's/epochs = 3/epochs = 1000000/; s/patience=2/patience=1000000/' "$here/faults.mnn" >long.mnn
cp m short
make_program long.mnn "$work/m" || fail "compiling"

# begin [option ...]: a training that does not end, in the background; returns when it has a checkpoint.
begin() {
    rm -rf keep
    mkdir keep
    # a shell lets what is in the background ignore SIGINT, and nohup SIGHUP; a thread of OpenBLAS would pass a signal on late
    env --default-signal=INT,TERM,HUP OPENBLAS_NUM_THREADS=1 ./m train --quiet --threads 2 --data data \
        --checkpoint keep/c.safetensors --checkpoint-steps 7 \
        --history keep/h.csv --log-steps keep/s.jsonl "$@" >log 2>&1 &
    child=$!
    await test -e keep/c.prev.safetensors
}

# stopped NAME CODE: the training has ended with it, and left nothing but its files.
stopped() {
    wait "$child" 2>/dev/null
    code=$?
    child=
    left=$(echo keep/*)
    if [ $code -ne "$2" ]; then
        fail "$1: exit code $code, expected $2"
    elif [ "$left" != "keep/c.prev.safetensors keep/c.safetensors keep/h.csv keep/s.jsonl" ]; then
        fail "$1: left: $left"
    elif ! ./m evaluate --quiet --data data --weights keep/c.safetensors >log2 2>&1; then
        fail "$1: the checkpoint cannot be read"
    else
        ok "$1"
    fi
}

for signal in TERM INT HUP; do
    begin
    kill -$signal "$child"
    number=$(env kill -l $signal)
    stopped "SIG$signal" $((128 + number))
    grep -qF "hint: --resume continues from there" log || fail "SIG$signal: no hint"
    steps=$(sed -n "s/.*stopped by signal $number after \([0-9]*\) steps.*/\1/p" log)
    [ "$(wc -l <keep/s.jsonl)" = "$steps" ] && ok "SIG$signal: a row for each of $steps steps" ||
        fail "SIG$signal: $(wc -l <keep/s.jsonl) rows of $steps steps"
    ./edit header keep/c.safetensors | grep -q "\"state.updates\":\"$steps\"" ||
        fail "SIG$signal: the checkpoint is not of the last step"
done

# wait_for_rows: until two epochs are in keep/h.csv
has_rows() {
    [ -e keep/h.csv ] && [ "$(wc -l <keep/h.csv)" -ge 3 ]
}
wait_for_rows() {
    await has_rows || fail "no rows appear"
}

# twice NAME FOLDER'S_REST: two signals at once end it at once, and its unfinished files vanish.
twice() {
    kill -STOP "$child"
    await grep -q "^State:.*stopped" "/proc/$child/status"
    kill -INT "$child"
    kill -TERM "$child"
    kill -CONT "$child"
    wait "$child" 2>/dev/null
    code=$?
    child=
    left=$(ls keep | tr '\n' ' ')
    if [ $code -ne 143 ] && [ $code -ne 130 ]; then
        fail "$1: exit code $code"
    elif [ "$left" != "$2" ]; then
        fail "$1: left: $left"
    elif grep -q stopped log; then
        fail "$1: it has waited for the step"
    else
        ok "$1"
    fi
}

begin
twice "two signals at once" "c.prev.safetensors c.safetensors h.csv s.jsonl "
rm -rf keep && mkdir keep
env --default-signal=INT,TERM,HUP OPENBLAS_NUM_THREADS=1 ./m train --quiet --data data --history keep/h.csv \
    --log-steps keep/s.jsonl >log 2>&1 &
child=$!
wait_for_rows
twice "two signals without checkpoints" "h.csv s.jsonl "
[ "$(wc -l <keep/h.csv)" -ge 3 ] || fail "two signals without checkpoints: the rows are gone"

# --- one writer of a history ---------------------------------------------------------------------------

sed 's/^ *epochs = .*/&\n    csv_logger("keep\/h.csv")/' "$here/faults.mnn" >logger.mnn
compile_model logger.mnn logger >log 2>&1 || fail "compiling"
rm -rf keep && mkdir keep
printf 'old\n' >keep/h.csv
./m train --quiet --data nothing --history keep/h.csv >log 2>&1
[ "$(cat keep/h.csv)" = old ] && ok "a training that cannot begin leaves a history" || fail "a history without a training"
env --default-signal=INT,TERM,HUP ./m train --quiet --data data --history keep/h.csv --log-steps keep/s.jsonl >log2 2>&1 &
child=$!
wait_for_rows
ok "rows are seen while it trains"
ln -s h.csv keep/link.csv
# second PROGRAM ARGUMENT...
second() {
    program=$1
    shift
    "./$program" "$@" >log 2>&1
}
refused="could not write: another training writes its rows there"
expect 5 "$refused" "a second training on a history" second short train --quiet --data data --history keep/h.csv
expect 5 "$refused" "by another spelling" second short train --quiet --data data --history keep/../keep/./h.csv
expect 5 "$refused" "by a link" second short train --quiet --data data --history keep/link.csv
expect 5 "$refused" "by csv_logger" second logger train --quiet --data data
expect 5 "$refused" "a second training on a log of steps" second short train --quiet --data data --log-steps keep/s.jsonl
kill -KILL "$child"
wait "$child" 2>/dev/null
child=
rows=$(wc -l <keep/h.csv)
[ "$rows" -ge 3 ] && [ "$(wc -l <keep/s.jsonl)" -gt 3 ] && ok "SIGKILL: $((rows - 1)) rows stay" || fail "SIGKILL: $rows lines"
expect 0 "" "the file of a killed training is free" second short train --quiet --data data --history keep/h.csv
[ "$(wc -l <keep/h.csv)" -eq 4 ] && [ -h keep/link.csv ] || fail "the file of a killed training: other rows"
# Two that begin at once, and would train for ever: whichever comes second is refused, and the other goes on until it is
# stopped. Each begins with a byte from the fifo, which waits there for one that is late.
mkfifo gate && exec 3<>gate || fail "a fifo"
# racer NUMBER: what it says goes to said.NUMBER
racer() {
    # shellcheck disable=SC2016 # for the inner shell
    env --default-signal=TERM sh -c 'read -r _ <&3 && exec "$@" 3<&-' sh ./m train --quiet --data data --history keep/h.csv \
        >"said.$1" 2>&1 &
}
race() {
    rm -f keep/h.csv said.1 said.2
    racer 1
    first=$!
    racer 2
    second=$!
    child="$first $second"
    printf '\n\n' >&3
    await grep -qF "$refused" said.1 said.2 || return 1
    if grep -qF "$refused" said.1; then
        loser=$first winner=$second
    else
        loser=$second winner=$first
    fi
    wait "$loser"
    [ $? -eq 5 ] && await has_rows || return 1
    kill -TERM "$winner"
    wait "$winner"
    [ $? -eq 143 ] || return 1
    child=
    # the rows of one training: its header, and an epoch a line from the first one on
    awk -F , 'NR == 1 ? $1 != "epoch" : $1 != NR - 1 { exit 1 }' keep/h.csv
}
turn=1
while [ $turn -le 10 ] && race; do
    turn=$((turn + 1))
done
log_of_others=$shown
shown="said.1 said.2"
[ $turn -gt 10 ] && ok "two that begin at once: one of them is refused, 10 times" || fail "two that begin at once: turn $turn"
shown=$log_of_others
exec 3<&-
# shellcheck disable=SC2086 # a list
[ -z "$child" ] || kill -KILL $child
rm -rf keep && mkdir keep
env --default-signal=INT,TERM,HUP ./m train --quiet --data data --history keep/h.csv --log-steps keep/s.jsonl >log 2>&1 &
child=$!
wait_for_rows
echo other >keep/other && mv keep/other keep/h.csv
await grep -q warning log
kill "$child"
wait "$child"
code=$?
child=
[ $code -eq 5 ] && grep -q "^warning: history: epoch .*: keep/h.csv: was removed or replaced while its rows" log &&
    [ "$(cat keep/h.csv)" = other ] && ok "another file takes the name" || fail "another file takes the name: exit code $code"

begin
./short train --quiet --data data --checkpoint keep/c.safetensors >log2 2>&1
code=$?
cat log2 >>log
[ $code -eq 5 ] && grep -qF "could not lock: another training keeps its checkpoints there" log2 &&
    ok "a second training on the checkpoint" || fail "a second training on the checkpoint: exit code $code"
kill -KILL "$child"
wait "$child" 2>/dev/null
child=
[ -e keep/c.safetensors.lock ] || fail "SIGKILL: the lock file is gone"
resume_and_stop() {
    ./m train --data data --checkpoint keep/c.safetensors --resume >log 2>&1 &
    child=$!
    await grep -q resuming log
    kill -TERM "$child"
    wait "$child"
    [ $? -eq 143 ]
    code=$?
    child=
    return $code
}
expect 0 "resuming after epoch" "the lock of a killed training holds nobody" resume_and_stop
[ "$(echo keep/*)" = "keep/c.prev.safetensors keep/c.safetensors keep/h.csv keep/s.jsonl" ] ||
    fail "the lock of a killed training: left: $(ls keep)"

# train_until CALL SIGNAL: a training that gets the signal before that call for its checkpoints, in the background
train_until() {
    rm -f calls
    env --default-signal=TERM FAULT_UNDER=keep/c FAULT_LOG="$work/calls" LD_PRELOAD="$faults" FAULT_KILL=before FAULT_AT="$1" \
        FAULT_SIGNAL="$2" ./m train --quiet --data data --checkpoint keep/c.safetensors --checkpoint-steps 7 >log 2>&1 &
    child=$!
}
# stop_at CALL: a new one is stopped there.
stop_at() {
    rm -rf keep moved && mkdir keep
    train_until "$1" 19
    await grep -q "^$1 " calls && await grep -q "^State:.*stopped" "/proc/$child/status" || fail "call $1: not stopped"
}
# move_folder: and another training comes to its place, whose file is kept as others.safetensors.
move_folder() {
    mv keep moved && mkdir keep
    ./short train --quiet --seed 2 --data data --checkpoint keep/c.safetensors >log2 2>&1 || fail "a training in the new folder"
    cp keep/c.safetensors others.safetensors
}
rm -rf keep && mkdir keep
train_until 150 9
wait "$child" 2>/dev/null
moments=$(awk '$2 == "rename" { saves++ } saves == 1 && $2 != "rename" && $2 != "link" && $2 != last { print $1 } { last = $2 }' calls)
[ "$(echo "$moments" | wc -w)" -ge 6 ] || fail "calls of a save: $moments"
# the first look of the second save is at the lock, the next one at what is to be replaced
between=$(awk '$2 == "rename" { saves++ } saves == 1 && $2 == "open" { print $1 - 2; exit }' calls)

# A lock that is removed between two saves is taken again.
stop_at "$between"
rm keep/c.safetensors.lock
kill -CONT "$child"
await test -e keep/c.safetensors.lock && ok "a lock that was removed is taken again" || fail "a lock that was removed: not taken again"
kill -TERM "$child"
wait "$child" 2>/dev/null
code=$?
child=
[ $code -eq 143 ] && ! grep -q "lock was removed" log && [ "$(echo keep/*)" = "keep/c.prev.safetensors keep/c.safetensors" ]
verdict $? "... and the training goes on: exit code $code"

# The folder is moved while a training runs, and another one comes to its place: it keeps what it has.
stop_at "$between"
move_folder
kill -CONT "$child"
await grep -q "lock was removed" log
kill -TERM "$child"
wait "$child" 2>/dev/null
code=$?
child=
[ $code -eq 5 ] && cmp -s keep/c.safetensors others.safetensors
verdict $? "a training whose folder was moved does not touch another's checkpoint: exit code $code"

# The same at the calls of a save, up to those that give the file its name.
kept=0
for moment in $moments; do
    stop_at "$moment"
    move_folder
    kill -CONT "$child"
    await grep -q "lock was removed" log
    kill -KILL "$child"
    wait "$child" 2>/dev/null
    child=
    cmp -s keep/c.safetensors others.safetensors && kept=$((kept + 1)) || fail "moved before call $moment: replaced"
done
ok "a folder that was moved during a save, at $kept moments"
rm -rf moved

# --- divergence --------------------------------------------------------------------------------------

sed 's/adam(learning_rate=0.02)/sgd(learning_rate=1e30)/; s/batchnorm()/activation(linear)/' \
    "$here/faults.mnn" >diverges.mnn
make_program diverges.mnn "$work/m" || fail "compiling"
rm -rf keep && mkdir keep
expect 6 'm: error: epoch 1, step 2: the gradient of "dense.kernel" (layer "dense") is not finite' "learning rate 1e30" \
    run --checkpoint keep/c.safetensors --checkpoint-steps 1 --save w2
grep -qF "note: keep/c.safetensors has the last good checkpoint, of epoch 1, step 1" log ||
    fail "learning rate 1e30: no word of the checkpoint"
[ ! -e w2 ] && [ "$(echo keep/*)" = "keep/c.safetensors" ] || fail "learning rate 1e30: left: $(ls keep)"
expect 6 'm: error: epoch 1, step 2: ' "learning rate 1e30, resumed" \
    run --checkpoint keep/c.safetensors --checkpoint-steps 1 --resume
grep -qF "note: keep/c.safetensors has the last good checkpoint, of epoch 1, step 1" log ||
    fail "learning rate 1e30, resumed: no word of the checkpoint"
finish "damaged checkpoints, stopped trainings"
