#!/bin/sh
# Gradients of random programs against central differences.
#
#   tests/programs/gradients.sh MNNC CC BUILD_DIR COUNT [FIRST_SEED]
#
# For every seed from FIRST_SEED (1): a random description is compiled twice to the same C, which compiles
# without a warning with CC and with clang (where it is installed) and agrees with its "gradcheck" at two
# seeds; half of the programs are compiled for this machine, so that its vectors are used. With at least 100 seeds from 1
# on, everything that random_model can write must have occurred; with 2,000 in at least 20 models. Seeds from 1 on begin
# with the programs of tests/golden, among which are layers larger than the random ones; GOLDENS names some of them.
# BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1
# something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 4 ] || usage "MNNC CC BUILD_DIR COUNT [FIRST_SEED]"
use_tools "$1" "$2" "$3"
count=$4 first=${5:-1}
make_work "$build/tests/programs"

mnnc_options=--with-reference

clang=$(command -v clang) || echo "note: clang is not installed: its warnings are not looked at"

make_tools random_model

# cc, cflags, libs and warnings are lists of words.
# shellcheck disable=SC2046,SC2086
warns_not() {
    $cc -std=c11 $warnings -O1 $([ $((seed % 2)) -eq 0 ] || echo -march=native) $cflags "$work/m.c" $libs -o "$work/m" || return 1
    [ -z "$clang" ] || "$clang" -std=c11 $warnings -fsyntax-only $cflags "$work/m.c"
}

# Whether the program of $seed is right; why says what is not.
agrees() {
    why="random_model ends with an error"
    "$work/random_model" "$seed" >"$work/m.mnn" || return 1
    cat "$work/m.mnn" >>"$work/all.mnn"
    "$mnnc" $mnnc_options "$work/m.mnn" -o "$work/m.c" >"$work/log" 2>&1 || { why="mnnc: exit code $?"; return 1; }
    "$mnnc" $mnnc_options "$work/m.mnn" >"$work/again.c" 2>"$work/log" || { why="mnnc again: exit code $?"; return 1; }
    cmp "$work/m.c" "$work/again.c" >"$work/log" 2>&1 || { why="compiled twice, different C"; return 1; }
    warns_not >"$work/log" 2>&1 || { why="the C does not compile"; return 1; }
    "$work/m" gradcheck --threads 1 >"$work/log" 2>&1 || { why="gradcheck: exit code $?"; return 1; }
    cat "$work/log" >>"$work/all.log"
    "$work/m" gradcheck --threads 3 --seed $((seed + 1000)) >"$work/log" 2>&1 ||
        { why="gradcheck --seed $((seed + 1000)): exit code $?"; return 1; }
    cat "$work/log" >>"$work/all.log"
}

# Whether the gradients of a golden program agree.
golden_agrees() {
    compile_model "$root/tests/golden/$1.mnn" "$work/m" -O1 -march=native >"$work/log" 2>&1 || return 1
    "$work/m" gradcheck --threads 3 >"$work/log" 2>&1 || return 1
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

seed=$first
: >"$work/all.mnn"
: >"$work/all.log"
for golden in ${GOLDENS:-$(cd "$root/tests/golden" && echo *.c)}; do
    [ "$first" -eq 1 ] || break
    golden_agrees "${golden%.c}"
    verdict $? "gradients of ${golden%.c}"
done
while [ "$seed" -lt $((first + count)) ]; do
    if agrees; then
        ok
    else
        sed 's/^/  | /' "$work/m.mnn"
        fail "seed $seed: $why"
    fi
    seed=$((seed + 1))
done

features
if [ "$first" -le 1 ] && [ $((first + count)) -gt 100 ]; then
    cat "$work/never"
    failed=$((failed + $(wc -l <"$work/never")))
    passed=$((passed + $(wc -l <"$work/counts") - $(wc -l <"$work/never")))
fi
awk '/agrees$/ && NF >= 5 && $(NF - 3) ~ /^[0-9]+$/ { n += $(NF - 3); k += $(NF - 2) }
     END { printf "gradients: %d derivatives compared, %d left out at kinks\n", n, k }' "$work/all.log"
finish gradients
