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
"$compiler" "${flags[@]}" ${own[@]+"${own[@]}"} "-DSCALLION_ISA=$isa" -c native/kernels/kernels.cpp -o "$out/kernels.o" &
"$compiler" "${flags[@]}" "-DSCALLION_ISA=$isa" -c tests/native/hashes.cpp -o "$out/hashes.o"
wait %1
"$compiler" "${flags[@]}" "$out/kernels.o" "$out/hashes.o" -o "$out/hashes"
${emulator[@]+"${emulator[@]}"} "$out/hashes"
