// Normalization per channel and per row: the interface of normalization.cpp and
// row_normalization.cpp.
//
// Per channel: x, y, dx, dy (pixels, C); all statistics and coefficients (C,).
// Per row: x, y, dx, dy (rows, size); inverse (rows,).
#pragma once

#include <cstdint>

namespace scallion {

// The normalization with gamma, beta, mean and variance folded in: y = x * scale + shift, then
// max(y, 0) where `relu` is set.
struct ChannelAffine {
  const float* scale;
  const float* shift;
  bool relu;
};

struct NormalizationKernels {
  // The mean of each channel, and the sum of squared differences from it.
  void (*moments)(const float* x, std::int64_t pixels, std::int32_t channels, float* mean,
                  float* sum_of_squares);
  void (*forward)(const float* x, std::int64_t pixels, std::int32_t channels, const ChannelAffine&,
                  float* y);
  // sum = sum(dy), sum_x = sum(dy * (x - mean)), with the ReLU's gradient applied to dy.
  void (*gradient_sums)(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
                        const ChannelAffine&, const float* mean, float* sum, float* sum_x);
  // dx = dy * scale + x * x_coefficient + constant, with the ReLU's gradient applied to dy.
  void (*backward)(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
                   const ChannelAffine&, const float* x_coefficient, const float* constant,
                   float* dx);
};

struct RowNormalizationKernels {
  // y = (x - mean) * inverse, inverse = 1 / sqrt(variance + epsilon), each of its row.
  void (*forward)(const float* x, std::int64_t rows, std::int32_t size, float epsilon, float* y,
                  float* inverse);
  // dx = (dy - mean(dy) - y * mean(dy * y)) * inverse
  void (*backward)(const float* y, const float* dy, const float* inverse, std::int64_t rows,
                   std::int32_t size, float* dx);
};

}  // namespace scallion
