#!/bin/sh
# Hostile text: strings of a description, names of files. They must be nothing but text wherever they get to: in C,
# in tables and graphs, in JSON, on a terminal.
#
#   tests/hostile/run.sh BUILD CC STRINGS
#
# For every description: the code that comes out of its C is, byte for byte, that of a harmless one; the strings
# read back as they were written; graph, summary and plan are those of the harmless one. Exit code: 0 all passed, 1
# something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "BUILD CC STRINGS"
use_tools "$1/mnnc" "$2" "$1" jansson
count=$3
make_work
cd "$work" || exit 1
quiet=yes
shown=

# so_many NUMBER: have passed
so_many() {
    passed=$((passed + $1))
}

# cc, cflags, libs and warnings are lists of words.
# shellcheck disable=SC2086
$cc -std=gnu11 -O1 "$here/strings.c" -o strings &&
    $cc -std=gnu11 -O1 $cflags -c "$here/strings_of.c" -o strings_of.o &&
    $cc -std=gnu11 -O1 $cflags "$here/json_names.c" $libs -o json_names || exit 1
make_tools make_idx

# Whether a file holds nothing that a terminal obeys: no control character but newline and tab, no C1 control, no
# bidirectional control.
shows_only_text() {
    ! LC_ALL=C grep -qaP '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]' "$1"
}

# object FILE.c STANDARD OUT.o: compiled without a warning; OUT.text is its code
object() {
    # shellcheck disable=SC2086
    $cc -std="$2" $warnings -O1 $cflags -c "$1" -o "$3.o" 2>log && objcopy -O binary -j '.text*' "$3.o" "$3.text"
}

# The C without the lines of the description (behind its name, which is cut when it is long).
without_lines() {
    sed -e 's/\(\.mnn\|\.\.\.\):[0-9][0-9]*/:LINE/g' -e '1,/^ \*\//s/ *[0-9][0-9]*$//' "$1"
}

# description FILE: all that mnnc makes of it, as x.*
description() {
    rm -f x.*
    "$mnnc" "$1" -o x.c >log 2>&1 && "$mnnc" --emit=dot "$1" -o x.dot >log 2>&1 &&
        "$mnnc" --emit=summary "$1" -o x.summary >log 2>&1 && "$mnnc" --dump=plan "$1" -o x.plan >log 2>&1 &&
        "$mnnc" --format "$1" -o x.mnn >log 2>&1
}

# --- in C, graphs, tables ---------------------------------------------------------------------------

./strings plain plain
for standard in c11 gnu17; do
    if ! description plain/*.mnn || ! object x.c $standard plain-$standard; then
        cat log
        fail "the harmless description, $standard"
    fi
done
for kind in dot summary plan; do cp x.$kind plain.$kind; done
groups=$(((count + 7) / 8))
mkdir group laid-out
./strings 1 "$groups" group
group=0
while [ "$group" -lt "$groups" ]; do
    folder=group/$group
    standard=c11
    [ $((group % 2)) -eq 0 ] || standard=gnu17
    before=$failed
    if ! description "$folder"/*.mnn; then
        fail "group $group: refused: $(head -n 3 log)"
    elif ! object x.c $standard x; then
        fail "group $group: the C does not compile: $(head -n 3 log)"
    else
        cmp -s x.text plain-$standard.text || fail "group $group: other code than the harmless description's"
        for kind in dot summary plan; do
            cmp -s x.$kind plain.$kind || fail "group $group: another $kind than the harmless description's"
        done
        # shellcheck disable=SC2086
        $cc x.o strings_of.o $libs -o x && ./x >x.read 2>&1
        cmp -s x.read "$folder/expected" || fail "group $group: the strings do not read back"
        # laid out, it is still the same
        name=$(basename "$folder"/*.mnn)
        cp x.mnn "laid-out/$name" && "$mnnc" "laid-out/$name" -o y.c && without_lines x.c >x.without &&
            without_lines y.c | cmp -s - x.without || fail "group $group: --format changes a string"
        rm -f "laid-out/$name"
    fi
    if [ "$failed" -eq "$before" ]; then so_many 8; else cp -r "$folder" "$build/tests/hostile-$group" 2>/dev/null; fi
    group=$((group + 1))
done

# --- names of files ---------------------------------------------------------------------------------

sed 's/csv_logger.*//; s/checkpoint.*//' plain/*.mnn >named.mnn
# shellcheck disable=SC2086
"$mnnc" named.mnn -o named.c && $cc -std=gnu11 -O1 $cflags named.c $libs -o named || fail "the program"
mkdir data && ./make_idx data 1 40 12 2 9 && cp data/t10k-images-idx3-ubyte picture
mkdir names
./strings names 7 "$count" | sort -zu >list
./named train --quiet --epochs 0 --save weights >log 2>&1 || fail "the weights: $(cat log)"
(cd names && xargs -0 sh -c 'for name; do cp ../picture "./$name" || exit 1; done' sh <../list) || fail "the files"
names=$(tr -dc '\0' <list | wc -c)
# one after the other as JSON: each comes back 12 times, once a sample
(cd names && xargs -0 ../named predict --json --weights ../weights -- <../list) >out.json 2>err || fail "predict: $(head -n 3 err)"
if ./json_names <out.json | uniq -z >back && cmp -s back list; then so_many "$names"; else fail "names in JSON"; fi
(cd names && xargs -0 ../named predict --weights ../weights -- <../list) >out 2>&1 || fail "predict: $(head -n 3 out)"
if shows_only_text out && [ "$(grep -c ':$' out)" -ge "$names" ]; then ok; else fail "names in the text of predict"; fi
# bytes that are no text
bad=$(printf 'a\200\377\303(b')
cp picture "names/$bad"
if ./named predict --json --weights weights "names/$bad" 2>err | ./json_names | uniq -z >back &&
    printf 'names/a\357\277\275\357\277\275\357\277\275(b\0' | cmp -s - back; then
    ok
