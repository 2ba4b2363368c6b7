// A convolution with the max pooling that follows it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gemm.hpp"

namespace scallion {

// The four rows of an image that a row of 2x2 windows over 3x3 weights reads.
struct Band {
  const float* rows[4];  // null for those that lie outside
  std::int32_t width;    // floats of a row
  std::int32_t left;     // floats of zeros before it
};

struct ConvolutionMaxPoolKernels {
  // The largest of each 2x2 window of outputs of a 3x3 convolution of fewer than 64 channels,
  // window by window, then bias and relu. Panels are of one register each, of 16 frequencies a
  // channel.
  void (*convolve_and_pool)(const Band&, std::int32_t windows, std::int32_t channels,
                            const Panels& u, const float* bias, float* y, bool relu);
};

}  // namespace scallion
