// The limit of this CPU: multiply-adds in registers that depend on nothing but themselves.
#pragma once

#include "vector.hpp"

namespace {

double peak(std::int64_t rounds, float* sink) {
  constexpr int kChains = 12;  // latency times throughput of every CPU in sight, with room
  const Full x = broadcast<Full>(0.999f), y = broadcast<Full>(1e-3f);
  Full sum[kChains];
  for (auto& s : sum) s = y;
  for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (auto& s : sum) s = fma(s, x, y);
  }
  for (int c = 1; c < kChains; ++c) sum[0] += sum[c];
  *sink = sum[0][0];
  return static_cast<double>(rounds) * kChains * kWidth;
}

}  // namespace
