#!/bin/sh
# Prediction and single training steps: what the command "bench" of the programs says, beside PyTorch's prediction with
# the setting that was fastest for training. Leaves $work/MODEL.json for layers.sh.
# Usage (from run.sh): functions.sh MODEL...
set -eu
. "$(dirname "$0")/common.sh"
. "$here/peers.sh"
seconds=1
[ "$size" != smoke ] || seconds=0

torch_prediction() { # MODEL: "SECONDS-OF-A-BATCH SECONDS-OF-ONE"
    has_peer torch "$1" || return 0
    torch "$1" 1 "$(cat "$work/$1.torch.1.best")" 0 0 predict | sed -n 's/^[bs][a-z]* //p' | paste -sd ' '
}

# inside KEY SUBKEY: of the object behind KEY
inside() {
    sed -n "s/.*\"$1\": {[^}]*\"$2\": \\([0-9.e+-]*\\).*/\\1/p"
}

echo "One thread. A batch is the model's; the time is the median of what fits into a second."
echo
echo "| model | batch | mnnc, samples/s | PyTorch, samples/s | one sample: mnnc, us | PyTorch, us | training step: mnnc, ms |"
echo "|---|---|---|---|---|---|---|"
for model in "$@"; do
    "$work/$model" bench --profile --data "$(data_of "$model")" --threads 1 --seconds $seconds --json >"$work/$model.json" 2>/dev/null
    rows=$(inside prediction samples <"$work/$model.json")
    peer=$(torch_prediction "$model")
    batch=${peer%% *}
    echo "| $model | $rows | $(inside prediction samples_per_second <"$work/$model.json" | awk '{ printf "%.3g", $1 }') |" \
        "$(quotient "$rows" "${batch:-0}" %.3g) | $(inside single seconds <"$work/$model.json" | awk '{ printf "%.3g", 1e6 * $1 }') |" \
        "$(quotient "${peer##* }" 1e-6 %.3g) | $(inside step seconds <"$work/$model.json" | awk '{ printf "%.3g", 1e3 * $1 }') |"
done
# for the summary: "0.62 us (mlp), 3.9 us (wide)"
for model in "$@"; do
    case $model in mlp | wide | cnn) ;; *) [ $# -lt 3 ] || continue ;; esac
    inside single seconds <"$work/$model.json" | awk -v name="$model" '{ printf "%.3g us (%s)\n", 1e6 * $1, name }'
done | paste -sd , | sed 's/,/, /g' >"$work/single"
