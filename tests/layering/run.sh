#!/bin/sh
# The directions of the house (docs/generated-code.md, CONTRIBUTING.md): which folder may include which.
# A line "A: B C" lets files of folder A include headers of B, C and of A itself.
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0
checked=0

check() {
    base=$1
    from=$2
    allowed=$3
    for file in "$base/$from"/*.[chyl] "$base/$from"/*.def; do
        [ -e "$file" ] || continue
        checked=$((checked + 1))
        for include in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
            case $include in
            */*) folder=${include%%/*} ;;
            *) continue ;; # made by flex or bison, beside the file
            esac
            case " $allowed $from " in
            *" $folder "*) ;;
            *)
                echo "FAIL $file includes \"$include\": $from may use only: $allowed"
                failed=$((failed + 1))
                ;;
            esac
        done
    done
}

while IFS=: read -r folder allowed; do
    check compiler "$folder" "$allowed"
done <<'END'
support:
lang: support
syntax: support
ir: support lang
sema: support syntax lang ir
passes: support ir lang
plan: support ir lang
emit: support plan ir lang mnn
driver: support syntax lang sema ir passes plan emit mnn
END

while IFS=: read -r folder allowed; do
    check runtime "$folder" "$allowed"
done <<'END'
io: mnn
math: mnn
data: mnn io math
train: mnn io math data
cli: mnn io math data train
END

# of the runtime the compiler takes only the ABI number and the exit codes
for file in compiler/*/*.[chyl]; do
    if grep -q '^#include "mnn/' "$file" && grep '^#include "mnn/' "$file" | grep -qvE 'mnn/(abi|status)\.h'; then
        echo "FAIL $file includes more of the runtime than mnn/abi.h and mnn/status.h"
        failed=$((failed + 1))
    fi
done
# OpenBLAS has one user
for file in $(grep -lE 'cblas|openblas' runtime/*/*.c); do
    [ "$file" = runtime/math/gemm.c ] || {
        echo "FAIL $file uses OpenBLAS"
        failed=$((failed + 1))
    }
done
echo "layering: $checked files, $failed violations"
[ "$checked" -gt 50 ] && [ "$failed" -eq 0 ]
