# What the tests of inference code share; sourced, with $cc and $work set.

clang=$(command -v clang || true)
strict="-std=c99 -O2 -ffreestanding -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

# What inference code may leave to others: memcpy, which compilers make of loops, and functions of math.h.
allowed='^(memcpy|expf|expm1f|tanhf|erff|sqrtf)$'

# clean FILE.c: compiles without a warning with CC and clang, and calls nothing but what is allowed.
# cc and strict are lists of words.
# shellcheck disable=SC2086
clean() {
    $cc $strict -c "$1" -o "$1.o" || return 1
    undefined=$(nm -u "$1.o" | awk '{ print $NF }' | grep -vE "$allowed|^_GLOBAL_OFFSET_TABLE_$|^__(asan|ubsan|gcov)_")
    [ -z "$undefined" ] || { echo "calls $undefined"; return 1; }
    [ -z "$clang" ] || "$clang" $strict -fsyntax-only "$1"
}
