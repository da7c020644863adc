#!/bin/sh
# Memory that cannot be had: every call of mnnc and of a generated program that asks for memory fails, once alone
# and once with all behind it.
#
#   tests/faults/alloc.sh BUILD CC MODEL...
#
# MODEL is a description; its data are made up. With EXPORTS=1 exports and --emit=inference are tried, too. A run must
# either end with exit code 4, say that there is not enough memory, and leave every file as it was; or, where a library
# can do without that memory, end well with what it always gives. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -ge 3 ] || usage "BUILD CC MODEL..."
use_tools "$1/mnnc" "$2" "$1"
shift 2
make_work
shown=$work/err
unset MNN_DATA_PATH
# shellcheck disable=SC2086 # cc is a list of words
$cc -std=gnu11 -O1 -shared -fPIC "$here/alloc.c" -o "$work/alloc.so" -ldl || exit 1
make_tools make_idx
$cc -std=gnu11 -O1 "$here/edit_safetensors.c" -o "$work/edit" || exit 1

runs=0

# How a folder begins: with old files under the names that are written, but for one.
lay_out() {
    rm -rf "$work/here"
    mkdir "$work/here"
    echo old >"$work/here/w"
    echo old >"$work/here/h.csv"
    echo old >"$work/here/out.c"
    for file in $kept; do
        cp "$work/$file" "$work/here/$file"
    done
}

# what a folder holds; times, which checkpoints and histories tell, are not the same twice
contents() {
    (cd "$work/here" && find . -type f ! -name '*.csv' ! -name 'c.*' -exec cksum {} + &&
        for file in *.csv; do echo "$file $(sed 's/,[0-9.e-]*$//' "$file" | cksum)"; done &&
        find . -name 'c.*' | sort | while read -r file; do echo "$file $("$work/edit" data "$file" | cksum)"; done)
}

# Whether every file is as it was. Where work has been finished, and only what comes behind it failed, a file may also
# be as it should be: a training of hours is not thrown away because the test set could not be read.
untouched() {
    contents >"$work/now"
    printf '%s\n' "$before" >"$work/allowed"
    case $title in *train | *resumed) printf '%s\n' "$after" >>"$work/allowed" ;; esac
    ! grep -vxFf "$work/allowed" "$work/now" >/dev/null &&
        [ -e "$work/here/w" ] && [ -e "$work/here/h.csv" ] && [ -e "$work/here/out.c" ]
}

# attempt VARIABLE=NUMBER COMMAND...
attempt() {
    variable=$1
    shift
    rm -f "$work/failed"
    (cd "$work/here" && exec env LD_PRELOAD="$work/alloc.so" "$variable" FAILED_TO="$work/failed" "$@") \
        >"$work/out" 2>"$work/err"
}

# judge NAME CODE: of one run in which a call has failed
judge() {
    if [ ! -e "$work/failed" ]; then
        # how many calls there are depends a little on the lengths of the times that a checkpoint holds
        [ "$call" -gt $((calls - 4 - calls / 100)) ] || fail "$1: no call failed"
    elif [ "$2" -eq 0 ]; then
        if [ "$(contents)" != "$after" ]; then
            fail "$1: ended well with other files"
        elif ! cmp -s "$work/out" "$work/good"; then
            fail "$1: ended well with another result"
        fi
    elif [ "$2" -ne 4 ]; then
        fail "$1: exit code $2, expected 4"
    elif ! grep -q -e 'out of memory' -e 'not enough memory' -e 'Cannot allocate memory' -e 'could not start' \
        "$work/err"; then
        fail "$1: says nothing of memory"
    elif ! untouched; then
        fail "$1: files have changed: $(ls "$work/here")"
    fi
}

