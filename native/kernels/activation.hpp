// Activations and softmax: the interface of activation.cpp.
#pragma once

#include <cstdint>

namespace scallion {

// The parameters of all activations, of which each reads its own: `general_relu` the first three,
// `elu` (and with it selu) the last two.
struct ActivationParameters {
  float negative_slope, max_value, threshold, alpha, scale;
};

// y = f(x) and dx = dy * f'(x), all (count,). `saved` is y where the derivative follows from it,
// else x: see lowering/activations.py.
struct Activation {
  const char* name;
  void (*forward)(const float* x, std::int64_t count, const ActivationParameters&, float* y);
  void (*backward)(const float* saved, const float* dy, std::int64_t count,
                   const ActivationParameters&, float* dx);
};

// x, y, dx, dy: (rows, classes)
struct ActivationKernels {
  const Activation* functions;
  std::int32_t function_count;
  void (*softmax)(const float* x, std::int64_t rows, std::int32_t classes, float* y);
  void (*softmax_backward)(const float* y, const float* dy, std::int64_t rows, std::int32_t classes,
                           float* dx);
  void (*log_softmax)(const float* x, std::int64_t rows, std::int32_t classes, float* y);
  void (*log_softmax_backward)(const float* y, const float* dy, std::int64_t rows,
                               std::int32_t classes, float* dx);
};

}  // namespace scallion
