#!/bin/sh
# Whether generated/NAME.c is what mnnc makes of models/NAME.mnn, and compiles without a warning, and whether what
# fetches samples ahead is still there behind the compiler.
# Usage: check-generated.sh MNNC "CC..." MODEL...
set -u
mnnc=$1
compile=$2
shift 2
failed=0
for model in "$@"; do
    name=$(basename "$model" .mnn)
    if ! "$mnnc" "$model" | cmp -s - "generated/$name.c"; then
        echo "FAIL generated/$name.c is out of date: run make generated"
        failed=$((failed + 1))
    elif ! $compile -std=c11 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Iruntime/include \
        -c "generated/$name.c" -o /dev/null; then
        echo "FAIL generated/$name.c does not compile cleanly"
        failed=$((failed + 1))
    fi
done
# gcc takes a function of nothing but prefetches for one without effect, unless it is inlined (mnn_prefetch())
if [ "$(uname -m)" = x86_64 ] && ! $compile -std=c11 -O2 -Iruntime/include -S generated/mlp.c -o - | grep -q prefetch; then
    echo "FAIL generated/mlp.c fetches no sample ahead"
    failed=$((failed + 1))
fi
for file in generated/*.c; do
    [ -e "models/$(basename "$file" .c).mnn" ] || {
        echo "FAIL $file has no model"
        failed=$((failed + 1))
    }
done
echo "generated: $# passed, $failed failed"
[ "$#" -gt 0 ] && [ "$failed" -eq 0 ]
