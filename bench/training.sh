#!/bin/sh
# Seconds per training epoch beside peers, in turns, with one thread and two; memory, and the result on the test set,
# which must be like ours.
# Usage (from run.sh): training.sh MODEL...
#
# An epoch of a slow model ends after some steps, the same for all programs, and is extrapolated. The first of a run's three
# epochs warms up and is not counted. Beside the peers (peers.sh) runs
#   blas   mnnc --blas-only: the same program with all matrix products by OpenBLAS and everything else in plain loops
# Writes the table of all figures, and $work/best.md: mnnc and the best peer.
set -eu
. "$(dirname "$0")/common.sh"
. "$here/peers.sh"
EPOCHS=3
PEERS="torch kann"

# steps_of MODEL: the steps of an epoch; 0: all
steps_of() {
    case $size-$1 in
    smoke-*) echo 3 ;;
    quick-mlp_large | quick-vgg | quick-convnet_bn | quick-resnet_small) echo 8 ;;
    quick-*) echo 60 ;;
    *-cnn) echo 300 ;;
    *-lenet5) echo 150 ;;
    *-mlp_large) echo 30 ;;
    *-vgg | *-convnet_bn | *-resnet_small) echo 15 ;;
    *) echo 0 ;;
    esac
}

# Steps of a whole epoch, from what the program says of its data.
whole_epoch() { # MODEL
    "$work/$1" train --data "$(data_of "$1")" --epochs 1 --batch-limit 1 2>&1 | awk '
        / samples of / { for (i = 1; i < NF; i++) { if ($(i + 1) == "samples") samples = $i
                         if ($i == "batch") batch = $(i + 1) } }
        END { print int((samples + batch - 1) / batch) }'
}

ours() { # PROGRAM MODEL THREADS: seconds of the counted epochs, appended to PROGRAM.THREADS
    steps=$(steps_of "$2")
    [ "$steps" != 0 ] || steps=
    "$work/measure" "$work/$1.usage" "$work/$1" train --data "$(data_of "$2")" --epochs $EPOCHS --threads "$3" --json \
        ${steps:+--batch-limit "$steps"} >"$work/said" 2>/dev/null
    grep '"event": "epoch"' "$work/said" | grep -v '"epoch": 1,' | field seconds >>"$work/$1.$3"
    # the last object of the last line is the test set's
    sed -n 's/.*"command": "train".*"test": //p' "$work/said" >"$work/$1.test"
}

# theirs PEER MODEL THREADS ROUND: likewise, with its best setting; the first run also says its result
theirs() {
    setting=$(cat "$work/$2.$1.$3.best")
    [ -n "$setting" ] || return 0
    test=
    [ "$4$3" != 11 ] || test="test"
    "$1" "$2" "$3" "$setting" $EPOCHS "$(steps_of "$2")" $test >"$work/said" || return 0
    sed -n 's/^epoch //p' "$work/said" | tail -n +2 >>"$work/$1.$3"
    [ -z "$test" ] || sed -n 's/^test //p' "$work/said" >"$work/$1.test"
}

# The classic and the large models several times, the others once: all of it is to end in time.
rounds_of() {
    case $size-$1 in
    full-mlp | full-wide | full-cnn) echo 3 ;;
    full-mlp_large | full-vgg | full-convnet_bn | full-resnet_small) echo 2 ;;
    *) echo 1 ;;
    esac
}

# row PROGRAM THREADS FACTOR: " median (min-max)" in seconds per epoch
row() {
    [ -e "$work/$1.$2" ] || { echo -; return; }
    spread "$work/$1.$2" | awk -v factor="$3" '$1 == "-" { print "-"; next }
        { printf "%.3g (%.3g-%.3g)\n", $1 * factor, $2 * factor, $3 * factor }'
}

# median PROGRAM THREADS: "-" without runs
median() {
    [ -e "$work/$1.$2" ] || { echo -; return; }
    spread "$work/$1.$2" | cut -d ' ' -f 1
}

memory() { # PROGRAM
    [ ! -e "$work/$1.usage" ] && echo - && return
    sort -g -k 2 "$work/$1.usage" | awk '{ v[NR] = $2 } END { printf "%.0f\n", v[int((NR + 1) / 2)] }'
}

# The result on the test set, like 0.97.
our_result() {
    value=$(field accuracy <"$work/$1.test")
    [ -n "$value" ] || value=$(sed 's/.*"loss": \([0-9.e+-]*\).*/\1/' "$work/$1.test")
    quotient "${value:--}" 1 %.4f
}

