#!/bin/sh
# An OpenBLAS that computes wrongly on this processor: a program reports it in one line, and its results are right. Where
# OpenBLAS is right, or a program does not use it, nothing is said.
#
#   tests/programs/openblas.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1 something failed,
# 2 usage, 77 skipped: OpenBLAS is linked statically, or the build is one with sanitizers.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
cd "$work" || exit 1
shown=err
case $cc in
*-fsanitize*) skip openblas "sanitizers must be loaded first" ;;
esac

# describe LAYER
describe() {
    cat <<END
data d {
    train = idx("i", "l")
    reshape(12, 12, 2)
}
model m {
    conv2d(4, 1)
    $1
    flatten()
    dense(10, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam
}
END
}

# the copies of OpenBLAS that pkg-config names come with its header
# shellcheck disable=SC2046,SC2086
$cc -std=gnu11 -O1 -shared -fPIC $(pkg-config --cflags openblas) "$here/wrong_openblas.c" -o wrong.so -ldl || exit 1
describe "conv2d(6, 3, dilation_rate=2)" >uses.mnn
describe "conv2d(6, 3)" >uses-none.mnn
mnnc_options=--with-reference
for program in uses uses-none; do
    compile_model $program.mnn $program -O2 -march=native || exit 1
done
ldd uses | grep -q openblas || skip openblas "it is linked statically"

said="OpenBLAS computes wrong matrix products on this processor"
for wrong in first last transposed beta nan; do
    expect 0 "$said" "OpenBLAS is wrong: $wrong" env WRONG=$wrong "LD_PRELOAD=$work/wrong.so" ./uses gradcheck --threads 1
    if [ "$(grep -c OpenBLAS err)" -eq 1 ]; then ok; else fail "$wrong: one line on standard error"; fi
done
expect 0 "" "OpenBLAS is right" env WRONG=none "LD_PRELOAD=$work/wrong.so" ./uses gradcheck --threads 1
if grep -q OpenBLAS err; then fail "a right OpenBLAS is reported"; else ok; fi
expect 0 "no memory for the buffer of OpenBLAS" "OpenBLAS has no memory" sh -c 'ulimit -v 150000; "$@"' sh \
    ./uses gradcheck --threads 1
expect 0 "" "a program without OpenBLAS" env WRONG=first "LD_PRELOAD=$work/wrong.so" ./uses-none gradcheck --threads 1
if grep -q OpenBLAS err; then fail "a wrong OpenBLAS that is not used is reported"; else ok; fi
"$mnnc" --with-reference --blas-only uses-none.mnn -o blas-only.c || fail "--blas-only"
# shellcheck disable=SC2086
$cc -std=gnu11 -O2 $cflags blas-only.c $libs -o blas-only || fail "--blas-only: the program"
expect 0 "$said" "--blas-only with a wrong OpenBLAS" env WRONG=last "LD_PRELOAD=$work/wrong.so" ./blas-only gradcheck --threads 2
finish openblas
