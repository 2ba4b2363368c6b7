// The softmax of one row, which activations and losses share.
#pragma once

#include "math.hpp"
#include "reduction.hpp"

namespace scallion::SCALLION_ISA {
namespace {

inline float row_maximum(const float* x, int count) {
  float result = x[0];
  for (int i = 1; i < count; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

// y (classes,) = softmax(x (classes,)). Returns log(sum(exp(x))): minus x[c], it is -log(y[c]).
inline float softmax_row(const float* x, std::int32_t classes, float* y) {
  const float largest = row_maximum(x, classes);
  const float total = reduce_sum(classes, [&](int i, int n) {
    const Full power = exp(load_lanes(x + i, n) - splat(largest));
    store_lanes(y + i, power, n);
    return power;
  });
  const Full inverse = splat(1.0f / total);
  for_each_vector(classes, [&](std::int64_t i, int n) {
    store_lanes(y + i, load_lanes(y + i, n) * inverse, n);
  });
  return largest + log(total);
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
