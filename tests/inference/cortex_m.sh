#!/bin/sh
# examples/cortex-m: builds within 32 KB of flash and says on the emulated board what the same code says here.
#
#   tests/inference/cortex_m.sh MNNC CC BUILD_DIR
#
# Left out, and said so, without arm-none-eabi-gcc and qemu-system-arm (packages gcc-arm-none-eabi, qemu-system-arm).
# All data are made up. Exit code: 0 all passed or left out, 1 something failed, 2 usage.
set -u

if [ $# -ne 3 ]; then
    echo "usage: $0 MNNC CC BUILD_DIR" >&2
    exit 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
mnnc=$(realpath "$1") cc=$2 build=$(realpath "$3")
for tool in arm-none-eabi-gcc qemu-system-arm; do
    command -v $tool >/dev/null || {
        echo "Cortex-M: left out, $tool is not installed"
        exit 0
    }
done
work=$build/tests/inference/cortex_m-$$
mkdir -p "$work/data" || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PKG_CONFIG_PATH=$build${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
cp "$root"/examples/cortex-m/*.[ch] "$root/examples/cortex-m/board.ld" "$root/examples/cortex-m/Makefile" "$work" || exit 1
cd "$work" || exit 1
passed=0
bad=0

verdict() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok   $2"
    else
        bad=$((bad + 1))
        echo "FAIL $2"
        head -n 20 log | sed 's/^/  > /'
    fi
}

make_board() { # TARGET
    make -s MNNC="$mnnc" MODEL="$root/models/mlp.mnn" WEIGHTS=w.safetensors DATA=data CC="$cc" \
        CFLAGS="-Os -Wall -Wextra -Werror" "$1"
}

# shellcheck disable=SC2046,SC2086
prepare() {
    $cc -std=gnu11 -O1 "$root/tests/programs/make_idx.c" -o make_idx && ./make_idx data 7 400 100 10 28 28 &&
        "$mnnc" "$root/models/mlp.mnn" -o mlp_trainer.c &&
        $cc -std=gnu11 -O1 $(pkg-config --cflags mnn) mlp_trainer.c $(pkg-config --libs mnn) -o mlp &&
        ./mlp train --quiet --data data --epochs 3 --save w.safetensors
}

prepare >log 2>&1 || { verdict 1 "training"; exit 1; }
make_board digits.elf >log 2>&1
verdict $? "builds within 32 KB of flash and 4 KB of RAM: $(grep '^flash' log)"
timeout 60 make -s MNNC="$mnnc" MODEL="$root/models/mlp.mnn" WEIGHTS=w.safetensors DATA=data run >board_says 2>log
cat board_says >>log
[ "$(grep -c '^picture' board_says)" -eq 10 ]
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
echo "Cortex-M: $passed passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$passed" -gt 0 ]