else
    fail "a name that is no UTF-8, in JSON: $(head -c 40 back | od -c | head -n 3)"
fi

# what is said when something is wrong with them, or with words of the command line
most=5 # the largest exit code of a refusal
refused() {
    (cd names && exec "$@") >out 2>&1
    code=$?
    if [ "$code" -ge 1 ] && [ "$code" -le "$most" ] && shows_only_text out; then
        ok
    else
        fail "$*: exit code $code"
        od -c out | head -n 5
    fi
}
while IFS= read -r name; do
    refused "$mnnc" "/nowhere/$name"
    refused "$mnnc" ../named.mnn -o "/nowhere/$name"
    refused "$mnnc" ../named.mnn -D "$name"
    refused "$mnnc" ../named.mnn --emit "$name"
    refused "$mnnc" ../named.mnn -W "$name"
    refused "$mnnc" ../named.mnn "--max-ram=$name"
    refused "$mnnc" ../named.mnn "--$name"
    refused ../named "--$name"
    refused ../named train --epochs "$name"
    refused ../named --data "/nowhere/$name"
    refused ../named evaluate --data ../data --weights "/nowhere/$name"
    refused ../named train --data ../data --save "/nowhere/$name"
    refused ../named train --data ../data --history "/nowhere/$name.csv"
    refused ../named predict --weights ../weights "/nowhere/$name"
    refused ../named import "/nowhere/$name" --from keras --save "$name.st"
    refused ../named import ../weights --map "/nowhere/$name" --save "$name.st"
    refused ../named import ../weights --from "$name" --save "$name.st"
    refused ../named export --weights ../weights --npz "/nowhere/$name"
    refused ../named show --data ../data --png "/nowhere/$name"
    refused ../named verify --data ../data --weights ../weights "/nowhere/$name"
    refused ../named help "$name"
done <<END
$(tr -d '\n' <list | tr '\0' '\n' | grep . | sed -n '1~25p' | head -n 40)
END

# --- names in files -------------------------------------------------------------------------------------

# header FILE JSON: a safetensors file with four bytes of data
header() {
    # shellcheck disable=SC2059 # the length, in octal
    { printf "\\$(printf %03o $((${#2} % 256)))\\$(printf %03o $((${#2} / 256)))\\0\\0\\0\\0\\0\\0" && printf '%s' "$2" &&
        printf '\0\0\0\0'; } >"$1"
}

# says TEXT COMMAND...: it is refused, and TEXT is in what is printed
says() {
    says_text=$1
    shift
    failed_before=$failed
    refused "$@"
    [ "$failed" -ne "$failed_before" ] || grep -qF -e "$says_text" out || fail "$*: does not say $says_text: $(head -n 3 out)"
}
tensor='"dtype": "F32", "shape": [1], "data_offsets": [0, 4]'
evil='\u001b[2J\u202e\u009b'
shown_evil='\x1b[2J\u202e\u009b'
header tensors.st "{\"$evil.kernel\": {$tensor}, \"$evil.bias\": {$tensor}}"
says "$shown_evil" ../named import ../tensors.st --from keras --save ../none.st
says "$shown_evil" ../named evaluate --data ../data --weights ../tensors.st
header dtype.st "{\"$evil.kernel\": {\"dtype\": \"$evil\", \"shape\": 1, \"data_offsets\": [0, 4]}}"
says "$shown_evil" ../named import ../dtype.st --from keras --save ../none.st
header metadata.st "{\"__metadata__\": {\"$evil\": 1}, \"x.kernel\": {$tensor}}"
says "$shown_evil" ../named evaluate --data ../data --weights ../metadata.st
header json.st "{\"$(printf '\033[2J')\": $(printf '\033[2J')}"
says "json.st: at byte" ../named evaluate --data ../data --weights ../json.st
printf '%s = dense.kernel \033[2J\n' x >bad.map
says "bad.map:1" ../named import ../tensors.st --map ../bad.map --save ../none.st
# the description's strings are names of files that are not there
sed 's/^ *\(train\|test\|validation\) *= *idx.*//; s/^data .*/&\n    train = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte")/' \
    named.mnn >found.mnn
# shellcheck disable=SC2086
"$mnnc" -w found.mnn -o found.c && $cc -std=gnu11 -O1 $cflags found.c $libs -o found || fail "the program"
./found train --quiet --data data --epochs 1 --save weights --checkpoint c.st --history names/h.csv >log 2>&1 || fail "training: $(cat log)"
printf 'epoch,\033[2J\n1,2\n' >names/h.csv
says '\x1b[2J' ../found train --data ../data --epochs 2 --checkpoint ../c.st --resume --history h.csv

# what a compiler prints, and its name
"$mnnc" found.mnn --emit=inference --weights weights -o code.c --header code.h >log 2>&1 || fail "inference code: $(cat log)"
printf '#include "missing.h"\n' >>code.c
sed '1,/^ \*\//!d' code.c >"names/$(printf '\033[2J.c')" && echo '#error "\33[2J"' >>"names/$(printf '\033[2J.c')"
most=70 # a compiler that fails
says '\x1b[2J.c' ../found verify --data ../data --weights ../weights "$(printf '\033[2J.c')"
says '\x1b[2J' env CC="$(printf '/nowhere/\033[2J')" ../found verify --data ../data --weights ../weights ../code.c

finish "hostile text"
