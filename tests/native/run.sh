#!/usr/bin/env bash
# The hashes of one instruction set's kernels: tests/native/run.sh avx2|avx512|baseline|neon
# NEON is compiled by aarch64-linux-gnu-g++ and runs in qemu-aarch64-static, both from Debian
# (g++-aarch64-linux-gnu, qemu-user-static), unless the machine is an ARM itself.
set -euo pipefail
cd "$(dirname "$0")/../.."
isa=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
compiler=${CXX:-g++} emulator=()
flags=(-std=c++20 -O2 -fno-math-errno -fno-trapping-math -ffp-contract=off -Inative)
case $isa in
    baseline) own=(-march=x86-64-v2) ;;
    avx2) own=(-march=x86-64-v2 -mavx2 -mfma) ;;
    avx512) own=(-march=x86-64-v2 -mavx2 -mfma -mavx512f -mavx512vl -mavx512bw -mavx512dq) ;;
    neon)
        own=()
        if [ "$(uname -m)" != aarch64 ]; then
            compiler=aarch64-linux-gnu-g++ emulator=(qemu-aarch64-static)
            flags+=(-static)
        fi
        ;;
    *) echo "run.sh: no instruction set $isa" >&2; exit 2 ;;
esac
flags+=("-DSCALLION_ISA=$isa")
# The kernels have the instruction set's own flags; two files are compiled at a time.
export out
printf '%s\0' native/kernels/*.cpp | xargs -0 -P 2 -I {} \
    sh -c '"$@" -c "$0" -o "$out/$(basename "$0" .cpp).o"' {} \
    "$compiler" "${flags[@]}" ${own[@]+"${own[@]}"}
# A function that the linker may merge with that of another file (`W`) would hand this instruction
# set's code to older processors.
if nm -C "$out"/*.o | grep ' W '; then
    echo "run.sh: kernels must have internal linkage" >&2
    exit 1
fi
"$compiler" "${flags[@]}" -c tests/native/hashes.cpp -o "$out/hashes.o"
"$compiler" "${flags[@]}" "$out"/*.o -o "$out/hashes"
${emulator[@]+"${emulator[@]}"} "$out/hashes"
