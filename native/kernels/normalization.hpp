// Batch normalization.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scallion {

// What batch normalization does to a channel: y = x * scale + shift, then relu if asked.
struct Affine {
  const float* scale;
  const float* shift;
  bool relu;
};

struct NormalizationKernels {
  // Batch normalization, channel by channel. `moments` gives each channel's mean and its sum of
  // squared distances from it; `slope_sums` the sums of dy and of dy * (x - mean), behind the relu.
  void (*moments)(const float* x, std::int64_t pixels, std::int32_t channels, float* mean,
                  float* squares);
  void (*normalize)(const float* x, std::int64_t pixels, std::int32_t channels, const Affine&,
                    float* y);
  void (*slope_sums)(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
                     const Affine&, const float* mean, float* sum, float* along);
  // dx = dy * scale + x * per_x + per_one, behind the relu.
  void (*normalize_backward)(const float* x, const float* dy, std::int64_t pixels,
                             std::int32_t channels, const Affine&, const float* per_x,
                             const float* per_one, float* dx);
};

}  // namespace scallion
