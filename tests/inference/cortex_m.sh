#!/bin/sh
# examples/cortex-m: builds within 32 KB of flash and says on the emulated board what the same code says here.
#
#   tests/inference/cortex_m.sh MNNC CC BUILD_DIR
#
# Left out, and said so, without arm-none-eabi-gcc and qemu-system-arm (packages gcc-arm-none-eabi, qemu-system-arm).
# The generated code calls nothing else than docs/inference.md says: also those of golden/, for a Cortex-M0+ and a
# Cortex-M4. All data are made up. Exit code: 0 all passed or left out, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/inference"
mkdir "$work/data"

for tool in arm-none-eabi-gcc qemu-system-arm; do
    command -v $tool >/dev/null || {
        echo "Cortex-M: left out, $tool is not installed"
        exit 0
    }
done
cp "$root"/examples/cortex-m/*.[ch] "$root/examples/cortex-m/board.ld" "$root/examples/cortex-m/Makefile" "$work" || exit 1
cd "$work" || exit 1

make_board() { # TARGET
    make -s MNNC="$mnnc" MODEL="$root/models/mlp.mnn" WEIGHTS=w.safetensors DATA=data CC="$cc" \
        CFLAGS="-Os -Wall -Wextra -Werror" "$1"
}

prepare() {
    make_tools make_idx && ./make_idx data 7 400 100 10 28 28 && compile_model "$root/models/mlp.mnn" mlp &&
        ./mlp train --quiet --data data --epochs 3 --save w.safetensors
}

prepare >log 2>&1 || { fail "training"; finish Cortex-M; }

# called FILE...: functions that the objects need, other than libgcc's arithmetic
# shellcheck disable=SC2086 # flags are a list
called() {
    for source in "$@"; do
        for flags in "-Os -mcpu=cortex-m4" "-O3 -mcpu=cortex-m4" "-Os -mcpu=cortex-m0plus" "-O3 -mcpu=cortex-m0plus"; do
            arm-none-eabi-gcc -std=c99 -ffreestanding -mthumb $flags -Istubs -I"$here/golden" -c "$source" -o called.o &&
                arm-none-eabi-nm -u called.o >>undefined || return 1
        done
    done
    awk '{ print $NF }' undefined | grep -v '^__aeabi_[a-z0-9]*$' | sort -u
}

# There is no C library for the board here, whose math.h would be read.
all_documented() {
    mkdir stubs
    echo 'float expf(float), expm1f(float), log1pf(float), tanhf(float), erff(float), fabsf(float), sqrtf(float);' >stubs/math.h
    # shellcheck disable=SC2016 # backquotes of Markdown
    documented=$(sed -n '/^Functions that the code calls/,/^$/p' "$root/docs/inference.md" | grep -o '`[a-z0-9_]*`' | tr -d '`')
    called digits.c "$here"/golden/*.c >calls || return 1
    cat calls
    grep -q expf calls || { echo "a call that is known is not seen"; return 1; }
    ! echo "$documented" | grep -vxFf - calls
}

make_board digits.elf >log 2>&1
verdict $? "builds within 32 KB of flash and 4 KB of RAM: $(grep '^flash' log)"
all_documented >log 2>&1
verdict $? "calls only what docs/inference.md lists: $(tr '\n' ' ' <calls)"
timeout "$patience" make -s MNNC="$mnnc" MODEL="$root/models/mlp.mnn" WEIGHTS=w.safetensors DATA=data run >board_says 2>log
cat board_says >>log
[ "$(grep -c '^image' board_says)" -eq 10 ]
verdict $? "runs"
cat >here.c <<'END'
#include <stdio.h>
#include "board.h"
void print(const char *text)
{
    fputs(text, stdout);
}
END
# shellcheck disable=SC2086
$cc -std=gnu11 -O1 main.c here.c digits.c -o here 2>log && ./here >here_says && cmp board_says here_says >>log
verdict $? "says what it says here: $(tail -n 1 board_says)"
finish Cortex-M
