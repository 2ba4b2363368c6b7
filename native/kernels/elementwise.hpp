// Elementwise operations and strided copies.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scallion {

// Places of one image, walked in order: along each axis steps in what is read and in what is
// written. A step of 0 reads again, or adds up.
constexpr int kAxes = 5;
struct Box {
  std::int32_t sides[kAxes];
  std::int32_t x_steps[kAxes], y_steps[kAxes];
};

struct ElementwiseKernels {
  bool (*finite)(const float* x, std::int64_t count);
  void (*add)(const float* a, const float* b, std::int64_t count, float* y);
  void (*add_relu)(const float* a, const float* b, std::int64_t count, float* y);
  void (*scale)(const float* x, std::int64_t count, float factor, float shift, float* y);
  void (*subtract)(const float* a, const float* b, std::int64_t count, float* y);
  void (*multiply_each)(const float* a, const float* b, std::int64_t count, float* y);
  void (*largest)(const float* a, const float* b, std::int64_t count, float* y);
  void (*smallest)(const float* a, const float* b, std::int64_t count, float* y);
  void (*choose)(const float* a, const float* b, const float* dy, std::int64_t count, bool larger,
                 float* da);
  void (*move)(const Box&, const float* x, float* y, bool add);
};

}  // namespace scallion
