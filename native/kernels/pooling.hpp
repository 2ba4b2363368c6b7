// Pooling over windows and over whole images.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scallion {

// One output of a pooling: its window, clipped to the image.
struct Window {
  std::int32_t x;  // where it starts
  std::int32_t rows, columns;
};

struct PoolingKernels {
  // Pooling of one image: `row` floats a row of the input.
  void (*max_pool)(const Window*, std::int32_t count, std::int32_t row, std::int32_t channels,
                   const float* x, float* y);
  void (*max_pool_backward)(const Window*, std::int32_t count, std::int32_t row,
                            std::int32_t channels, bool overlap, bool mask, const float* x,
                            const float* y, const float* dy, float* dx);
  void (*average_pool)(const Window*, std::int32_t count, std::int32_t row, std::int32_t channels,
                       const float* x, float* y);
  void (*average_pool_backward)(const Window*, std::int32_t count, std::int32_t row,
                                std::int32_t channels, bool overlap, const float* dy, float* dx);
  void (*average_all)(const float* x, std::int64_t pixels, std::int32_t channels, float* y);
  void (*average_all_backward)(const float* dy, std::int64_t pixels, std::int32_t channels,
                               float* dx);
  void (*max_all)(const float* x, std::int64_t pixels, std::int32_t channels, float* y);
  void (*max_all_backward)(const float* x, const float* y, const float* dy, std::int64_t pixels,
                           std::int32_t channels, float* dx);
};

}  // namespace scallion
