#!/bin/sh
# SIGKILL at random moments: a training that is killed and resumed again and again ends with the weights and the
# histories of one that was left alone.
#
#   tests/faults/kills.sh MNNC CC BUILD_DIR KILLS [SEED]
#
# The moments come from SEED (default: the time; it is printed): numbers of steps, so that a slow machine gets as far as a
# fast one, and at times a delay from the start. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/faults/lib.sh
. "$(dirname "$0")/lib.sh"
[ $# -ge 4 ] || usage "MNNC CC BUILD_DIR KILLS [SEED]"
kills=$4
seed=${5:-$(date +%s)}
set_up "$1" "$2" "$3"

{ sed 's/epochs = 3/epochs = 120/; s/patience=2/patience=1000/; $d' "$here/faults.mnn"
    echo '    csv_logger("logger.csv")'
    echo '}'; } >m.mnn
make_program m.mnn "$work/m" && make_samples 200 5 8 8 || {
    fail "preparing"
    finish "kills"
}

# steps_done FOLDER: how many rows of steps are there
steps_done() {
    cat "$1/s.jsonl" 2>/dev/null | wc -l
}

# train MOMENT FOLDER [option ...]: killed after so many more steps, or after a delay of so many seconds ("0.0123"); "never".
train() {
    moment=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    before=$(steps_done "$folder")
    ./m train --quiet --threads 2 --data data --save "$folder/w" --history "$folder/h.csv" \
        --log-steps "$folder/s.jsonl" "$@" >log 2>&1 &
    child=$!
    case $moment in
    never) ;;
    *.*) sleep "$moment" ;;
    *) while [ "$(steps_done "$folder")" -lt $((before + moment)) ] && any_child; do :; done ;;
    esac
    [ "$moment" = never ] || kill -9 "$child" 2>/dev/null
    wait "$child" 2>/dev/null
    code=$?
    child=
    return $code
}

train never whole || fail "training"
# without the seconds
without_seconds() {
    sed 's/,[^,]*$//' "$1"
}
without_seconds whole/h.csv >whole/h
without_seconds logger.csv >whole/l

# One moment a line: mostly while it trains, at times while it starts.
awk -v seed="$seed" -v count="$kills" \
    'BEGIN { srand(seed); for (i = 0; i < count; i++) if (rand() < 0.2) printf "%.4f\n", 0.03 * rand(); else print 1 + int(99 * rand()) }' >moments
echo "seed $seed: $kills kills"

runs=0
finished=0
killed=0
rm -rf cut logger.csv
code=
while [ $killed -lt "$kills" ] || [ "$code" != 0 ]; do
    moment=$(sed -n "$((runs % kills + 1))p" moments)
    runs=$((runs + 1))
    # when there have been enough the last one may go to its end
    [ $killed -lt "$kills" ] || moment=never
    train "$moment" cut --checkpoint cut/c.safetensors --checkpoint-steps 3 --resume
    code=$?
    ! grep '^warning: history' log || fail "after $killed kills: rows are missing"
    case $code in
    137) killed=$((killed + 1)) ;;
    0)
        finished=$((finished + 1))
        without_seconds cut/h.csv >cut/h
        without_seconds logger.csv >cut/l
        if ! cmp -s whole/w cut/w; then
            fail "run $finished, after $killed kills: other weights"
        elif ! cmp -s whole/s.jsonl cut/s.jsonl; then
            fail "run $finished, after $killed kills: other rows of steps"
        elif ! cmp -s whole/h cut/h || ! cmp -s whole/l cut/l; then
            fail "run $finished, after $killed kills: another history"
        elif ls . cut | grep -q -e lock -e tmp; then
            fail "run $finished, after $killed kills: left in the folder: $(ls cut)"
        else
            ok "run $finished: the same weights and histories, $killed kills so far"
        fi
        rm -rf cut logger.csv
        ;;
    *)
        fail "after $killed kills: exit code $code"
        break
        ;;
    esac
done
finish "kills at random moments ($killed)"
