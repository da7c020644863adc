#!/bin/sh
# The directions of the house (docs/generated-code.md, CONTRIBUTING.md): which folder may include which.
# A line "A: B C/d" lets files of folder A include headers of B, the header C/d.h, and those of A itself.
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
            *" $folder "* | *" ${include%.h} "*) ;;
            *)
                echo "FAIL $file includes \"$include\": $from may use only:$allowed"
                failed=$((failed + 1))
                ;;
            esac
        done
    done
}

# Of the runtime the compiler may use base/ and, of the public headers, the number of the ABI. The driver also uses the
# check of data files and the reading of samples and weights: one reader judges what a file may hold.
while IFS=: read -r folder allowed; do
    check compiler "$folder" "$allowed"
done <<'END'
support: base mnn/status
lang: base support
scalar: base support syntax
syntax: base support
ir: base support lang scalar
sema: base support syntax lang ir
layers: base support ir lang scalar
passes: base support ir lang scalar layers
plan: base support ir lang mnn/abi
deploy: base support plan ir lang scalar
emit: base support deploy plan ir lang scalar layers mnn/abi
driver: base support syntax lang sema ir passes plan deploy emit mnn/abi mnn/clock mnn/status mnn/check mnn/idx mnn/safetensors
END

while IFS=: read -r folder allowed; do
    check runtime "$folder" "$allowed"
done <<'END'
base: mnn/clock mnn/status
io: mnn base
math: mnn base
data: mnn base io math
train: mnn base io math data
exchange: mnn base io
cli: mnn base io math data train exchange
END
check runtime/include mnn ''

# ... and what it is linked with is the reading of files, not training
build=${BUILD:-build}
if [ -x "$build/mnnc" ]; then
    nm "$build/mnnc" | awk '$2 == "T" { print $3 }' | sort >"$build/inside"
    for file in runtime/train/*.c runtime/cli/*.c runtime/math/*.c runtime/exchange/*.c; do # not objects of old files
        nm "$build/${file%.c}.o"
    done | awk '$2 == "T" { print $3 }' | sort >"$build/training"
    for symbol in $(comm -12 "$build/inside" "$build/training"); do
        echo "FAIL mnnc holds $symbol() of the runtime's training"
        failed=$((failed + 1))
    done
fi
# prefixed BASE FOLDER PREFIXES: names that other files may use begin with one of them; a pass is named after what it does
prefixed() {
    objects=
    for file in "$1/$2"/*.c; do
        object=$build/${file%.c}.o
        [ ! -e "$object" ] || objects="$objects $object"
    done
    [ -n "$objects" ] || return
    checked=$((checked + $(echo "$objects" | wc -w)))
    # shellcheck disable=SC2086 # a list of files
    nm -A --defined-only -g $objects | awk -v prefixes="$3" '
        BEGIN { count = split(prefixes, prefix, " ") }
        {
            for (i = 1; i <= count; i++)
                if (index($3, prefix[i]) == 1)
                    next
            print "FAIL " $1 " exports " $3 "(), which begins with none of: " prefixes
        }' >"$exports"
    cat "$exports"
    failed=$((failed + $(wc -l <"$exports")))
}
exports=$(mktemp)
trap 'rm -f "$exports"' EXIT

while IFS=: read -r folder prefixes; do
    prefixed compiler "$folder" "$prefixes"
done <<'END'
support: arena_ diag_ name_map_ py_ source_ span_ str_
lang: lang_
scalar: scalar_
syntax: ast_ build_ format_ habit_ literal_ message_ parse_ scan_ token_
ir: ir_
sema: sema_ canonical_
passes: advise check_shapes count_cost differentiate fuse infer_shapes run_passes simplify
plan: plan_
deploy: net_
driver: calibrate_ check_data hash_ inference_ main options_ output_ weights_
END
for folder in base io math data train exchange cli; do
    prefixed runtime $folder mnn_
done
# OpenBLAS has one user
for file in $(grep -lE 'cblas|openblas' runtime/*/*.c); do
    [ "$file" = runtime/math/gemm.c ] || {
        echo "FAIL $file uses OpenBLAS"
        failed=$((failed + 1))
    }
done
echo "layering: $checked passed, $failed failed"
[ "$checked" -gt 50 ] && [ "$failed" -eq 0 ]
