# shellcheck shell=sh
# What the test scripts share. A script reads it behind its "set -u":
#
#   . "$(dirname "$0")/../lib.sh"
#
# and has then
#   here, root      the script's own folder, the repository
#   passed, failed  what ok() and fail() count and finish() says
#   quiet           "yes": what has passed is counted but not said
#   shown           files that hold what the last command said, a list of words; fail() shows their beginning
#   patience        seconds that expect() and await() give a command, many more than it takes on a busy machine
#   child           the processes to be killed when the script ends, a list of words
#   warnings        what a C compiler is asked to complain about
#   mnnc_options    options of mnnc for compile_model, a list of words; a program that runs gradcheck needs --with-reference
#
# All scripts end with 0 (all has passed), 1 (something failed) or 2 (usage), those that may be skipped with 77.
unset COLUMNS # of the terminal where make was started
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
passed=0
failed=0
quiet=no
patience=300
child=
mnnc_options=
# shellcheck disable=SC2034 # for those who read this
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror"

# --- the beginning ----------------------------------------------------------------------------------

# usage ARGUMENTS: what the script wants, and its end.
usage() {
    echo "usage: $0 $1" >&2
    exit 2
}

# skip NAME WHY: ends the script.
skip() {
    echo "$1: skipped: $2"
    exit 77
}

# use_build BUILD_DIR [PACKAGE...]: to build; cflags and libs of programs, with what the packages need
use_build() {
    build=$(realpath "$1") || exit 2
    shift
    PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    export PKG_CONFIG_PATH
    cflags=$(pkg-config --cflags mnn "$@") && libs=$(pkg-config --libs mnn "$@") || exit 1
}

# use_tools MNNC CC BUILD_DIR [PACKAGE...]: the same, and mnnc (absolute) and cc (a list of words)
use_tools() {
    mnnc=$(realpath "$1") cc=$2
    unset CC # make's own, which "verify" would take
    shift 2
    use_build "$@"
}

# make_work [FOLDER]: work, a new folder in memory (where scripts/part.sh has found room), in FOLDER or in that for
# temporary files; it goes when the script ends.
make_work() {
    [ -z "${MNN_MEMORY:-}" ] || set -- "$MNN_MEMORY"
    mkdir -p "${1:-${TMPDIR:-/tmp}}" && work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/$(basename "$0" .sh)-XXXXXX") || exit 1
    trap end_work EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    work=$(cd "$work" && pwd -P)
    shown=$work/log
}

end_work() {
    cd /
    # shellcheck disable=SC2086 # a list of words
    [ -z "$child" ] || kill -9 $child 2>/dev/null
    rm -rf "$work" 2>/dev/null && return
    chmod -R u+rwX "$work" # a test may have taken the rights away
    rm -rf "$work"
}

# --- what is counted --------------------------------------------------------------------------------

# ok [NAME]
ok() {
    passed=$((passed + 1))
    [ "$quiet" = yes ] || [ -z "${1:-}" ] || echo "ok   $1"
}

# fail NAME: and what was said
fail() {
    failed=$((failed + 1))
    echo "FAIL $1"
    for lib_file in $shown; do
        [ ! -s "$lib_file" ] || head -n 40 "$lib_file" | sed 's/^/  > /'
    done
}

# verdict CODE NAME: of the command before it
verdict() {
    if [ "$1" -eq 0 ]; then ok "$2"; else fail "$2"; fi
}

# check NAME COMMAND...: it succeeds; what it says goes to $work/log
check() {
    lib_name=$1
    shift
    "$@" >"$work/log" 2>&1
    verdict $? "$lib_name"
}

# expect CODE TEXT NAME COMMAND...: it ends in time with that exit code, and TEXT (when not empty) is in what is shown of
# out and err, which are left in the current folder. A program that hangs is stopped: code 124.
expect() {
    lib_code=$1 lib_text=$2 lib_name=$3
    shift 3
    timeout "$patience" "$@" >out 2>err </dev/null
    code=$?
    # shellcheck disable=SC2086 # a list of words
    if [ "$code" -ne "$lib_code" ]; then
        fail "$lib_name: exit code $code, expected $lib_code"
    elif [ -n "$lib_text" ] && ! cat $shown | grep -qF -e "$lib_text"; then
        fail "$lib_name: does not say: $lib_text"
    else
        ok "$lib_name"
    fi
}