their_result() {
    if [ -s "$work/$1.test" ]; then quotient "$(cat "$work/$1.test")" 1 %.4f; else echo -; fi
}

# agree MODEL OURS THEIRS: whether a peer has trained the same network. Accuracies differ by less than 0.2 (moving averages
# of batch normalisation have seen few steps), mean squared errors by a factor below 8 (kann has RMSprop only).
agree() {
    awk -v model="$1" -v a="$2" -v b="$3" 'BEGIN { if (b == "-" || "'"$size"'" == "smoke") exit 0
        if (model == "autoencoder" || model == "regression") exit !(b > a / 8 && b < a * 8)
        exit !(b - a < 0.2 && a - b < 0.2) }' || {
        echo "bench: $1: a peer's result is another: $3 beside $2" >&2
        return 1
    }
}

# best_peer THREADS: "NAME SECONDS"
best_peer() {
    for peer in $PEERS; do
        echo "$peer $(median "$peer" "$1")"
    done | awk '$2 != "-"' | sort -g -k 2 | sed -n 1p
}

title() { # PEER
    case $1 in torch) echo PyTorch ;; *) echo "$1" ;; esac
}

echo "| model | threads | mnnc, s | --blas-only, s | PyTorch, s | setting | kann, s | setting | best peer / mnnc | MB: mnnc, PyTorch, kann | test: mnnc, PyTorch, kann | ping-pong, ns |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
{
    echo "| model | threads | mnnc, s | best peer, s | its setting | peer / mnnc | MB: mnnc, peer |"
    echo "|---|---|---|---|---|---|---|"
} >"$work/best.md"
for model in "$@"; do
    rm -f "$work/$model".[12] "$work/$model.blas".[12] "$work"/torch.* "$work"/kann.[12] "$work/kann.test" "$work"/*.usage
    limit=$(steps_of "$model")
    all=$(whole_epoch "$model")
    factor=1
    mark=
    if [ "$limit" != 0 ] && [ "$limit" -lt "$all" ]; then
        factor=$(quotient "$all" "$limit" %.6f)
        mark=" ($limit of $all steps)"
    fi
    for threads in 1 2; do
        : >"$work/pingpong"
        for peer in $PEERS; do
            : >"$work/$model.$peer.$threads.best"
            ! has_peer "$peer" "$model" || choose "$peer" "$model" $threads "$limit" >/dev/null
        done
        rm -f "$work"/*.usage
        for round in $(seq "$(rounds_of "$model")"); do
            [ $threads = 1 ] || "$work/pingpong_bin" >>"$work/pingpong"
            ours "$model" "$model" $threads
            ours "$model.blas" "$model" $threads
            for peer in $PEERS; do
                theirs "$peer" "$model" $threads "$round"
            done
            [ $threads = 1 ] || "$work/pingpong_bin" >>"$work/pingpong"
        done
        for peer in $PEERS; do
            agree "$model" "$(our_result "$model")" "$(their_result $peer)" || rm -f "$work/$peer.$threads"
        done
        [ $threads = 2 ] || quotient "$(median "$model.blas" 1)" "$(median "$model" 1)" %.1f >>"$work/blas_ratios"
        best=$(best_peer $threads)
        ratio=$(quotient "${best#* }" "$(median "$model" $threads)" %.2f)
        hands=-
        [ $threads = 1 ] || hands=$(sort -n "$work/pingpong" | sed -n '1p;$p' | paste -sd -)
        echo "| $model$mark | $threads | $(row "$model" $threads "$factor") | $(row "$model.blas" $threads "$factor") |" \
            "$(row torch $threads "$factor") | $(cat "$work/$model.torch.$threads.best") |" \
            "$(row kann $threads "$factor") | $(cat "$work/$model.kann.$threads.best") | $ratio |" \
            "$(memory "$model"), $(memory torch), $(memory kann) |" \
            "$(our_result "$model"), $(their_result torch), $(their_result kann) | $hands |"
        [ -n "$best" ] || continue
        peer=${best%% *}
        echo "| $model | $threads | $(row "$model" $threads "$factor") | $(title "$peer"): $(row "$peer" $threads "$factor") |" \
            "$(cat "$work/$model.$peer.$threads.best") | $ratio | $(memory "$model"), $(memory "$peer") |" >>"$work/best.md"
    done
done
