// The softmax of one row, which activations and losses share.
#pragma once

#include "math.hpp"
#include "reduction.hpp"

namespace scallion::SCALLION_ISA {
namespace {

inline float largest_of(const float* x, int count) {
  float largest = x[0];
  for (int i = 1; i < count; ++i) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

// y = softmax(x) of one row; returns log of the sum of exp, so that -log p of a class is that minus
// its score.
inline float soften(const float* x, std::int32_t classes, float* y) {
  const float largest = largest_of(x, classes);
  const float total = sum_along(classes, [&](int i, int n) {
    const Full grown = exponential(load_full(x + i, n) - all(largest));
    store_full(y + i, grown, n);
    return grown;
  });
  const Full inverse = all(1.0f / total);
  each_vector(classes,
              [&](std::int64_t i, int n) { store_full(y + i, load_full(y + i, n) * inverse, n); });
  return largest + logarithm(total);
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
