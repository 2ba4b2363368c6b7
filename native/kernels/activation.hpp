// Activations: y = f(x), and dx = dy * f'(x), the slope computed from the output where it tells.
#pragma once

#include "functions.hpp"
#include "sums.hpp"
#include "table.hpp"

namespace {

using scallion::Activation;
using scallion::Bend;

template <class Function>
inline void each_activated(const float* x, std::int64_t count, float* y, Function&& f) {
  each_vector(count, [&](std::int64_t i, int n) { store_full(y + i, f(load_full(x + i, n)), n); });
}

template <class Slope>
inline void each_slope(const float* at, const float* dy, std::int64_t count, float* dx, Slope&& f) {
  each_vector(count, [&](std::int64_t i, int n) {
    store_full(dx + i, f(load_full(at + i, n), load_full(dy + i, n)), n);
  });
}

void relu(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return maximum(v, Full{}); });
}

void relu_backward(const float* y, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(y, dy, count, dx, [](Full v, Full d) { return v > Full{} ? d : Full{}; });
}

// `slope` up to the threshold, then x, then the limit; at the threshold it counts as below, at the
// limit as above.
void rectify(const float* x, std::int64_t count, const Bend& b, float* y) {
  each_activated(x, count, y, [&](Full v) {
    const Full low = all(b.slope) * (v - all(b.threshold));
    return v <= all(b.threshold) ? low : (v > all(b.limit) ? all(b.limit) : v);
  });
}

void rectify_backward(const float* x, const float* dy, std::int64_t count, const Bend& b,
                      float* dx) {
  each_slope(x, dy, count, dx, [&](Full v, Full d) {
    return v <= all(b.threshold) ? d * all(b.slope) : (v < all(b.limit) ? d : Full{});
  });
}

void sigmoid(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return logistic(v); });
}

void sigmoid_backward(const float* y, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(y, dy, count, dx, [](Full v, Full d) { return d * v * (all(1.0f) - v); });
}

void tanh(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return hyperbolic_tangent(v); });
}

void tanh_backward(const float* y, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(y, dy, count, dx, [](Full v, Full d) { return d * (all(1.0f) - v * v); });
}

constexpr Activation kActivations[] = {
    {"relu", relu, relu_backward},
    {"rectify", rectify, rectify_backward},
    {"sigmoid", sigmoid, sigmoid_backward},
    {"tanh", tanh, tanh_backward},
};

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
  each_vector(classes, [&](std::int64_t i, int n) {
    store_full(y + i, load_full(y + i, n) * inverse, n);
  });
  return largest + logarithm(total);
}

void softmax(const float* x, std::int64_t rows, std::int32_t classes, float* y) {
  for (std::int64_t r = 0; r < rows; ++r) soften(x + r * classes, classes, y + r * classes);
}

void softmax_backward(const float* y, const float* dy, std::int64_t rows, std::int32_t classes,
                      float* dx) {
  for (; rows > 0; --rows, y += classes, dy += classes, dx += classes) {
    const Full along = all(sum_along(classes, [&](int i, int n) {
      return load_full(y + i, n) * load_full(dy + i, n);
    }));
    each_vector(classes, [&](std::int64_t i, int n) {
      store_full(dx + i, load_full(y + i, n) * (load_full(dy + i, n) - along), n);
    });
  }
}

}  // namespace
