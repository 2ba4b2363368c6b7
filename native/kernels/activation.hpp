// Activations and softmax.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scallion {

// What some activations are told besides x; each takes what it knows.
struct Bend {
  float negative_slope, max_value, threshold, alpha, scale;
};

// y = f(x), and dx = dy * f'(x), where `at` is y or x: see `lowering/activations.py`.
struct Activation {
  const char* name;
  void (*forward)(const float* x, std::int64_t count, const Bend&, float* y);
  void (*backward)(const float* at, const float* dy, std::int64_t count, const Bend&, float* dx);
};

struct ActivationKernels {
  const Activation* activations;
  std::int32_t activation_count;
  void (*softmax)(const float* x, std::int64_t rows, std::int32_t classes, float* y);
  void (*softmax_backward)(const float* y, const float* dy, std::int64_t rows, std::int32_t classes,
                           float* dx);
  void (*log_softmax)(const float* x, std::int64_t rows, std::int32_t classes, float* y);
  void (*log_softmax_backward)(const float* y, const float* dy, std::int64_t rows,
                               std::int32_t classes, float* dx);
};

}  // namespace scallion
