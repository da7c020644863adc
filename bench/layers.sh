#!/bin/sh
# Convolutions and dense layers beside oneDNN, its best algorithm and layout, one thread: microseconds and GFLOP/s.
# Usage (from run.sh): layers.sh MODEL...; functions.sh has left $work/MODEL.json
set -eu
. "$(dirname "$0")/common.sh"
seconds=0.2
[ "$size" != smoke ] || seconds=0

if [ -z "$onednn" ]; then
    echo "oneDNN is not installed (libdnnl-dev)."
    exit
fi

# Our functions of a layer: "LAYER FORWARD_US BACKWARD_US", those that come with an activation or a pooling too.
ours() {
    awk '
        /"name": "[a-z0-9_]*", / || /"name": "/ {
            line = $0
            while (match(line, /"name": "[a-z0-9_]+"/)) {
                name = substr(line, RSTART + 9, RLENGTH - 10)
                line = substr(line, RSTART + RLENGTH)
                match(line, /"seconds": [0-9.e+-]+/)
                time = substr(line, RSTART + 11, RLENGTH - 11)
                way = name
                if (sub(/_forward(_products|_sum)?$/, "", name)) forward[name] += time
                else if (sub(/_(backward|gradients)(_products|_sum)?$/, "", name)) backward[name] += time
            } }
        END { for (name in forward) printf "%s %.3f %.3f\n", name, 1e6 * forward[name], 1e6 * backward[name] }' "$1"
}

cat <<'TEXT'
Microseconds (GFLOP/s, of the multiplications and additions that the formula has) per batch, one thread. oneDNN: each
primitive alone, run repeatedly on the same tensors, without bias and activation, in the layouts and with the algorithm that
are fastest (`direct`, `winograd`, or what `auto` chooses; `inner`: inner product), its result compared with double
precision. mnnc: the layer's functions within whole training steps, with bias, activation and a fused pooling where the
model has them; zeros of the input and below a pooling are skipped. Backward: gradients of the input (except in the first
layer) and of the weights.

TEXT
echo "| model | layer | forward: oneDNN | algorithm | mnnc | oneDNN / mnnc | backward: oneDNN | algorithms | mnnc | oneDNN / mnnc |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for model in "$@"; do
    case $model in
    mlp | wide | cnn | lenet5 | mlp_large | vgg | convnet_bn | resnet_small) ;;
    *) [ "$size" = smoke ] || continue ;;
    esac
    batch=$(sed -n 's/^ *batch_size *= *\([0-9]*\).*/\1/p' "$(description "$model")")
    "$build/mnnc" -w --dump=ir "$(description "$model")" -o "$work/graph"
    awk -v batch="$batch" -f "$here/layers.awk" "$work/graph" >"$work/layers"
    sed 's/ [^ ]*$//' "$work/layers" | OMP_NUM_THREADS=1 "$work/onednn" $seconds >"$work/onednn.times"
    ours "$work/$model.json" >"$work/ours"
    awk -v model="$model" '
        function cell(us) { return sprintf("%.4g (%.0f)", us, us > 0 ? flops / us / 1e3 : 0) }
        FILENAME ~ /ours$/ { forward[$1] = $2; backward[$1] = $3; next }
        FILENAME ~ /onednn.times$/ { f[$1] = $2; x[$1] = $3; w[$1] = $4; af[$1] = $5; ax[$1] = $6; aw[$1] = $7; next }
        {
            name = $1
            one = 2 * $2 * $5 * $6 * $7 * $8 * $9 * $10
            if ($15 == "first") { ax[name] = ""; x[name] = 0 } else ax[name] = ax[name] ", "
            flops = one
            row = "| " model " | " name " | " cell(f[name]) " | " af[name] " | " cell(forward[name]) " | " \
                sprintf("%.2f", forward[name] > 0 ? f[name] / forward[name] : 0)
            flops = $15 == "first" ? one : 2 * one
            both = x[name] + w[name]
            print row " | " cell(both) " | " ax[name] aw[name] " | " cell(backward[name]) " | " \
                sprintf("%.2f |", backward[name] > 0 ? both / backward[name] : 0)
        }' "$work/ours" "$work/onednn.times" "$work/layers"
done
