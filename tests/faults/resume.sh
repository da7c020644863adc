#!/bin/sh
# A training that is killed and resumed with other numbers of threads gives the weights of one that was left alone.
#
#   tests/faults/resume.sh MNNC CC BUILD_DIR MODELS THREADS
#
# MODELS are names of models/*.mnn and THREADS numbers, in quotes. The data are made up. Each training is killed in
# its first third and in the rest, at calls of the save path (save_faults.c), and resumed with another number of
# threads each time. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/faults/lib.sh
. "$(dirname "$0")/lib.sh"
[ $# -eq 5 ] || usage "MNNC CC BUILD_DIR MODELS THREADS"
models=$4 threads=$5
set_up "$1" "$2" "$3"

# train NAME=VALUE... -- [option ...]
train() {
    settings=
    while [ "$1" != -- ]; do
        settings="$settings $1"
        shift
    done
    shift
    rm -f w
    # shellcheck disable=SC2086
    env $settings ./m train --quiet --data data --epochs 2 --batch-limit 9 --save w "$@" >log 2>&1
}

# The same, going on with the checkpoints in keep/.
go_on() {
    train "$@" --checkpoint keep/c.safetensors --checkpoint-steps 4 --resume
}

# check NAME THREADS: killed with so many, resumed with one more and one fewer.
check() {
    more=$(($2 + 1)) fewer=$((($2 + 7) / 2))
    faults_on="FAULT_UNDER=keep/ LD_PRELOAD=$faults"
    rm -rf keep calls
    mkdir keep
    # shellcheck disable=SC2086
    go_on $faults_on FAULT_LOG="$work/calls" -- --threads "$2" || { fail "$1, $2 threads: training"; return; }
    [ "$(hash w)" = "$expected" ] || fail "$1, $2 threads: checkpoints change the weights"
    total=$(wc -l <calls)
    rm -rf keep
    mkdir keep
    for part in "3 $2" "2 $more"; do
        # shellcheck disable=SC2086
        go_on $faults_on FAULT_KILL=after FAULT_AT=$((total / ${part% *})) -- --threads "${part#* }"
        [ $? -eq 137 ] || fail "$1, $2 threads: not killed"
        [ -e keep/c.safetensors ] || fail "$1, $2 threads: killed before the first checkpoint"
    done
    go_on -- --threads "$fewer"
    if [ -e w ] && [ "$(hash w)" = "$expected" ]; then
        ok "$1: killed with $2 and $more threads, ended with $fewer"
    else
        fail "$1: killed with $2 and $more threads, ended with $fewer: other weights"
    fi
}

for model in $models; do
    description=$root/models/$model.mnn
    # an epoch would be longer than the limit of train()
    if make_program "$description" "$work/m" && make_set "$description" data $((12 * $(batch_of "$description"))) 57 &&
        train -- --threads 1; then
        expected=$(hash w)
        for number in $threads; do
            check "$model" "$number"
        done
    else
        fail "$model: preparing it"
    fi
done
finish "resumed trainings"
