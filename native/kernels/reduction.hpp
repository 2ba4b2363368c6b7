// Sums along a row: sixteen partial sums whatever the register, added up in a fixed tree, so that
// every instruction set gives the same bits.
#pragma once

#include "channels.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// The first `count` floats of a register, and zeros.
inline Full first_of(Full v, int count) {
  float kept[kWidth] = {};
  store_full(kept, v, count);
  return load<Full>(kept);
}

// The sum of what body(i, lanes) gives for i = 0, kWidth, ... below `count`.
template <class Body>
inline float sum_along(int count, Body&& body) {
  constexpr int kParts = 16 / kWidth;
  Full part[kParts]{};
  for (int i = 0; i < count; i += 16) {
    for (int k = 0; k < kParts; ++k) {
      const int at = i + k * kWidth, left = count - at;
      if (left >= kWidth) {
        part[k] += body(at, kWidth);
      } else if (left > 0) {
        part[k] += first_of(body(at, left), left);
      }
    }
  }
  float sum[16];
  for (int k = 0; k < kParts; ++k) store(sum + k * kWidth, part[k]);
  for (int step = 8; step > 0; step /= 2) {
    for (int i = 0; i < step; ++i) sum[i] += sum[i + step];
  }
  return sum[0];
}

// body(i, lanes) for i = 0, kWidth, ...: a row of any length, one register at a time.
template <class Body>
inline void each_vector(std::int64_t count, Body&& body) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) body(i, kWidth);
  if (i < count) body(i, static_cast<int>(count - i));
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
