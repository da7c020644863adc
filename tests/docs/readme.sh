#!/bin/sh
# Whether the pages are true: everything that README.md, CONTRIBUTING.md and docs/*.md show is run.
# Usage: tests/docs/readme.sh BUILD, where mnnc, libmnn.a, libmnnc.a and mnn.pc have been built.
#
# All blocks run in one scratch folder, README's first, in the order in which they stand. The kinds are
#   sh           every line is a command that must succeed. Lines that begin with "make" are left out, and a
#                training gets "--epochs 1 --batch-limit 20". The shell is one and the same: exports hold on
#   mnn          a whole description, which mnnc --check accepts. If its first line is "# NAME.mnn", it is kept
#                under that name for the commands behind it
#   mnn-refused  one that it refuses, with exit code 1 and the messages of the text block that follows
#   text, c      what a program printed, or a quotation ("make check-docs" compares those)
# Any other kind is an error. So is a link to a file that does not exist.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 1 ] || usage BUILD
use_build "$1"
quiet=yes
scratch=$build/tests/docs
log=$scratch/log
shown=$log

# Pages say "mnist"; Fashion-MNIST, which has the same form, serves where MNIST is not there.
link_data() {
    pictures=$(find_pictures)
    unset MNN_DATA_PATH
    [ -n "$pictures" ] && ln -s "$pictures" data/mnist
}

# Take a page apart: one file a block, LINE.KIND, where LINE has leading zeros.
extract() {
    rm -rf blocks
    mkdir blocks
    awk '
        /^```/ && !inside { kind = substr($0, 4); name = sprintf("blocks/%05d.%s", NR, kind == "" ? "none" : kind)
                            printf "" > name; inside = 1; next }
        /^```$/           { close(name); inside = 0; next }
        inside            { print > name }' "$1"
}

run_commands() {
    while IFS= read -r command <&3; do
        case $command in
        '' | '#'* | make | 'make '*) continue ;;
        ./* | build/mnnc*) [ "$(echo "$command" | cut -d ' ' -f 2)" != train ] || command="$command --epochs 1 --batch-limit 20" ;;
        esac
        if eval "$command" >"$log" 2>&1 </dev/null; then
            ok
        else
            fail "$where: $command"
        fi
    done 3<"$1"
}

# Keep a description under the name in its first line.
name_description() {
    name=$(sed -n '1s/^# \([a-z_]*\.mnn\).*/\1/p' "$1")
    name=${name:-unnamed.mnn}
    cp "$1" "$name"
}

accept() {
    name_description "$1"
    if build/mnnc --check "$name" >"$log" 2>&1; then
        ok
    else
        fail "$where: mnnc refuses $name"
    fi
}

# refuse DESCRIPTION MESSAGES
refuse() {
    name_description "$1"
    build/mnnc --check "$name" >said 2>&1
    status=$?
    if [ "$status" -eq 1 ] && diff -u "${2:-/dev/null}" said >"$log"; then
        ok
    else
        fail "$where: mnnc says something else about $name (exit code $status)"
    fi
}

run_page() {
    extract "$root/$1"
    for block in blocks/*; do
        [ -e "$block" ] || continue
        where="$1:$(basename "$block" | sed 's/^0*//; s/\..*//')"
        : >"$log"
        case $block in
        *.sh) run_commands "$block" ;;
        *.mnn) accept "$block" ;;
        *.mnn-refused) refuse "$block" "$(find blocks -name '*.text' | sort | awk -v block="$block" '$0 > block { print; exit }')" ;;
        *.text | *.c) ;;
        *) fail "$where: a block of an unknown kind" ;;
        esac
    done
}

check_links() {
    grep -o '](\([^)#]*\)' "$root/$1" | sed 's/^](//' | grep -v '^https*:' >links
    while IFS= read -r target; do
        : >"$log"
        if [ -e "$root/$(dirname "$1")/$target" ]; then
            ok
        else
            fail "$1: a link leads to $target, which does not exist"
        fi
    done <links
}

rm -rf "$scratch"
mkdir -p "$scratch/data"
cd "$scratch" || exit 2
ln -s "$build" build
ln -s "$root/models" models
if ! link_data; then
    echo "error: no data: make data, or apt-get install dataset-fashion-mnist" >&2
    exit 5
fi

for page in "$root/README.md" "$root/CONTRIBUTING.md" "$root"/docs/*.md; do
    check_links "${page#"$root/"}"
    run_page "${page#"$root/"}"
done
finish documentation
