#!/bin/sh
# What the figures were measured on: processor, caches, system, compilers, libraries. No names, no paths.
# Usage: machine.sh [short]; short: a clause for a sentence
set -eu
cpu() {
    lscpu | sed -n "s/^ *$1: *//p" | head -n 1
}
version() {
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null || echo "not installed"
}
if [ "${1:-}" = short ]; then
    echo "$(nproc) cores of an $(cpu 'Model name') (family $(cpu 'CPU family') model $(cpu Model)), $(cc --version | sed -n '1s/.*) /gcc /p')," \
        "PyTorch $(version python3-torch | sed 's/[+-].*//')"
    exit
fi
echo "- processor: $(cpu 'Model name'), family $(cpu 'CPU family') model $(cpu Model), $(nproc) to use;$(
    for flag in avx2 avx512f; do grep -m 1 '^flags' /proc/cpuinfo | grep -qw $flag && printf ' %s' $flag; done
)$(grep -m 1 -q '^flags.*hypervisor' /proc/cpuinfo && echo '; a virtual machine')"
echo "- caches: L1d $(cpu 'L1d cache'), L2 $(cpu 'L2 cache'), L3 $(cpu 'L3 cache')"
echo "- memory: $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo)"
echo "- system: $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r | cut -d. -f1,2)"
echo "- compiler: $(cc --version | head -n 1), \`-O3 -march=native\`"
echo "- libraries: OpenBLAS $(version libopenblas0-pthread), PyTorch $(version python3-torch), oneDNN $(version libdnnl2)"
echo "- allocator of PyTorch: tcmalloc $(version libtcmalloc-minimal4)"
[ ! -x "${work:-}/triad" ] || echo "- memory, a = b + s c, one thread, GB/s: $("$work/triad")"
echo "- load when it began: $(cut -d ' ' -f 1 /proc/loadavg) (a quiet machine has less than 0.5)"
