#!/bin/sh
# examples/web: the page is built, its WebAssembly says what the trainer says, and in a browser one can draw in it.
#
#   tests/inference/web.sh MNNC CC BUILD_DIR
#
# With digits that are made up, and with MNIST where it is found along MNN_DATA_PATH. What a missing clang, wasm-ld, node,
# chromedriver or chromium makes impossible is left out, and said so. Exit code: 0 all passed or left out, 1 something
# failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
missing() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "$tool"; return; }
    done
}
lacks=$(missing clang wasm-ld node)
if [ -n "$lacks" ]; then
    echo "web: left out, $lacks is not installed"
    exit 0
fi
make_work "$build/tests/inference"
mkdir "$work/strokes"
cp -r "$root"/examples/web/* "$work" || exit 1
cd "$work" || exit 1

# count COMMAND...: its lines "ok" and "FAIL"; a command that ends otherwise without such a line has failed too.
count() {
    timeout 900 "$@" >lines 2>log
    status=$?
    cat lines
    passed=$((passed + $(grep -c '^ok' lines)))
    failures=$(grep -c '^FAIL' lines)
    if [ "$status" -ne 0 ] && [ "$failures" -eq 0 ]; then
        echo "FAIL $* (exit $status)"
        head -n 20 log | sed 's/^/  > /'
        failures=1
    fi
    failed=$((failed + failures))
}

# shellcheck disable=SC2086 # words
programs() {
    $cc -std=gnu11 -O1 -I"$root/runtime" $cflags "$here/make_strokes.c" $libs -o make_strokes &&
        ./make_strokes strokes 1 3000 300 && compile_model "$root/models/mlp.mnn" mlp -O1 -march=native
}

# page DATA EPOCHS: digits.html from weights of this training
page() {
    ./mlp train --quiet --data "$1" --epochs "$2" --save w.safetensors &&
        make -s -B MNNC="$mnnc" MODEL="$root/models/mlp.mnn" WEIGHTS=w.safetensors MNN="$root" \
            CFLAGS="-O2 -Wall -Wextra -Wconversion -Werror" digits.html &&
        echo "ok   web: a page of $(wc -c <digits.html) bytes, of which WebAssembly $(wc -c <digits.wasm)"
}

# both DATA EPOCHS
both() {
    pictures=$1/t10k-images-idx3-ubyte
    [ -e "$pictures" ] || pictures=$pictures.gz
    page "$1" "$2" >lines 2>log || { cat lines; fail "web: the page"; return; }
    tail -n 1 lines
    count node "$here/web_module.js" digits.wasm ./mlp w.safetensors . "$pictures" 1000
    [ -n "$browser_lacks" ] || count node "$here/web_page.js" digits.html
}

programs >log 2>&1 || { fail "web: training"; finish examples/web; }
browser_lacks=$(missing chromedriver chromium)
[ -z "$browser_lacks" ] || echo "web: the browser is left out, $browser_lacks is not installed"
both strokes 6
mnist=$(find_data mnist t10k-images-idx3-ubyte)
if [ -n "$mnist" ]; then
    both "$mnist" 3
else
    echo "web: MNIST is left out, it is not here"
fi
finish examples/web
