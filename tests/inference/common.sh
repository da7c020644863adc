# What the tests of inference code share; sourced, with $cc, $work and $root set.

clang=$(command -v clang || true)
strict="-std=c99 -O2 -ffreestanding -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

# What inference code may leave to others: memcpy, which compilers make of loops, and functions of math.h.
allowed='^(memcpy|expf|expm1f|log1pf|tanhf|erff|fabsf|sqrtf)$'

# clean FILE.c: compiles without a warning with CC and clang, and calls nothing but what is allowed.
# cc and strict are lists of words.
# shellcheck disable=SC2086
clean() {
    $cc $strict -c "$1" -o "$1.o" || return 1
    undefined=$(nm -u "$1.o" | awk '{ print $NF }' | grep -vE "$allowed|^_GLOBAL_OFFSET_TABLE_$|^__(asan|ubsan|gcov)_")
    [ -z "$undefined" ] || { echo "calls $undefined"; return 1; }
    [ -z "$clang" ] || "$clang" $strict -fsyntax-only "$1"
}

# The table of models/regression.mnn, in the folder energy.
# shellcheck disable=SC2086
make_energy() {
    mkdir -p energy
    $cc -std=gnu11 -O1 "$root/examples/table/csv_to_idx.c" -lm -o csv_to_idx &&
        "$root/examples/table/make_table.sh" >table.csv && ./csv_to_idx table.csv 2 energy >/dev/null
}

# The folder with the data of a model, or nothing. For MNIST Fashion-MNIST does too.
data_of() {
    folder=$(sed -n 's/.*train *= *idx("\([^/"]*\)\/.*/\1/p' "$root/models/$1.mnn")
    case $folder in
    energy) make_energy && echo energy ;;
    mnist) find_pictures ;;
    *) find_data "$folder" train-images-idx3-ubyte ;;
    esac
}
