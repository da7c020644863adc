#!/bin/sh
# Trainings of several ranks: the same weights as of one, and what happens when a rank differs or dies.
#
#   tests/programs/ranks.sh MNNC CC BUILD_DIR [quick|long]
#
# quick: one model with two ranks. long: 1, 2, 3, 4, 5 and 8 ranks with 1, 2 and 3 threads, of which a random one is killed; then
# another number of ranks resumes. Skipped where there is no MPI. The last batch of an epoch is short. Exit code: 0 all
# passed, 1 something failed, 2 usage, 77 skipped.
# shellcheck disable=SC2086 # lists of words
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || [ $# -eq 4 ] || usage "MNNC CC BUILD_DIR [quick|long]"
use_tools "$1" "$2" "$3"
quick=${4:-}
[ -e "$build/mnn-mpi.pc" ] || skip ranks "libmnn-mpi was not built (no MPI found by pkg-config)"
command -v mpirun >/dev/null || skip ranks "there is no mpirun"
plain_libs=$libs
cflags=$(pkg-config --cflags mnn-mpi) && libs=$(pkg-config --libs mnn-mpi) || exit 1
make_work "$build/tests/programs"
mkdir "$work/data" "$work/other" "$work/here"
make_tools make_idx
cd "$work/here" || exit 1
shown="out err"
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
run="mpirun --oversubscribe --bind-to none"

# make_small NAME SED_COMMAND: a description with all that depends on the rows of a batch, changed a little
make_small() {
    sed "$2" >"$work/$1.mnn" <<'END'
data digits {
    train = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    test = idx("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    validation = split(train, 0.2)
    scale(1/255)
    reshape(28, 28, 1)
    one_hot(10)
    augment_shift(0.1)
}
model small {
    conv2d(4, 3, activation = relu)
    maxpool2d(2)
    batchnorm
    flatten
    dropout(0.3)
    dense(10, softmax, kernel_regularizer = l2(0.001))
}
train {
    loss = categorical_crossentropy
    optimizer = adam(0.003, global_clipnorm = 1.0)
    metrics = [accuracy, f1]
    epochs = 6
    batch_size = 40
    shards = 8
    early_stopping(monitor = val_loss, patience = 1, restore_best_weights = true)
}
END
    compile_model "$work/$1.mnn" "$work/$1" -O2 -march=native
}

# train PROGRAM RANKS THREADS [option ...]: prints the hash of the weights
train() {
    program=$1 ranks=$2 threads=$3
    shift 3
    rm -f weights
    timeout "$patience" $run -n "$ranks" "$program" train --quiet --data "$work/data" --threads "$threads" --save weights "$@" \
        >out 2>err </dev/null || return 1
    sha256sum <weights
}

"$work/make_idx" "$work/data" 7 325 57 10 28 28 && "$work/make_idx" "$work/other" 8 325 57 10 28 28 || exit 1
check "small" make_small small ""
lone=$("$work/small" train --quiet --data "$work/data" --threads 1 --save alone >out 2>err && sha256sum <alone)
[ -n "$lone" ] && [ "$lone" = "$(train "$work/small" 2 1)" ]
verdict $? "small: two ranks have the weights of a program alone"
expect 3 "rank 1 has another training data" "other data" $run -n 1 "$work/small" train --quiet --data "$work/data" : \
    -n 1 "$work/small" train --quiet --data "$work/other"
expect 2 "a rank needs a shard at least" "more ranks than shards" $run -n 9 "$work/small" train --quiet --data "$work/data"
# the same output of evaluate and predict, of images and of files of samples
mkdir "$work/images"
for i in 1 2 3 4 5; do # 28 x 28 bytes each
    { printf 'P5 28 28 255\n' && tail -c "$((i * 784))" "$work/data/train-images-idx3-ubyte" | head -c 784; } >"$work/images/$i.pgm"
done
counts="2 3 5"
[ "$quick" != quick ] || counts=2
# same_output NAME ARGUMENT ...
same_output() {
    name=$1
    shift
    "$work/small" "$@" --weights alone >one.out 2>err </dev/null || : >one.out
    for count in $counts; do
        timeout "$patience" $run -n "$count" "$work/small" "$@" --weights alone >out 2>err </dev/null && [ -s one.out ] && cmp one.out out
        verdict $? "$name: $count ranks print what one does"
    done
}
same_output evaluate evaluate --data "$work/data" --json
same_output "predict, images and samples" predict --raw "$work/images" "$work/data/train-images-idx3-ubyte" "$work/images/2.pgm"
"$work/small" scale --seconds 0 --nodes 8 --bandwidth 1G --json >out 2>err && [ "$(grep -c '"batch_per_node": [0-9]' out)" = 3 ]
verdict $? "scale"
expect 2 "needs bits per second" "scale: a bandwidth without a unit" "$work/small" scale --bandwidth 10
$run -n 2 "$work/small" scale --seconds 0 --nodes 2 --plot plot.html >out 2>err </dev/null && grep -q "^measured step: .* prediction is off by" out &&
    grep -q "<svg" plot.html
verdict $? "scale with 2 ranks: the network and a step are measured"
[ "$quick" != quick ] || finish ranks
same_output "predict, JSON" predict --raw --json "$work/images/3.pgm" "$work/data/t10k-images-idx3-ubyte"
expect 3 "rank 1 has another list of files than rank 0" "predict: other files" $run -n 1 "$work/small" predict --weights alone \
    "$work/images" : -n 1 "$work/small" predict --weights alone "$work/images/1.pgm"
expect 3 "rank 1 has another test set than rank 0" "evaluate: other data" $run -n 1 "$work/small" evaluate --weights alone \
    --data "$work/data" : -n 1 "$work/small" evaluate --weights alone --data "$work/other"

# --- the same weights -------------------------------------------------------------------------------

# same_weights NAME PROGRAM [option ...]
same_weights() {
    name=$1 of=$2
    shift 2
    expected=$("$of" train --quiet --data "$work/data" --threads 2 --save alone "$@" >out 2>err && sha256sum <alone)
    for count in 1 2 3 4; do
        for each in 1 2; do
            [ -n "$expected" ] && [ "$expected" = "$(train "$of" $count $each "$@")" ]
            verdict $? "$name: $count ranks with $each threads"
        done
    done
}

# pid_of RANK: of the ranks of mpirun, $child
pid_of() {
    for pid in $(pgrep -P "$child"); do
        ! tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$1" || echo "$pid"
    done
}

ended() {
    ! any_child
}

# survive NAME PROGRAM EPOCHS RANKS THREADS NEXT: a random rank is killed after the first checkpoint, and NEXT ranks resume
survive() {
    rm -f k k.*
    victim=$(($(od -An -tu1 -N1 /dev/urandom) % $4))
    $run -n "$4" "$2" train --quiet --data "$work/data" --threads "$5" --epochs "$3" --checkpoint k --checkpoint-steps 3 \
        >out 2>err </dev/null &
    child=$!
    await test -e k || fail "$1: no checkpoint"
    kill -KILL "$(pid_of "$victim")" 2>/dev/null
    await ended || fail "$1: a hang"
    wait $child
    code=$?
    child=
    [ $code -eq 137 ] && [ "$expected" = "$(train "$2" "$6" "$5" --epochs "$3" --checkpoint k --resume)" ]
    verdict $? "$1: $4 ranks with $5 threads, rank $victim killed (exit code $code), resumed by $6"
}

# compile_shards MODEL: one of models/, with 8 shards
compile_shards() {
    sed 's/^\( *\)\(batch_size *= .*\)/\1\2\n\1shards = 8/' "$root/models/$1.mnn" >"$work/$1.mnn"
    check "$1" compile_model "$work/$1.mnn" "$work/$1" -O2 -march=native
}

if [ "$quick" = long ]; then
    make_small forever "s/epochs = 6/epochs = 60/; s/patience = 1,/patience = 40,/"
    for model in forever mlp_dropout cnn convnet_bn; do
        [ $model = forever ] || compile_shards $model
        case $model in forever | mlp_dropout) epochs=60 ;; *) epochs=20 ;; esac
        expected=$("$work/$model" train --quiet --data "$work/data" --threads 2 --epochs $epochs --save alone >out 2>err &&
            sha256sum <alone)
        for count in 1 2 3 4 5 8; do
            for each in 1 2 3; do
                survive $model "$work/$model" $epochs $count $each $((count * 3 % 8 + 1))
            done
        done
    done
    finish ranks
