#!/bin/sh
# The same program on every kind of processor: generated programs compiled for x86-64 of three generations with gcc
# and clang, and for AArch64 (run by qemu), train the same steps and must agree: with one thread that skips zeros
# and with three that do not to the last bit, from one processor to another to TOLERANCE. Under qemu the gradients are checked too.
# Usage: run.sh BUILD [all]; all: also convnet_bn, the gradients of cnn under qemu, and clang for every generation
# (else for the newest one only).
#
# harness.c stands in for the command line, so that AArch64 needs no libraries; OpenBLAS is there plain loops.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 1 ] || usage "BUILD [all]"
use_build "$1"
make_work
shown=
all=${2:-}

# Losses of 20 steps and gradients of the first, relative (of what is near 0: absolute, times 1000). Rounding
# makes less than a tenth of it; one wrong column of a tile, 100 times more.
TOLERANCE=2e-5
# after 20 steps of a deep network with Adam, rounding has grown
TOLERANCE_DEEP=5e-3
STEPS=20

# "rows of a batch": few where an emulated processor has much to do
rows_of() {
    case $1 in
    mlp) echo 100 ;;
    small) echo 32 ;;
    *) echo 8 ;;
    esac
}

# Whether two outputs of the harness agree; says where they do not.
agree() { # A B TOLERANCE
    paste -d ' ' "$1" "$2" | awk -v tolerance="$3" '
        $1 == "weights" { next }
        { if ($1 != $4 || $2 != $5 || $3 + 0 != $3 + 0 || $6 == "") { print "    " $0; bad = 1; next }
          size = $6 < 0 ? -$6 : $6; if (size < 1e-3) size = 1e-3
          difference = $3 - $6; if (difference < 0) difference = -difference
          if (!(difference <= tolerance * size)) { print "    " $0; bad = 1 }
          lines++ }
        END { exit bad || lines == 0 }'
}

# compile OUTPUT MODEL COMPILER FLAGS...: for this machine, with the library
compile() {
    output=$1
    model=$2
    shift 2
    # shellcheck disable=SC2086 # words
    "$@" -std=gnu11 -O3 -I"$root/runtime" "$work/$model.c" "$here/harness.c" \
        $cflags $libs -o "$output" || rm -f "$output"
}

has_flag() {
    grep -m 1 '^flags' /proc/cpuinfo | grep -qw -- "$1"
}

# The processors of this family that this machine can run: "name flag-of-the-compiler", the plainest first.
generations() {
    [ "$(uname -m)" = x86_64 ] || return 0
    echo x86-64
    has_flag avx2 && has_flag fma && echo x86-64-v3
    has_flag avx512f && has_flag avx512vl && echo x86-64-v4
}

# run_one PROGRAM MODEL RESULT: with one thread, skipping zeros; then with three, not skipping: nothing may change
run_one() {
    if ! "$1" 1 "$(rows_of "$2")" $STEPS 1 >"$3"; then
        fail "$(basename "$1") ended with an error"
        return 1
    fi
    "$1" 3 "$(rows_of "$2")" $STEPS 0 >"$3.threads"
    if cmp -s "$3" "$3.threads"; then ok; else fail "$(basename "$1"): three threads that do not skip zeros train other weights than one that does"; fi
}

# compilers_of GENERATION
compilers_of() {
    echo gcc
    [ -z "$all" ] && [ "$1" != "$(echo "$kinds" | tail -n 1)" ] && return
    if command -v clang >/dev/null; then echo clang; fi
}

x86() { # MODEL TOLERANCE
    for generation in $kinds; do
        for compiler in $(compilers_of "$generation"); do
            compile "$work/$1-$generation-$compiler" "$1" "$compiler" -march="$generation" &
        done
        [ "$generation" = x86-64 ] && [ "${JOBS:-2}" -gt 1 ] || wait
    done
    wait
    for generation in $kinds; do
        for compiler in $(compilers_of "$generation"); do
            program=$work/$1-$generation-$compiler
            if [ ! -x "$program" ]; then
                fail "$(basename "$program") does not compile"
                continue
            fi
            run_one "$program" "$1" "$program.out" || continue
            if [ ! -e "$work/$1.base" ]; then
                cp "$program.out" "$work/$1.base"
            elif agree "$program.out" "$work/$1.base" "$2"; then
                ok
            else
                fail "$(basename "$program") differs from the baseline (above: its numbers, the baseline's)"
            fi
        done
    done
}

# --- AArch64 -----------------------------------------------------------------------------------------

cross=aarch64-linux-gnu-gcc
arm_flags="-std=gnu11 -O3 -static -pthread -fno-math-errno -ffp-contract=off -I$root/runtime -I$root/runtime/include"
arm_parts="base/clock math/init math/numeric math/orthogonal math/pool math/shuffle math/steps math/sums train/gradcheck
    data/augment base/report base/utf8"

