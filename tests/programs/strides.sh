#!/bin/sh
# Strides of conv2d and pooling, up to far beyond the input and with kernels of many sizes: losses and gradients of
# generated programs against sums written out from the definition, in test_strides.c.
#
#   tests/programs/strides.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1 something failed,
# 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
quiet=yes

# describe LAYER HEIGHT WIDTH
describe() {
    cat <<END
data d {
    train = idx("i", "l")
    reshape($2, $3, 1)
}
model m {
    conv2d(1, 1, use_bias=false)
    $1
    flatten()
}
train {
    loss = mse
    optimizer = sgd
}
END
}

# agrees KIND LAYER HEIGHT WIDTH WINDOW STRIDE SAME
agrees() {
    kind=$1
    describe "$2" "$3" "$4" | compile_around -std=gnu11 -O1 "$here/test_strides.c" || return
    shift 2
    "$work/test" "$kind" "$@"
}

# compare KIND LAYER HEIGHT WIDTH WINDOW STRIDE SAME
compare() {
    check "$2 on $3 x $4" agrees "$@"
}

# strides HEIGHT WIDTH WINDOW STRIDE SAME: of all three layers; what must not be walked through ends in time
strides() {
    more="strides=$4"
    [ "$5" -eq 0 ] || more="$more, padding=same"
    compare 0 "conv2d(1, $3, use_bias=false, $more)" "$@"
    compare 1 "maxpool2d($3, $more)" "$@"
    compare 2 "avgpool2d($3, $more)" "$@"
}

for same in 0 1; do
    strides 7 9 3 2 $same
    strides 9 8 3 8 $same
    strides 5 8 4 20000 $same
    strides 40 41 20 19 $same
done
strides 8 5 1 2147483647 0
strides 3 4 7 2 1
# a window that covers everything
compare 1 "maxpool2d(13, strides=2, padding=same)" 3 4 13 2 1
compare 2 "avgpool2d(1073741823, strides=2, padding=same)" 3 4 1073741823 2 1
finish strides