fi

same_weights small "$work/small"
for model in mlp_dropout cnn convnet_bn; do
    compile_shards $model
    same_weights $model "$work/$model" --epochs 2
done

# clipping by the norm of each tensor, slots that do not begin with 0, momentum: the owners of the blocks have the slots, and
# checkpoints in the middle of an epoch have the same bytes
for optimizer in "adagrad(0.01, clipnorm = 0.1)" "sgd(0.01, momentum = 0.9, nesterov = true)"; do
    name=$(echo "$optimizer" | sed 's/(.*//')
    check "$name" make_small "$name" "s/adam(.*/$optimizer/"
    same_weights "$name" "$work/$name" --epochs 1
    "$work/$name" train --quiet --data "$work/data" --epochs 2 --batch-limit 5 --checkpoint one --checkpoint-steps 3 >out 2>err
    train "$work/$name" 3 1 --epochs 2 --batch-limit 5 --checkpoint three --checkpoint-steps 3 >/dev/null
    for file in one three; do # the header also has the time that the training took
        tail -c "+$(($(od -An -tu8 -N8 $file) + 9))" $file >$file.tensors
    done
    [ -s one.tensors ] && cmp one.tensors three.tensors 2>>err
    verdict $? "$name: the checkpoint of 3 ranks has the bytes of that of 1"
