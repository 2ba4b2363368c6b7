// Elementwise operations and strided copies: the interface of elementwise.cpp.
#pragma once

#include <cstdint>

namespace scallion {

// Elements of two arrays that correspond: a common shape, and the strides in floats of each array.
// A stride of 0 repeats an element of x, or sums into one of y.
constexpr int kMaxAxes = 5;
struct StridedBox {
  std::int32_t shape[kMaxAxes];
  std::int32_t x_strides[kMaxAxes], y_strides[kMaxAxes];
};

// All arrays are (count,).
struct ElementwiseKernels {
  // Returns true if no element is NaN or infinite.
  bool (*is_finite)(const float* x, std::int64_t count);
  // y = x * scale + offset
  void (*rescale)(const float* x, std::int64_t count, float scale, float offset, float* y);

  void (*add)(const float* a, const float* b, std::int64_t count, float* y);
  // y = max(a + b, 0)
  void (*add_relu)(const float* a, const float* b, std::int64_t count, float* y);
  void (*subtract)(const float* a, const float* b, std::int64_t count, float* y);
  void (*multiply)(const float* a, const float* b, std::int64_t count, float* y);
  void (*divide)(const float* a, const float* b, std::int64_t count, float* y);
  void (*maximum)(const float* a, const float* b, std::int64_t count, float* y);
  void (*minimum)(const float* a, const float* b, std::int64_t count, float* y);
  // The gradient of max(a, b), or of min(a, b), with respect to a. Equal elements share dy.
  void (*select_gradient)(const float* a, const float* b, const float* dy, std::int64_t count,
                          bool is_maximum, float* da);

  // y = x, or y += x where `accumulate` is set, over all elements of the box in order.
  void (*strided_copy)(const StridedBox&, const float* x, float* y, bool accumulate);
};

}  // namespace scallion
