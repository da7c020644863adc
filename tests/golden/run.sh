#!/bin/sh
# Golden tests: every NAME.mnn here has either NAME.err (refused: what is said, exit code 1) or NAME.c (accepted:
# the C that comes out), NAME.warn (accepted: what is warned of) or both. NAME.c holds the sections of the C that the last
# line of NAME.mnn names ("# golden: dense_forward update": functions and tables, see cut.awk), or all of it where there is
# no such line; a line "# options: --with-reference" gives options of mnnc for it. All C must compile; without NAME.warn there must be no warning. NAME.py beside it: what --emit=keras
# gives; every script for Keras must compile, where python3 is installed. NAME.fmt (accepted): the canonical form of
# NAME.mnn. --format makes the same of it again, and its C differs in numbers of lines only.
# Usage: run.sh MNNC "CC..." [--refresh]
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 2 ] || usage "MNNC CC [--refresh]"
make_work
quiet=yes
shown=
mnnc=$(realpath "$1")
cc=$2
refresh=${3:-}
cd "$root/tests/golden" || exit 1
mkdir "$work/python"
unset LC_ALL LANG

# Whether $work/NEW is what the golden file holds, or a refresh makes it so. What a missing file would hold is empty.
agrees() {
    cmp -s "$1" "$2" && return 0
    [ -e "$2" ] || [ -s "$1" ] || return 0
    if [ "$refresh" = --refresh ] && [ -e "$2" ]; then
        cp "$1" "$2"
        echo "refreshed $2"
        return 0
    fi
    fail "$2: not what mnnc gives"
    diff -u "$2" "$1" | head -n 20
    return 1
}

# sections NAME: into $work/sections.c, of $work/out.c what NAME.mnn names
sections() {
    names=$(sed -n 's/^# golden: *//p' "$1.mnn")
    if grep -q '^# golden:' "$1.mnn"; then
        awk -v names="$names" -f cut.awk "$work/out.c" >"$work/sections.c" 2>"$work/cut"
    else
        cp "$work/out.c" "$work/sections.c"
    fi
}

accepted() {
    # shellcheck disable=SC2046 # a list of words
    "$mnnc" $(sed -n 's/^# options: *//p' "$1.mnn") "$1.mnn" -o "$work/out.c" 2>"$work/err"
    status=$?
    if [ $status -ne 0 ]; then
        fail "$1: exit $status, expected 0: $(cat "$work/err")"
    elif ! $cc -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
        -I"$root/runtime/include" -c "$work/out.c" -o /dev/null 2>"$work/cc"; then
        fail "$1: the C does not compile cleanly: $(head -n 5 "$work/cc")"
    elif [ -e "$1.c" ] && ! sections "$1"; then
        fail "$1.mnn: # golden: $(cat "$work/cut")"
    elif [ -e "$1.c" ] && ! agrees "$work/sections.c" "$1.c"; then
        :
    elif ! "$mnnc" -w --emit=keras "$1.mnn" -o "$work/python/$1.py" 2>"$work/keras"; then
        fail "$1: --emit=keras: $(head -n 5 "$work/keras")"
    elif [ -e "$1.py" ] && ! agrees "$work/python/$1.py" "$1.py"; then
        :
    elif agrees "$work/err" "$1.warn"; then
        ok
    fi
}

# numberless FILE: C without the lines of the description
numberless() {
    sed -E -e '/^ \* .*[0-9]$/ s/ +[0-9]+$//' -e 's/(\.mnn:)[0-9]+/\1N/g' "$1"
}

# another_form NAME: what --format makes of NAME.mnn
another_form() {
    mkdir -p "$work/canonical"
    if ! "$mnnc" "$1.mnn" -o "$work/out.c" 2>"$work/err"; then
        fail "$1: is refused: $(cat "$work/err")"
    elif ! agrees "$work/err" "$1.warn"; then
        :
    elif ! "$mnnc" -w --format "$1.mnn" >"$work/canonical/$1.mnn" 2>"$work/err"; then
        fail "$1: --format: $(cat "$work/err")"
    elif ! agrees "$work/canonical/$1.mnn" "$1.fmt"; then
        :
    elif ! "$mnnc" --format "$work/canonical/$1.mnn" >"$work/again" 2>"$work/err" || [ -s "$work/err" ]; then
        fail "$1: --format again: $(cat "$work/err")"
    elif ! cmp "$work/canonical/$1.mnn" "$work/again"; then
        fail "$1: --format changes what it has made"
    elif ! "$mnnc" -w "$work/canonical/$1.mnn" -o "$work/canonical.c" 2>"$work/err"; then
        fail "$1: its canonical form is refused: $(cat "$work/err")"
    else
        numberless "$work/out.c" >"$work/out.numberless"
        numberless "$work/canonical.c" >"$work/canonical.numberless"
        if cmp "$work/out.numberless" "$work/canonical.numberless"; then
            ok
        else
            fail "$1: its canonical form says something else"
        fi
    fi
}

refused() {
    rm -f "$work/refused.c"
    "$mnnc" "$1.mnn" -o "$work/refused.c" 2>"$work/err" >"$work/stdout"
    status=$?
    if [ $status -ne 1 ]; then
        fail "$1: exit $status, expected 1"
        head -n 5 "$work/err"
    elif [ -e "$work/refused.c" ] || [ -s "$work/stdout" ]; then
        fail "$1: something was written"
    elif agrees "$work/err" "$1.err"; then
        ok
    fi
}

for file in *.mnn; do
    [ -e "$file" ] || break
    name=${file%.mnn}
    if [ -e "$name.err" ] && { [ -e "$name.c" ] || [ -e "$name.warn" ] || [ -e "$name.fmt" ]; }; then
        fail "$name: is both accepted and refused"
    elif [ -e "$name.err" ]; then
        refused "$name"
    elif [ -e "$name.fmt" ]; then
        another_form "$name"
    elif [ -e "$name.c" ] || [ -e "$name.warn" ]; then
        accepted "$name"
    else
        fail "$name: has neither a .c, .warn, .fmt nor a .err"
    fi
done
if ! command -v python3 >/dev/null; then
    echo "skip scripts for Keras: python3 is missing"
elif python3 -m py_compile "$work"/python/*.py 2>"$work/err"; then
    ok
else
    fail "--emit=keras: $(cat "$work/err")"
fi
finish goldens
