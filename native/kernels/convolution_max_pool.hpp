// A 3x3 convolution of few channels fused with the 2x2 max pooling that follows it, for prediction:
// the interface of convolution_max_pool.cpp.
//
// x (H, W, C), C < 64, y (H' / 2, W' / 2, F). By Winograd's F(2x2, 3x3) the four outputs of a
// pooling window take 16 products per channel and filter instead of 36. They stay in registers;
// only their maximum is stored.
#pragma once

#include <cstdint>

#include "gemm.hpp"

namespace scallion {

// The four rows of an image that a row of pooling windows reads.
struct RowBand {
  const float* rows[4];       // null for a row of padding
  std::int32_t width;         // floats per row
  std::int32_t left_padding;  // floats of zeros before each row
};

// After the maximum. NaN in x reaches some of a window's four outputs and must be their maximum,
// which takes more instructions: `keep_nan` is set where x holds any. NaN in a weight reaches all
// outputs.
struct PoolingEpilogue {
  bool relu, keep_nan;
};

struct ConvolutionMaxPoolKernels {
  // y (windows, F): one row of windows, plus bias, then max(y, 0) where `relu` is set. `u` (16 * C,
  // F) holds the transformed weights, packed in panels of one register. `bias` may be null.
  void (*forward)(const RowBand&, std::int32_t windows, std::int32_t channels,
                  const PackedMatrix& u, const float* bias, float* y, PoolingEpilogue);
};

}  // namespace scallion
