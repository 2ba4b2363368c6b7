// Optimizers, one piece of an array at a time. Formulas and order as Keras 3 computes them.
#pragma once

#include "table.hpp"
#include "vector.hpp"

namespace {

// `velocity` is null without momentum.
void sgd(float* w, const float* g, float* velocity, std::int64_t count, float rate, float momentum,
         bool nesterov) {
  if (!velocity) {
    for (std::int64_t i = 0; i < count; ++i) w[i] -= g[i] * rate;
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const float step = g[i] * rate;
    velocity[i] = velocity[i] * momentum - step;
    w[i] += nesterov ? velocity[i] * momentum - step : velocity[i];
  }
}

// `new_1` is 1 - beta_1, and so on; `rate` already holds the bias corrections: lr * sqrt(1 - beta_2**t) / (1 - beta_1**t).
void adam(float* w, const float* g, float* m, float* v, std::int64_t count, float rate,
          float new_1, float new_2, float epsilon) {
  for (std::int64_t i = 0; i < count; ++i) {
    m[i] += (g[i] - m[i]) * new_1;
    v[i] += (g[i] * g[i] - v[i]) * new_2;
    w[i] -= m[i] * rate / (__builtin_sqrtf(v[i]) + epsilon);
  }
}

}  // namespace
