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
support: mnn
lang: support
syntax: support
ir: support lang
sema: support syntax lang ir
passes: support ir lang
plan: support ir lang mnn
deploy: support plan ir lang
emit: support deploy plan ir lang mnn
driver: support syntax lang sema ir passes plan deploy emit mnn
END

while IFS=: read -r folder allowed; do
    check runtime "$folder" "$allowed"
done <<'END'
io: mnn
math: mnn
data: mnn io math
train: mnn io math data
exchange: mnn io
cli: mnn io math data train exchange
END

# Of the runtime the compiler takes only the ABI number, the exit codes and the table of characters. Its driver also takes
# how a process begins and ends, where a name leads, what a terminal can do, the check of data files, and the reading of
# weights and samples: one reader judges what a file may hold.
for file in compiler/*/*.[chyl]; do
    allowed='mnn/(abi|status|unicode)\.h'
    case $file in
    compiler/driver/main.c | compiler/driver/output.c | compiler/driver/inference.c)
        allowed='mnn/(abi|status|process|place|temporary)\.h'
        ;;
    esac
    case $file in
    compiler/driver/options.c | compiler/driver/calibrate_progress.c) allowed='mnn/(abi|status|terminal)\.h' ;;
    esac
    [ "$file" = compiler/driver/check_data.c ] && allowed='mnn/(abi|status|check)\.h'
    [ "$file" = compiler/driver/calibrate.c ] && allowed='mnn/(abi|status|idx)\.h'
    [ "$file" = compiler/driver/weights.c ] && allowed='mnn/(abi|status|safetensors)\.h'
    if grep '^#include "mnn/' "$file" | grep -qvE "$allowed"; then
        echo "FAIL $file includes more of the runtime than $allowed"
        failed=$((failed + 1))
    fi
done
# ... and what it is linked with is the reading of files, not training
build=${BUILD:-build}
if [ -x "$build/mnnc" ]; then
    inside=$(nm "$build/mnnc" | awk '$2 == "T" { print $3 }')
    for symbol in $(nm -A "$build"/runtime/train/*.o "$build"/runtime/cli/*.o "$build"/runtime/math/*.o "$build"/runtime/exchange/*.o |
        awk '$(NF - 1) == "T" { print $NF }'); do
        if printf '%s\n' "$inside" | grep -qx "$symbol"; then
            echo "FAIL mnnc holds $symbol() of the runtime's training"
            failed=$((failed + 1))
        fi
    done
fi
# OpenBLAS has one user
for file in $(grep -lE 'cblas|openblas' runtime/*/*.c); do
    [ "$file" = runtime/math/gemm.c ] || {
        echo "FAIL $file uses OpenBLAS"
        failed=$((failed + 1))
    }
done
echo "layering: $checked passed, $failed failed"
[ "$checked" -gt 50 ] && [ "$failed" -eq 0 ]
