#!/bin/sh
# Several ranks on this machine: beside threads, against the prediction of "scale", over limited networks between network
# namespaces, and beside PyTorch's DistributedDataParallel. Prints Markdown; figures mean something only on a quiet machine.
# Usage: ranks.sh BUILD [STEPS]     STEPS (200) per measurement; MODELS="cnn convnet_bn resnet_small"
# The namespaces need root, mpirun Open MPI; what is missing is said and left out.
set -eu
build=$(realpath "${1:?usage: ranks.sh BUILD [STEPS]}")
steps=${2:-200}
models=${MODELS:-cnn convnet_bn resnet_small}
here=$(cd "$(dirname "$0")" && pwd)
data=${DATA:-/usr/share/datasets/fashion-mnist}
[ -e "$build/mnn-mpi.pc" ] || { echo "ranks.sh: libmnn-mpi was not built (no MPI found by pkg-config)" >&2; exit 77; }
work=$(mktemp -d)
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PKG_CONFIG_PATH=$build
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM PKG_CONFIG_PATH
spaces=
remove() {
    for space in $spaces; do ip netns del "$space" 2>/dev/null || :; done
    rm -rf "$work"
}
trap remove EXIT
trap 'exit 1' INT TERM

# build_model NAME SHARDS OUT
build_model() {
    sed "s/^\( *\)\(batch_size *= .*\)/\1\2\n\1shards = $2/" "$here/../models/$1.mnn" >"$work/$3.mnn"
    "$build/mnnc" "$work/$3.mnn" -o "$work/$3.c"
    # shellcheck disable=SC2046 # words
    cc -O3 -march=native "$work/$3.c" $(pkg-config --cflags --libs mnn-mpi) -o "$work/$3"
}

# rate THREADS COMMAND ...: steps per second of an epoch
rate() {
    threads=$1
    shift
    rm -f "$work/h.csv"
    "$@" train --quiet --threads "$threads" --data "$data" --epochs 1 --batch-limit "$steps" --history "$work/h.csv" \
        --save "$work/w" >/dev/null 2>"$work/err" </dev/null || { cat "$work/err" >&2; return 1; }
    awk -F, -v n="$steps" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "seconds") c = i } NR == 2 { printf "%.1f", n / $c }' \
        "$work/h.csv"
}

# forecast COMMAND ...: predicted and measured milliseconds per step, their difference, Mbit/s, part that is hidden
forecast() {
    "$@" scale --threads 1 --nodes 2 --json 2>/dev/null </dev/null |
        sed -n 's/.*"bandwidth": \([^,]*\), "predicted": \([^,]*\), "measured": \([^,]*\), "hidden": \([^}]*\)}/\1 \2 \3 \4/p' |
        awk '{ printf "%.2f | %.2f | %+.1f %% | %.0f | %.0f %%", 1e3 * $2, 1e3 * $3, 100 * ($2 / $3 - 1), $1 / 1e6, 100 * $4 }'
}

ranks="mpirun --oversubscribe --bind-to none -n"
echo "load: $(cut -d' ' -f1-3 /proc/loadavg), processors: $(nproc)"
echo
echo "| model, 2 shards | 1 thread, steps/s | 2 threads | 2 ranks of 1 thread | ranks / threads |"
echo "|---|---|---|---|---|"
for model in $models; do
    build_model "$model" 2 "$model"
    one=$(rate 1 "$work/$model") && both=$(rate 2 "$work/$model")
    cp "$work/w" "$work/$model.w"
    # shellcheck disable=SC2086 # words
    two=$(rate 1 $ranks 2 "$work/$model")
    cmp "$work/w" "$work/$model.w"
    echo "$model $one $both $two" | awk '{ printf "| %s | %s | %s | %s | %.2f |\n", $1, $2, $3, $4, $4 / $3 }'
done

heading() {
    echo
    echo "| network | model | predicted, ms per step | measured | difference | Mbit/s | gradients hidden by backward |"
    echo "|---|---|---|---|---|---|---|"
}

heading
for model in $models; do
    # shellcheck disable=SC2086 # words
    echo "| shared memory | $model | $(forecast $ranks 2 "$work/$model") |"
done

# --- two namespaces, and a cable of limited bandwidth between them ------------------------------------

one=mnna$$ other=mnnb$$
if ip netns add $one 2>"$work/err" && ip netns add $other 2>>"$work/err"; then
    spaces="$one $other"
    ip link add "v$one" type veth peer name "v$other"
    number=1
    for space in $spaces; do
        ip link set "v$space" netns "$space"
        ip netns exec "$space" ip addr add "10.77.0.$number/24" dev "v$space"
        ip netns exec "$space" ip link set "v$space" up
        ip netns exec "$space" ip link set lo up
        number=2
    done
    # Open MPI's rsh agent, called with HOST COMMAND ...; and mpirun on the first host
    cat >"$work/agent" <<END
#!/bin/sh
shift
exec ip netns exec $other unshare --uts sh -c "hostname nodeb; \$*"
END
    cat >"$work/cluster" <<END
#!/bin/sh
hostname nodea
exec mpirun --bind-to none --mca plm_rsh_agent $work/agent --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 \\
    --mca oob_tcp_if_include 10.77.0.0/24 --host 10.77.0.1:1,10.77.0.2:1 -n 2 "\$@"
END
    chmod +x "$work/agent" "$work/cluster"
    heading
    for speed in 1gbit 100mbit; do
        for space in $spaces; do
            ip netns exec "$space" tc qdisc replace dev "v$space" root tbf rate $speed burst 256kb latency 400ms
        done
        for model in $models; do
            echo "| $speed | $model | $(forecast ip netns exec $one unshare --uts "$work/cluster" "$work/$model") |"
            rate 1 ip netns exec $one unshare --uts "$work/cluster" "$work/$model" >/dev/null
            cmp "$work/w" "$work/$model.w"
        done
    done
else
    echo
    echo "no network namespaces: $(tail -1 "$work/err")"
fi

# --- beside PyTorch ---------------------------------------------------------------------------------

python=/usr/bin/python3
"$python" -c 'import torch' 2>/dev/null || { echo "PyTorch is missing (python3-torch)"; exit 0; }
echo
echo "| model | DistributedDataParallel (gloo), ranks | steps/s | SHA-256 of the weights after $steps steps |"
echo "|---|---|---|---|"
for model in $models; do
    for count in 1 2; do
        "$python" "$here/ddp.py" "$model" "$data" $count "$steps" 2>/dev/null |
            awk -v m="$model" -v n=$count '{ value[$1] = $2 } END { printf "| %s | %d | %s | %.16s |\n", m, n,
                value["steps_per_second"], value["weights"] }'
    done
done
