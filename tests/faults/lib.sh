# What the scripts of this folder share; to be read with "." and these arguments: MNNC CC BUILD_DIR.
# Leaves: work (a folder that is removed at the end; the current one), data (made-up samples), faults (the library
# for LD_PRELOAD) and the functions below. All paths are absolute.
mnnc=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cc=$2
tests=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$3" && pwd) || exit 1
work=$build/tests/faults/$(basename "$0" .sh)-$$
mkdir -p "$work/data" || exit 1
cd "$work" || exit 1
data=$work/data
faults=$build/tests/faults/save_faults.so
child=
trap 'cd /; [ -z "$child" ] || kill -9 "$child" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
unset MNN_DATA_PATH
cflags=$(pkg-config --cflags mnn) && libs=$(pkg-config --libs mnn) || exit 1

passed=0
bad=0

# The files log and log2 hold what the last program said.
ok() {
    passed=$((passed + 1))
    [ "${quiet:-no}" = yes ] || echo "ok   $1"
}

failed() {
    bad=$((bad + 1))
    echo "FAIL $1"
    for said in log log2; do
        [ ! -s "$work/$said" ] || head -n 12 "$work/$said" | sed 's/^/  > /'
    done
}

# compile_model FILE PROGRAM
compile_model() {
    # cc, cflags and libs are lists of words.
    # shellcheck disable=SC2086
    "$mnnc" "$1" -o "$2.c" >"$work/log" 2>&1 &&
        $cc -std=gnu11 -O3 $cflags "$2.c" $libs -o "$2" >>"$work/log" 2>&1
}

# make_samples COUNT CLASSES DIM...: the data set in $data.
make_samples() {
    # shellcheck disable=SC2086
    [ -x "$work/make_idx" ] || $cc -std=gnu11 -O1 "$tests/programs/make_idx.c" -o "$work/make_idx" || exit 1
    samples=$1
    shift
    "$work/make_idx" "$data" 7 "$samples" 57 "$@" >"$work/log" 2>&1
}

# hash FILE
hash() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

# finish NAME: the totals, and the exit code.
finish() {
    echo "$1: $passed passed, $bad failed"
    [ "$bad" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}
