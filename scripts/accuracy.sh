#!/bin/sh
# Train the classifiers under models/ and compare the median test accuracy with its target: on MNIST, resnet_small on
# Fashion-MNIST. Seeds 1 to 5 for the models that take minutes at most, 1 for the others. All of it takes more
# than an hour; names of models choose some.
# Usage: accuracy.sh BUILD [MODEL...]
set -eu
build=$(realpath "$1")
shift
chosen=" $* "
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PKG_CONFIG_PATH=$build
export PKG_CONFIG_PATH
failed=0
passed=0
while read -r model target seeds; do
    case $chosen in
    "  " | *" $model "*) ;;
    *) continue ;;
    esac
    "$build/mnnc" "$here/models/$model.mnn" -o "$work/$model.c"
    # shellcheck disable=SC2046 # words
    cc -O3 -march=native "$work/$model.c" $(pkg-config --cflags --libs mnn) -o "$work/$model"
    for seed in $seeds; do
        "$work/$model" train --seed "$seed" --quiet --json </dev/null | sed -n 's/.*"test": {.*"accuracy": \([0-9.]*\).*/\1/p'
    done >"$work/accuracies"
    median=$(sort -g "$work/accuracies" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
    verdict=$(awk -v m="${median:-0}" -v t="$target" 'BEGIN { print (m >= t) ? "ok" : "BELOW" }')
    [ "$verdict" = ok ] && passed=$((passed + 1)) || failed=$((failed + 1))
    echo "$model: median $median of $(tr '\n' ' ' <"$work/accuracies")(target $target) $verdict"
done <<'END'
logistic 0.92 1 2 3 4 5
mlp 0.965 1 2 3 4 5
wide 0.979 1 2 3 4 5
cnn 0.986 1 2 3 4 5
lenet5 0.990 1 2 3 4 5
mlp_dropout 0.98 1
convnet_bn 0.995 1
resnet_small 0.93 1
END
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