# What every program needs, once: the parts of the runtime without libraries.
arm_library() {
    for part in $arm_parts; do
        # shellcheck disable=SC2086 # words
        $cross $arm_flags -c "$root/runtime/$part.c" -o "$work/arm-$(basename "$part").o" || return
    done
    # shellcheck disable=SC2086
    $cross $arm_flags -c "$here/plain_gemm.c" -o "$work/arm-gemm.o"
}

compile_arm() { # MODEL [INCLUDE]
    # shellcheck disable=SC2086
    $cross ${2:+-I"$2"} $arm_flags "$work/$1.c" "$here/harness.c" "$work"/arm-*.o -lm -o "$work/$1-aarch64" ||
        rm -f "$work/$1-aarch64"
}

arm() { # MODEL TOLERANCE
    program=$work/$1-aarch64
    if [ ! -x "$program" ]; then
        fail "$1 does not compile for AArch64"
        return
    fi
    run_arm "$1" 1 1 >"$program.out" &
    run_arm "$1" 2 0 >"$program.threads"
    wait
    if cmp -s "$program.out" "$program.threads"; then ok; else fail "$1, AArch64: two threads that do not skip zeros train other weights"; fi
    if agree "$program.out" "$work/$1.base" "$2"; then ok; else fail "$1 on AArch64 differs from x86-64"; fi
}

run_arm() { # MODEL THREADS ZEROS
    qemu-aarch64 "$work/$1-aarch64" "$2" "$(rows_of "$1")" $STEPS "$3"
}

arm_gradients() { # MODEL
    if qemu-aarch64 "$work/$1-aarch64" gradcheck >"$work/gradcheck"; then
        ok
    else
        cat "$work/gradcheck"
        fail "$1 on AArch64: the gradients are not those of the loss"
    fi
}

# --- does it see a mistake? -------------------------------------------------------------------------

# A kernel whose tiles are wrong in their second vector must be noticed.
broken() {
    mkdir -p "$work/broken/mnn"
    sed 's/sum\[i\]\[1\] = mnn_fma_vector(x, b1,/sum[i][1] = mnn_fma_vector(x, b0,/' "$root/runtime/include/mnn/product.h" >"$work/broken/mnn/product.h"
    if cmp -s "$work/broken/mnn/product.h" "$root/runtime/include/mnn/product.h"; then
        fail "the line of mnn/product.h that this test breaks is not there any more"
        return
    fi
    best=$(echo "$kinds" | tail -n 1)
    if [ -n "$best" ] && [ "$best" != x86-64 ]; then
        compile "$work/broken-x86" mlp gcc -march="$best" -I"$work/broken" # before the library's headers
        "$work/broken-x86" 1 "$(rows_of mlp)" $STEPS 1 >"$work/broken.out"
        if agree "$work/broken.out" "$work/mlp.base" $TOLERANCE >"$work/said"; then
            fail "a broken tile ($best) is not noticed"
        else
            ok
        fi
    fi
    [ -n "$has_arm" ] || return
    compile_arm mlp "$work/broken"
    run_arm mlp 1 1 >"$work/mlp-aarch64.out"
    if agree "$work/mlp-aarch64.out" "$work/mlp.base" $TOLERANCE >"$work/said"; then
        fail "a broken tile (AArch64) is not noticed"
    else
        ok
    fi
}

# --- the run ------------------------------------------------------------------------------------------

kinds=$(generations)
[ -n "$kinds" ] || {
    echo "portability: not on an x86-64 machine: nothing to compare with, left out"
    exit 0
}
for generation in x86-64-v3 x86-64-v4; do
    echo "$kinds" | grep -qx $generation || echo "portability: this processor cannot run $generation: left out"
done
has_arm=yes
for needed in $cross qemu-aarch64; do
    command -v $needed >/dev/null || {
        echo "portability: $needed is missing (gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user): AArch64 left out"
        has_arm=
        break
    }
done
if [ -n "$has_arm" ] && ! arm_library; then
    fail "the runtime does not compile for AArch64"
    has_arm=
fi

for model in mlp wide cnn small ${all:+convnet_bn}; do
    source=$root/models/$model.mnn
    [ "$model" != small ] || source=$here/small.mnn
    tolerance=$TOLERANCE
    [ "$model" != convnet_bn ] || tolerance=$TOLERANCE_DEEP
    "$build/mnnc" --with-reference "$source" -o "$work/$model.c" || exit 1
    [ -z "$has_arm" ] || compile_arm "$model" &
    x86 "$model" $tolerance # waits for both
    [ -z "$has_arm" ] || arm "$model" $tolerance
done
if [ -n "$has_arm" ]; then
    for model in mlp small ${all:+cnn}; do
        arm_gradients "$model"
    done
fi
broken
finish "portability ($(echo "$kinds" | tr '\n' ' ')${has_arm:+and AArch64})"
