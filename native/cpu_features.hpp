// The instructions that this x86-64 CPU has and that the system lets programs use.
//
// The compilers' own __builtin_cpu_supports needs a run-time library that not every toolchain has:
// with zig's it denies everything.
#pragma once

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>

namespace scallion {

struct CpuFeatures {
  bool avx2 = false;    // with fused multiply-adds
  bool avx512 = false;  // F, VL, BW and DQ, and avx2
};

// The registers that the system saves when it switches threads: XCR0.
inline std::uint64_t saved_registers() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

inline CpuFeatures cpu_features() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return {};
  const auto has = [](unsigned word, int bit) { return (word >> bit & 1u) != 0; };
  const bool fma = has(c, 12), xsave = has(c, 27), avx = has(c, 28);
  if (!fma || !xsave || !avx || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return {};
  constexpr std::uint64_t kYmm = 0x6, kZmm = 0xe0;
  const std::uint64_t saved = saved_registers();
  CpuFeatures found;
  found.avx2 = has(b, 5) && (saved & kYmm) == kYmm;
  found.avx512 =
      found.avx2 && has(b, 16) && has(b, 17) && has(b, 30) && has(b, 31) && (saved & kZmm) == kZmm;
  return found;
}

}  // namespace scallion
#endif
