// The gradients of a convolution followed by a max pooling, as sparse lists.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gemm.hpp"
#include "pooling.hpp"

namespace scallion {

// A slope that is not zero, and the pixel that it belongs to.
struct Slope {
  std::int32_t place;
  float value;
};

// The slopes of an image: for each channel a list with room for as many as the pooling has windows.
// Those of places inside of the image stand first, those at its edge last; and each channel's sum.
struct Slopes {
  std::int32_t* inside;
  std::int32_t* edge;
  float* sums;
  Slope* lists;
};

struct SparseGradientKernels {
  // The same as lists: the slope of each window's largest value where it stands. `at_edge` says so
  // of each pixel; null where none is.
  void (*max_pool_slopes)(const Window*, std::int32_t count, std::int32_t row,
                          std::int32_t channels, bool mask, const std::uint8_t* at_edge,
                          const float* x, const float* y, const float* dy, const Slopes&);
  // One channel's slopes, in their order: dw[row] += sum of slope * x, and dx += slope * w[row],
  // over the runs that start at each place's origin; and sums[channel][row] to dw[row][channel].
  void (*gather_slopes)(const Slope*, std::int32_t count, const std::int32_t* origins, const Run*,
                        std::int32_t run_count, const float* x, float* dw);
  void (*scatter_slopes)(const Slope*, std::int32_t count, const std::int32_t* origins, const Run*,
                         std::int32_t run_count, const float* w, float* dx);
  void (*add_turned)(const float* sums, std::int32_t rows, std::int32_t channels, float* dw,
                     bool add);
};

}  // namespace scallion
