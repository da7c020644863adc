#!/bin/sh
# Seconds per training epoch beside peers, in turns, with one thread and two; memory, and the result on the test set
# as a check that all do the same work.
# Usage (from run.sh): training.sh MODEL...
#
# An epoch of a slow model ends after some steps, the same for all, and is extrapolated. Of the three epochs of a
# run the first one warms up and is not counted. The peers:
#   blas   mnnc --blas-only: the same program, every product by OpenBLAS, all else in plain loops
#   torch  PyTorch, eager
set -eu
. "$(dirname "$0")/common.sh"
EPOCHS=3

# steps_of MODEL: at which an epoch ends; 0: it is measured whole
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
    limit=$(steps_of "$2")
    [ "$limit" = 0 ] && limit=
    "$work/measure" "$work/$1.usage" "$work/$1" train --data "$(data_of "$2")" --epochs $EPOCHS --threads "$3" --json \
        ${limit:+--batch-limit "$limit"} >"$work/said" 2>/dev/null
    grep '"event": "epoch"' "$work/said" | grep -v '"epoch": 1,' | field seconds >>"$work/$1.$3"
    # the last object of the last line is the test set's
    sed -n 's/.*"command": "train".*"test": //p' "$work/said" >"$work/$1.test"
}

torch() { # MODEL THREADS [test]
    # shellcheck disable=SC2086 # words
    "$work/measure" "$work/torch.usage" env $torch_settings "$python" "$here/torch_train.py" "$1" "$(data_of "$1")" "$2" \
        $EPOCHS "$(steps_of "$1")" ${3:+"$3"} >"$work/said"
    sed -n 's/^epoch //p' "$work/said" | tail -n +2 >>"$work/torch.$2"
    [ -z "${3:-}" ] || sed -n 's/^test //p' "$work/said" >"$work/torch.test"
}

# The classic and the large models three times, the others once: all of it is to end in time.
rounds_of() {
    case $size-$1 in
    full-mlp | full-wide | full-cnn | full-mlp_large | full-vgg) echo 3 ;;
    *) echo 1 ;;
    esac
}

# row PROGRAM THREADS FACTOR: " median (min-max)" in seconds an epoch
row() {
    spread "$work/$1.$2" | awk -v factor="$3" '$1 == "-" { print "-"; next }
        { printf "%.3g (%.3g-%.3g)\n", $1 * factor, $2 * factor, $3 * factor }'
}

memory() { # PROGRAM
    [ ! -e "$work/$1.usage" ] && echo - && return
    sort -g -k 2 "$work/$1.usage" | awk '{ v[NR] = $2 } END { printf "%.0f\n", v[int((NR + 1) / 2)] }'
}

result() { # MODEL: "0.97" of our test score
    value=$(field accuracy <"$work/$1.test")
    [ -n "$value" ] || value=$(sed 's/.*"loss": \([0-9.e+-]*\).*/\1/' "$work/$1.test")
    echo "${value:--}"
}

echo "| model | threads | mnnc, s | --blas-only, s | PyTorch, s | --blas-only / mnnc | PyTorch / mnnc | MB: mnnc, PyTorch | test: mnnc, PyTorch | ping-pong, ns |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for model in "$@"; do
    rm -f "$work/$model".[12] "$work/$model.blas".[12] "$work"/torch.* "$work"/*.usage
    : >"$work/torch.test"
    limit=$(steps_of "$model")
    all=$(whole_epoch "$model")
    factor=1
    mark=
    if [ "$limit" != 0 ] && [ "$limit" -lt "$all" ]; then
        factor=$(quotient "$all" "$limit" %.6f)
        mark=" ($limit of $all steps)"
    fi
    for threads in 1 2; do
        : >"$work/torch.$threads"
        : >"$work/pingpong"
        for round in $(seq "$(rounds_of "$model")"); do
            [ $threads = 1 ] || "$work/pingpong_bin" >>"$work/pingpong"
            ours "$model" "$model" $threads
            ours "$model.blas" "$model" $threads
            [ -z "$python" ] || if [ "$round$threads" = 11 ]; then torch "$model" $threads test; else torch "$model" $threads; fi
            [ $threads = 1 ] || "$work/pingpong_bin" >>"$work/pingpong"
        done
        a=$(spread "$work/$model.$threads")
        b=$(spread "$work/$model.blas.$threads")
        c=$(spread "$work/torch.$threads")
        hands=-
        [ $threads = 1 ] || hands=$(sort -n "$work/pingpong" | sed -n '1p;$p' | paste -sd -)
        echo "| $model$mark | $threads | $(row "$model" $threads "$factor") | $(row "$model.blas" $threads "$factor") |" \
            "$(row torch $threads "$factor") | $(quotient "${b%% *}" "${a%% *}" %.2f) |" \
            "$(quotient "${c%% *}" "${a%% *}" %.2f) | $(memory "$model"), $(memory torch) |" \
            "$(quotient "$(result "$model")" 1 %.4f), $(quotient "$(cat "$work/torch.test")" 1 %.4f) | $hands |"
    done
done
