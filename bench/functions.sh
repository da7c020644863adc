#!/bin/sh
# Prediction and single training steps: what the command "bench" of the programs says, beside PyTorch's prediction;
# then, for the named models, every function of a step with its share of the machine's peak.
# Usage (from run.sh): functions.sh MODEL...
set -eu
. "$(dirname "$0")/common.sh"
seconds=1
[ "$size" != smoke ] || seconds=0

torch_prediction() { # MODEL: "SECONDS-OF-A-BATCH SECONDS-OF-ONE"
    [ -n "$python" ] || return 0
    # shellcheck disable=SC2086 # words
    env $torch_settings "$python" "$here/torch_train.py" "$1" "$(data_of "$1")" 1 0 0 predict |
        sed -n 's/^[bs][a-z]* //p' | paste -sd ' '
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
    "$work/$model.profile" bench --data "$(data_of "$model")" --threads 1 --seconds $seconds --json >"$work/$model.json" 2>/dev/null
    rows=$(inside prediction samples <"$work/$model.json")
    peer=$(torch_prediction "$model")
    batch=${peer%% *}
    echo "| $model | $rows | $(inside prediction samples_per_second <"$work/$model.json" | awk '{ printf "%.3g", $1 }') |" \
        "$(quotient "$rows" "${batch:-0}" %.3g) | $(inside single seconds <"$work/$model.json" | awk '{ printf "%.3g", 1e6 * $1 }') |" \
        "$(quotient "${peer##* }" 1e-6 %.3g) | $(inside step seconds <"$work/$model.json" | awk '{ printf "%.3g", 1e3 * $1 }') |"
done

for model in "$@"; do
    case $model in
    mlp | wide | cnn | mlp_large | vgg | resnet_small) ;;
    *) continue ;;
    esac
    printf '\n### %s, one training step\n\n```text\n' "$model"
    "$work/$model.profile" bench --data "$(data_of "$model")" --threads 1 --seconds $seconds --quiet | sed -n '/^training/p; /^peak/,$p'
    echo '```'
done
