// Sums over a row. Every instruction set adds in the same order, hence bit-identical: sixteen
// partial sums whatever the width of the registers, then a fixed tree.
#pragma once

#include "vector_loops.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// The first `count` floats of a register, and zeros.
inline Full first_lanes(Full v, int count) {
  float kept[kWidth] = {};
  store_lanes(kept, v, count);
  return load<Full>(kept);
}

// The sum of all body(i, lanes) for i = 0, kWidth, ... below `count`. Each returns a register, of
// which the first `lanes` floats count.
template <class Body>
inline float reduce_sum(int count, Body&& body) {
  constexpr int kParts = 16 / kWidth;
  Full part[kParts]{};
  for (int i = 0; i < count; i += 16) {
    for (int k = 0; k < kParts; ++k) {
      const int at = i + k * kWidth, left = count - at;
      if (left >= kWidth) {
        part[k] += body(at, kWidth);
      } else if (left > 0) {
        part[k] += first_lanes(body(at, left), left);
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

}  // namespace
}  // namespace scallion::SCALLION_ISA
