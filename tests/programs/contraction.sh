#!/bin/sh
# Whether the C compiler has a choice left about products and sums that are rounded once (mnn/fma.h).
#
#   tests/programs/contraction.sh MNNC CC BUILD_DIR COUNT [MODEL...]
#
# The models (all of models/) and COUNT random ones are compiled with -ffp-contract=off and =fast. The instructions must be
# the same; where they are not, as a product with a power of two may be contracted without changing a bit, the weights after
# some steps must be. A formula that leaves the choice open must be noticed. BUILD_DIR holds mnn.pc, libmnn.a and, made by this
# script, tests/programs/. Exit code: 0 all passed, 1 something failed, 2 usage, 77 this processor has no such instruction.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 4 ] || usage "MNNC CC BUILD_DIR COUNT [MODEL...]"
use_tools "$1" "$2" "$3"
count=$4
shift 4
make_work "$build/tests/programs"

flags="-std=gnu11 -O3 -march=native -w"
echo 'int has = MNN_HAS_FMA;' >"$work/has.c"
# shellcheck disable=SC2086 # cc, flags, cflags and libs are lists of words
$cc $flags $cflags -include mnn/fma.h -E "$work/has.c" | grep -q 'has = 1' || skip contraction "no fused multiply-add"
make_tools random_model make_idx
$cc -std=gnu11 -O1 "$root/tests/faults/edit_safetensors.c" -o "$work/edit_safetensors" || exit 1

# weights CONTRACTION: the SHA-256 of the tensors after the steps
weights() {
    # shellcheck disable=SC2086
    $cc $flags $cflags -ffp-contract="$1" "$work/m.c" $libs -o "$work/m" || return
    "$work/m" train --quiet --data "$work/data" --epochs 1 --save "$work/weights" >"$work/log" 2>&1
    [ $? -ne 6 ] || { echo diverged; return; }
    "$work/edit_safetensors" data "$work/weights" | sha256sum
}

# decided: of $work/m.c; samples in $work/data
decided() {
    for contraction in off fast; do
        # shellcheck disable=SC2086
        $cc $flags $cflags -ffp-contract=$contraction -S "$work/m.c" -o "$work/$contraction.s" >"$work/log" 2>&1 || return
    done
    cmp -s "$work/off.s" "$work/fast.s" || { a=$(weights off) && b=$(weights fast) && [ -n "$a" ] && [ "$a" = "$b" ]; }
}

# --- models -------------------------------------------------------------------------------------------

[ $# -gt 0 ] || set -- $(basename -s .mnn "$root"/models/*.mnn)
for model in "$@"; do
    make_set "$root/models/$model.mnn" "$work/data" 512 64
    "$mnnc" -w "$root/models/$model.mnn" -o "$work/m.c" && decided
    verdict $? "$model: the same with and without contraction"
done

quiet=yes
for seed in $(seq "$count"); do
    "$work/random_model" "$seed" >"$work/m.mnn"
    rm -rf "$work/data"
    mkdir "$work/data"
    # shellcheck disable=SC2046 # words
    "$work/make_idx" "$work/data" 7 200 64 $(sed -n 's/^# samples: //p' "$work/m.mnn")
    "$mnnc" -w "$work/m.mnn" -o "$work/m.c" && decided
    verdict $? "random model $seed: the same with and without contraction"
done
quiet=no

# --- does it see a mistake? ---------------------------------------------------------------------------

make_set "$root/models/mlp.mnn" "$work/data" 512 64
"$mnnc" -w "$root/models/mlp.mnn" -o "$work/whole.c" &&
    sed 's/mnn_fma(\([^,()]*\), \([^,()]*\), \([^,()]*\))/(\1 * \2 + \3)/' "$work/whole.c" >"$work/m.c"
if cmp -s "$work/whole.c" "$work/m.c"; then
    fail "the formula of mlp that this test breaks is not there any more"
elif decided; then
    fail "a formula that leaves the choice to the compiler is not noticed"
else
    ok "a formula that leaves the choice to the compiler is noticed"
fi

finish contraction
