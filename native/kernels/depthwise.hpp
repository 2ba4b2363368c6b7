// Depthwise convolution, one kernel per channel: the interface of depthwise.cpp.
//
// x (H, W, C), w (kh, kw, C), y (H', W', C). In pixel groups each input span is one kernel
// position: its length is 1, and its `w_row` is the position's row of w (kh * kw, C).
#pragma once

#include <cstdint>

#include "gemm.hpp"

namespace scallion {

// Pixels (or kernel positions) of a tile, by two registers of channels: twelve sums, two shared
// operands and a product's other operand fill AVX2's 16 registers.
constexpr int kDepthwiseTile = 6;

struct DepthwiseKernels {
  // y[p, c] = bias[c] + sum over positions k of x[p + k, c] * w[k, c], then max(y, 0) where `relu`
  // is set. The backward pass to the input is the same. `bias` may be null.
  void (*convolve)(const PixelGroup&, const float* x, const PackedMatrix& w, const float* bias,
                   float* y, bool relu, Prefetch&);
  // dw[k, c] += sum over pixels of x[p + k, c] * dy[p, c].
  void (*weight_gradient)(const PixelGroup&, const float* x, const float* dy, std::int32_t channels,
                          float* dw, Prefetch&);
};

}  // namespace scallion