done

# from a checkpoint in the middle of an epoch, with other numbers of ranks
train "$work/cnn" 2 1 --epochs 3 >whole
train "$work/cnn" 3 1 --epochs 1 --checkpoint c >/dev/null
train "$work/cnn" 1 2 --epochs 2 --checkpoint c --resume >/dev/null
[ -s whole ] && [ "$(cat whole)" = "$(train "$work/cnn" 4 1 --epochs 3 --checkpoint c --resume)" ]
verdict $? "resumed by 1 rank and by 4, after 3: the weights of 2"

expected=$("$work/cnn" train --quiet --data "$work/data" --threads 2 --epochs 30 --save alone >out 2>err && sha256sum <alone)
survive cnn "$work/cnn" 30 5 3 8
survive cnn "$work/cnn" 30 8 1 3

# --- a slow network ---------------------------------------------------------------------------------

# 12.5 MB/s with a delay of 1 ms: the same weights, and the gradients of a network of convolutions are mostly sent during backward
wrap=
for function in transport_send transport_wait reduction_finish reduction_find reduction_spread; do
    wrap="$wrap -Wl,--wrap=mnn_$function"
done
sed 's/^\( *\)\(batch_size *= .*\)/\1\2\n\1shards = 2/' "$root/models/convnet_bn.mnn" >"$work/slow.mnn"
check "slow network" compile_model "$work/slow.mnn" "$work/slow" -O2 -march=native
$cc -std=gnu11 -O2 -march=native -w "-I$root/runtime" $cflags "$work/slow.c" "$root/tests/programs/slow_transport.c" $wrap $libs \
    -o "$work/slow_network" >"$work/log" 2>&1 &&
    [ "$(train "$work/slow" 2 1 --epochs 1)" = "$(SLOW_BANDWIDTH=12.5e6 SLOW_DELAY=0.001 train "$work/slow_network" 2 1 --epochs 1)" ]
verdict $? "slow network: the same weights"
[ "$(sed -n 's/.*backward hid \([0-9]*\)\.[0-9]%/\1/p' err | awk '$1 >= 1' | wc -l)" = 2 ]
verdict $? "slow network: backward hides messages: $(sed -n 's/.*backward hid //p' err | tr '\n' ' ')"

# --- what differs -----------------------------------------------------------------------------------

$cc -std=gnu11 -O1 $cflags "$work/small.c" $libs -o "$work/build" >"$work/log" 2>&1
check "another description" make_small description "s/patience = 1/patience = 2/"
for what in build description; do
    case $what in build) says="another program" ;; *) says="another description" ;; esac
    expect 3 "rank 1 has $says" "another $what" $run -n 1 "$work/small" train --quiet --data "$work/data" : \
        -n 1 "$work/$what" train --quiet --data "$work/data"
done
expect 5 "rank 1: train-images-idx3-ubyte: could not find it" "a rank without data" \
    $run -n 1 "$work/small" train --quiet --data "$work/data" : -n 1 "$work/small" train --quiet --data "$work"
expect 2 "only train, evaluate, predict" "another command" $run -n 2 "$work/small" show --data "$work/data"
$cc -std=gnu11 -O1 $cflags "$work/small.c" $plain_libs -o "$work/plain" >"$work/log" 2>&1
expect 2 "linked without MPI" "a program without MPI" $run -n 2 "$work/plain" train --quiet --data "$work/data"
! ldd "$work/plain" | grep -q libmpi
verdict $? "a program without MPI links nothing of it"

# --- ranks that die ---------------------------------------------------------------------------------

# strike SIGNAL RANK CODE TEXT: to a rank of three, after the first checkpoint
strike() {
    rm -f d d.*
    $run -n 3 "$work/cnn" train --quiet --data "$work/data" --threads 1 --epochs 1000000 --checkpoint d >out 2>err </dev/null &
    child=$!
    await test -e d || { fail "SIG$1 of rank $2: no checkpoint"; return; }
    kill "-$1" "$(pid_of "$2")"
    await ended || fail "SIG$1 of rank $2: a hang"
    wait $child
    code=$?
    child=
    [ $code -eq "$3" ] && cat out err | grep -q "$4"
    verdict $? "SIG$1 of rank $2: exit code $code, and it is named"
    "$work/cnn" evaluate --data "$work/data" --weights d >out 2>err </dev/null
    verdict $? "SIG$1 of rank $2: the checkpoint is good"
}

strike KILL 1 137 "rank 1 .*signal 9"
strike KILL 0 137 "rank 0 .*signal 9"
strike STOP 1 5 "rank 1 has sent nothing for"
strike TERM 1 143 "stopped by signal 15 after"
strike STOP 0 5 "rank 0 has sent nothing for"
finish ranks
