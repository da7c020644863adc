#!/bin/sh
# The table of docs/architecture.md: which folder may include which, and how its names begin. "B C/d" in the row of A lets
# files of A include the headers of B, the header C/d.h, and those of A itself.
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

# folders: "compiler/lang:base support:lang_", a line per row of the table in docs/architecture.md
folders() {
    tr -d '`' <docs/architecture.md | awk -F ' *[|] *' '$2 ~ /^(compiler|runtime)\// { print $2 ":" $4 ":" $5 }'
}

while IFS=: read -r folder allowed prefixes; do
    check "${folder%%/*}" "${folder#*/}" "$allowed"
done <<END
$(folders)
END
for folder in compiler/*/ runtime/*/; do
    folders | grep -q "^${folder%/}[:/]" || {
        echo "FAIL $folder is not in the table of docs/architecture.md"
        failed=$((failed + 1))
    }
done

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
# prefixed FOLDER PREFIXES: names that other files may use begin with one of them
prefixed() {
    objects=
    for file in "$1"/*.c; do
        object=$build/${file%.c}.o
        [ ! -e "$object" ] || objects="$objects $object"
    done
    [ -n "$objects" ] || return
    checked=$((checked + $(echo "$objects" | wc -w)))
    # shellcheck disable=SC2086 # a list of files
    nm -A --defined-only -g $objects | awk -v prefixes="$2" '
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

while IFS=: read -r folder allowed prefixes; do
    [ -z "$prefixes" ] || prefixed "$folder" "$prefixes"
done <<END
$(folders)
END
# A layer is named in compiler/layers/ and in .def rows. The files that still hold the id of one, or its quoted name
# ("input" and "activation" are also words of other things): this list only becomes shorter.
still_names_layers='
compiler/emit/parts.c
'
ids=$(sed -n 's/^LAYER(\([A-Z0-9_]*\), .*/\1/p' compiler/lang/layers.def | paste -sd '|')
names=$(sed -n 's/^LAYER([A-Z0-9_]*, \([a-z0-9_]*\).*/\1/p' compiler/lang/layers.def | grep -vx -e input -e activation | paste -sd '|')
for file in compiler/*/*.[chyl] runtime/*/*.[ch] runtime/include/mnn/*.h; do
    case $file in
    compiler/layers/*) continue ;;
    esac
    checked=$((checked + 1))
    found=$(sed 's,/\*.*,,; /^ *\*/d' "$file" | grep -cE "\\<(IR|LANG_LAYER)_($ids)\\>|\"($names)\"")
    listed=$(printf '%s' "$still_names_layers" | grep -cx "$file")
    if [ "$found" -gt 0 ] && [ "$listed" -eq 0 ]; then
        echo "FAIL $file names a layer: only compiler/layers/ and .def rows may"
        failed=$((failed + 1))
    elif [ "$found" -eq 0 ] && [ "$listed" -gt 0 ]; then
        echo "FAIL $file names no layer any more: remove it from the list"
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
echo "layering: $checked passed, $failed failed"
[ "$checked" -gt 50 ] && [ "$failed" -eq 0 ]