# await COMMAND...: it succeeds at last; 1 when it has not in time, or when no child is left that could see to it
await() {
    lib_end=$(($(date +%s) + patience))
    until "$@" 2>/dev/null; do
        [ "$(date +%s)" -lt "$lib_end" ] || return 1
        if [ -n "$child" ] && ! any_child; then
            "$@" 2>/dev/null # what it did last
            return
        fi
        sleep 0.02
    done
}

# any_child: whether one is left that has not ended
any_child() {
    for lib_process in $child; do
        grep -q '^State:.[^ZX]' "/proc/$lib_process/status" 2>/dev/null && return
    done
    return 1
}

# finish NAME [LEAST]: the totals and the end; LEAST (1) must have passed.
finish() {
    echo "$1: $passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -ge "${2:-1}" ]
    exit
}

# --- programs and data ------------------------------------------------------------------------------

# compile_model DESCRIPTION PROGRAM [FLAG...]: PROGRAM.c and PROGRAM; the flags stand in the place of -O1
# shellcheck disable=SC2086 # lists of words
compile_model() {
    lib_model=$1 lib_program=$2
    shift 2
    [ $# -gt 0 ] || set -- -O1
    "$mnnc" -w $mnnc_options "$lib_model" -o "$lib_program.c" &&
        $cc -std=gnu11 "$@" $cflags "$lib_program.c" $libs -o "$lib_program"
}

# compile_around FLAG_OR_SOURCE...: $work/test, of sources that include as GENERATED the C of the description on standard
# input
# shellcheck disable=SC2086 # lists of words
compile_around() {
    cat >"$work/m.mnn"
    "$mnnc" "$work/m.mnn" -o "$work/m.c" &&
        $cc $warnings -DGENERATED="\"$work/m.c\"" $cflags "$@" $libs -o "$work/test"
}

# make_tools NAME...: the programs of tests/programs/NAME.c, in $work
# shellcheck disable=SC2086 # cc is a list of words
make_tools() {
    for lib_tool in "$@"; do
        $cc -std=gnu11 -O1 "$root/tests/programs/$lib_tool.c" -o "$work/$lib_tool" || exit 1
    done
}

# batch_of DESCRIPTION: its batch_size
batch_of() {
    sed -n 's/^ *batch_size *= *\([0-9]*\).*/\1/p' "$1"
}

# make_set MODEL FOLDER COUNT TEST_COUNT: made-up samples (make_idx in $work) for one of models/, under the names that it
# asks for, in FOLDER, which is made anew. test_samples names the file of those to test with.
make_set() {
    rm -rf "$2" && mkdir "$2" || return
    test_samples=t10k-images-idx3-ubyte
    case $(basename "$1" .mnn) in
    regression)
        test_samples=test-inputs-idx2-float
        "$work/make_idx" "$2" 3 "$3" "$4" f2 7 &&
            mv "$2/train-images-idx3-ubyte" "$2/train-inputs-idx2-float" &&
            mv "$2/train-labels-idx1-ubyte" "$2/train-outputs-idx2-float" &&
            mv "$2/t10k-images-idx3-ubyte" "$2/test-inputs-idx2-float" &&
            mv "$2/t10k-labels-idx1-ubyte" "$2/test-outputs-idx2-float"
        ;;
    *) "$work/make_idx" "$2" 3 "$3" "$4" 10 28 28 ;;
    esac
}

# find_data FOLDER FILE...: the first FOLDER along MNN_DATA_PATH and /usr/share/datasets that has the files, plain or
# compressed; nothing where none has
find_data() {
    lib_folder=$1
    shift
    (
        cd "$root" || exit 1
        IFS=:
        for place in ${MNN_DATA_PATH:-data} /usr/share/datasets; do
            place=$place/$lib_folder
            for file in "$@"; do
                [ -e "$place/$file" ] || [ -e "$place/$file.gz" ] || continue 2
            done
            realpath "$place"
            break
        done
    )
}

# find_pictures: the folder of MNIST, or of Fashion-MNIST, which has the same form; nothing where neither is
find_pictures() {
    for lib_set in mnist fashion-mnist; do
        lib_found=$(find_data $lib_set train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte \
            t10k-labels-idx1-ubyte)
        [ -z "$lib_found" ] || break
    done
    echo "$lib_found"
}
