#!/bin/sh
# Gradients of random programs against central differences.
#
#   tests/programs/gradients.sh MNNC CC BUILD_DIR COUNT [FIRST_SEED]
#
# For every seed from FIRST_SEED (1): a random description is compiled twice to the same C, which compiles
# without a warning with CC and with clang (where it is installed) and agrees with its "gradcheck" at two
# seeds; half of the programs are compiled for this machine, so that its vectors are used. With at least 100 seeds from 1 on, everything that random_model can write must have occurred;
# with 2,000 in at least 20 models.
# BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1
# something failed, 2 usage.
set -u

if [ $# -lt 4 ]; then
    echo "usage: $0 MNNC CC BUILD_DIR COUNT [FIRST_SEED]" >&2
    exit 2
fi
mnnc=$1 cc=$2 build=$3 count=$4 first=${5:-1}
here=$(cd "$(dirname "$0")" && pwd)
work=$build/tests/programs/gradients-$$
warnings="-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
mkdir -p "$work" || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
cflags=$(pkg-config --cflags mnn) && libs=$(pkg-config --libs mnn) || exit 1
clang=$(command -v clang) || echo "note: clang is not installed: its warnings are not looked at"

# cc, cflags, libs and warnings are lists of words.
# shellcheck disable=SC2086
$cc -std=gnu11 -O1 "$here/random_model.c" -o "$work/random_model" || exit 1

# shellcheck disable=SC2086
warns_not() {
    $cc $warnings -O1 $([ $((seed % 2)) -eq 0 ] || echo -march=native) $cflags "$work/m.c" $libs -o "$work/m" || return 1
    [ -z "$clang" ] || "$clang" $warnings -fsyntax-only $cflags "$work/m.c"
}

# Print what failed and how.
failed() {
    echo "FAIL seed $seed: $1"
    sed 's/^/  | /' "$work/m.mnn"
    sed 's/^/  > /' "$work/log"
}

check() {
    "$work/random_model" "$seed" >"$work/m.mnn" || return 1
    cat "$work/m.mnn" >>"$work/all.mnn"
    "$mnnc" "$work/m.mnn" -o "$work/m.c" >"$work/log" 2>&1 || { failed "mnnc: exit code $?"; return 1; }
    "$mnnc" "$work/m.mnn" >"$work/again.c" 2>"$work/log" || { failed "mnnc again: exit code $?"; return 1; }
    cmp "$work/m.c" "$work/again.c" >"$work/log" 2>&1 || { failed "compiled twice, different C"; return 1; }
    warns_not >"$work/log" 2>&1 || { failed "the C does not compile"; return 1; }
    "$work/m" gradcheck --threads 1 >"$work/log" 2>&1 || { failed "gradcheck: exit code $?"; return 1; }
    cat "$work/log" >>"$work/all.log"
    "$work/m" gradcheck --threads 3 --seed $((seed + 1000)) >"$work/log" 2>&1 ||
        { failed "gradcheck --seed $((seed + 1000)): exit code $?"; return 1; }
    cat "$work/log" >>"$work/all.log"
}

# How often each feature occurred; those that never did.
features() {
    sed -n 's/^# features: //p' "$work/all.mnn" | tr ' ' '\n' >"$work/seen"
    "$work/random_model" --features | while read -r name; do
        printf '%s %s\n' "$name" "$(grep -cxF -e "$name" "$work/seen")"
    done >"$work/counts"
    echo "how often each feature occurred:"
    awk '{ printf "%s%-38s %3d", (NR % 3 == 1 ? "  " : "   "), $1, $2; if (NR % 3 == 0) print "" } END { if (NR % 3) print "" }' \
        "$work/counts"
    least=1
    [ "$count" -lt 2000 ] || least=20
    awk -v least=$least '$2 < least { print "FAIL feature " $1 ": in " $2 " models, expected at least " least }' \
        "$work/counts" >"$work/never"
}

passed=0
bad=0
seed=$first
: >"$work/all.mnn"
: >"$work/all.log"
while [ "$seed" -lt $((first + count)) ]; do
    if check; then
        passed=$((passed + 1))
    else
        bad=$((bad + 1))
    fi
    seed=$((seed + 1))
done

features
if [ "$first" -le 1 ] && [ $((first + count)) -gt 100 ]; then
    cat "$work/never"
    bad=$((bad + $(wc -l <"$work/never")))
    passed=$((passed + $(wc -l <"$work/counts") - $(wc -l <"$work/never")))
fi
awk '/agrees$/ && NF >= 5 && $(NF - 3) ~ /^[0-9]+$/ { n += $(NF - 3); k += $(NF - 2) }
     END { printf "gradients: %d derivatives compared, %d left out at kinks\n", n, k }' "$work/all.log"
echo "gradients: $passed passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$passed" -gt 0 ]
