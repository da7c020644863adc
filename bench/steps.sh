#!/bin/sh
# For some models every function of a training step, with its share of the machine's peak.
# Usage (from run.sh): steps.sh MODEL...
set -eu
. "$(dirname "$0")/common.sh"
seconds=1
[ "$size" != smoke ] || seconds=0

for model in "$@"; do
    case $model in
    mlp | wide | cnn | mlp_large | vgg | resnet_small) ;;
    *) continue ;;
    esac
    printf '\n### %s, one training step\n\n```text\n' "$model"
    "$work/$model" bench --profile --data "$(data_of "$model")" --threads 1 --seconds $seconds --quiet | sed -n '/^training/p; /^peak/,$p'
    echo '```'
done
