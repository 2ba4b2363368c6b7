// Depthwise convolution.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gemm.hpp"

namespace scallion {

struct DepthwiseKernels {
  // Channel by channel: y[pixel][c] = sum over runs of x[c] * weights[row][c], then bias and relu;
  // and the weights' gradient, dw[row][c] += sum over pixels of x[c] * dy[c]. Runs have length 1.
  void (*depthwise)(const Pixels&, const float* x, const Panels&, const float* bias, float* y,
                    bool relu, Ahead&);
  void (*depthwise_transposed)(const Pixels&, const float* x, const float* dy,
                               std::int32_t channels, float* dw, Ahead&);
};

}  // namespace scallion
