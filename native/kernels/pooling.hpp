// Pooling over windows and over whole images, one image at a time: the interface of pooling.cpp.
//
// x (H, W, C) with `row` = W * C floats per row, y (windows, C).
#pragma once

#include <cstdint>

namespace scallion {

// The input pixels of one output of a pooling, clipped to the image.
struct PoolingWindow {
  std::int32_t x;  // offset of its first pixel
  std::int32_t rows, columns;
};

struct PoolingKernels {
  void (*max_pool)(const PoolingWindow*, std::int32_t count, std::int32_t row,
                   std::int32_t channels, const float* x, float* y);
  // dx gets dy at the first maximum of each window. Where windows `overlap`, it is added. Where
  // `relu_mask` is set, x came out of a ReLU, whose gradient is applied, too: maxima that are not
  // positive pass nothing.
  void (*max_pool_backward)(const PoolingWindow*, std::int32_t count, std::int32_t row,
                            std::int32_t channels, bool overlap, bool relu_mask, const float* x,
                            const float* y, const float* dy, float* dx);

  // Means do not count padding.
  void (*average_pool)(const PoolingWindow*, std::int32_t count, std::int32_t row,
                       std::int32_t channels, const float* x, float* y);
  void (*average_pool_backward)(const PoolingWindow*, std::int32_t count, std::int32_t row,
                                std::int32_t channels, bool overlap, const float* dy, float* dx);

  // x, dx (pixels, C), y, dy (C,).
  void (*global_average_pool)(const float* x, std::int64_t pixels, std::int32_t channels, float* y);
  void (*global_average_pool_backward)(const float* dy, std::int64_t pixels, std::int32_t channels,
                                       float* dx);
  void (*global_max_pool)(const float* x, std::int64_t pixels, std::int32_t channels, float* y);
  // Equal maxima share the gradient.
  void (*global_max_pool_backward)(const float* x, const float* y, const float* dy,
                                   std::int64_t pixels, std::int32_t channels, float* dx);
};

}  // namespace scallion