# attempts NAME COMMAND...: with each of its calls failing
attempts() {
    title=$1
    shift
    failed_before=$failed
    lay_out
    before=$(contents)
    if ! attempt COUNT_TO="$work/count" "$@" || [ ! -s "$work/count" ]; then
        fail "$title: does not run at all"
        return
    fi
    cp "$work/out" "$work/good"
    after=$(contents)
    calls=$(cat "$work/count")
    lay_out
    for call in $(seq "$calls"); do
        for mode in FAIL_AT FAIL_FROM; do
            attempt "$mode=$call" "$@"
            code=$?
            judge "$title: $mode=$call" $code
            runs=$((runs + 1))
            # a run that ended well has written its files
            [ "$code" -eq 0 ] && lay_out
        done
    done
    [ "$failed" -ne "$failed_before" ] || ok "$title: $calls calls"
}

check_compiler() {
    model=$1
    name=$(basename "$model" .mnn)
    kept=""
    for option in "-o out.c" --emit=summary --emit=dot --dump=ast --dump=ir --dump=plan --format "--check -w"; do
        # shellcheck disable=SC2086
        attempts "mnnc $option $name" "$mnnc" "$model" $option
    done
    ln -sf "$work/here/out.c" "$work/link.c"
    attempts "mnnc -o link.c $name" "$mnnc" "$model" -o "$work/link.c"
}

check_program() {
    model=$1
    name=$(basename "$model" .mnn)
    kept="history.csv weights picture.pgm wide.pgm digit.png digit.jpg turned.jpg progressive.jpg images c.safetensors"
    for file in digit.png digit.jpg turned.jpg progressive.jpg; do
        cp "$root/tests/fuzz/corpus/image/$file" "$work/"
    done
    mnnc_options=--with-reference # for gradcheck
    compile_model "$model" "$work/m" -O2 2>"$work/err" || {
        fail "$name: does not compile"
        return
    }
    batch=$(batch_of "$model")
    make_set "$model" "$work/data" $((2 * ${batch:-32} + 3)) 35 || exit 1
    cp "$work/data/$test_samples" "$work/images"
    gzip "$work/data/$test_samples"
    { printf 'P5 28 28 255\n'; tail -c 784 "$work/images"; } >"$work/picture.pgm"
    { printf 'P5 56 14 255\n'; tail -c 784 "$work/images"; } >"$work/wide.pgm" # of another size: cropped and scaled
    "$work/m" train --quiet --data "$work/data" --epochs 1 --batch-limit 1 --save "$work/weights" >/dev/null 2>"$work/err" || {
        fail "$name: does not train"
        return
    }
    "$work/m" train --quiet --data "$work/data" --epochs 1 --batch-limit 2 --checkpoint "$work/c.safetensors" \
        --history "$work/history.csv" >/dev/null 2>"$work/err" || {
        fail "$name: makes no checkpoint"
        return
    }
    attempts "$name, resumed" "$work/m" train --data "$work/data" --epochs 2 --batch-limit 2 --threads 2 \
        --checkpoint c.safetensors --resume --history history.csv
    attempts "$name train" "$work/m" train --data "$work/data" --epochs 2 --batch-limit 2 --threads 2 \
        --save w --history h.csv --log-steps s.jsonl
    attempts "$name evaluate" "$work/m" evaluate --data "$work/data" --weights weights
    attempts "$name predict, IDX" "$work/m" predict --json --weights weights images
    case $name in
    regression) ;;
    *)
        attempts "$name predict, PGM, PNG and JPEG" "$work/m" predict --weights weights picture.pgm wide.pgm digit.png digit.jpg \
            turned.jpg progressive.jpg
        ;;
    esac
    attempts "$name gradcheck" "$work/m" gradcheck --threads 1
    attempts "$name gradcheck --data" "$work/m" gradcheck --threads 1 --data "$work/data"
    attempts "$name summary" "$work/m" summary
    [ -n "${EXPORTS:-}" ] || return 0
    attempts "$name export --npz" "$work/m" export --weights weights --npz w.npz
    attempts "mnnc --emit=onnx $name" "$mnnc" "$model" --emit=onnx --weights weights -o w.onnx
    attempts "mnnc --emit=inference $name" "$mnnc" "$model" --emit=inference --weights weights -o out.c
}

check_compiler "$root/tests/golden/warn_several.mnn"
for model in "$@"; do
    model=$(realpath "$model")
    check_compiler "$model"
    check_program "$model"
done
echo "allocation failures: $runs runs, $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
