# shellcheck shell=sh
# What the scripts of this folder share; to be read with ".". See tests/lib.sh for the rest.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# set_up MNNC CC BUILD_DIR: a work folder, the current one, with an empty folder data in it; faults is the library for
# LD_PRELOAD. The files log and log2 hold what the last programs said.
set_up() {
    use_tools "$@"
    make_work "$build/tests/faults"
    cd "$work" && mkdir data || exit 1
    shown="$work/log $work/log2"
    # shellcheck disable=SC2034 # for those who read this
    faults=$build/tests/faults/save_faults.so
    unset MNN_DATA_PATH
    make_tools make_idx
}

# make_program DESCRIPTION PROGRAM
make_program() {
    compile_model "$1" "$2" -O3 >"$work/log" 2>&1
}

# make_samples COUNT CLASSES DIM...: the data set in data
make_samples() {
    samples=$1
    shift
    ./make_idx data 7 "$samples" 57 "$@" >log 2>&1
}

# hash FILE
hash() {
    sha256sum <"$1" | cut -d ' ' -f 1
}
