// The weight gradient of convolutions and dense layers: the interface of gemm_transposed.cpp.
//
// dw (K, N) = x (P, K) transposed * dy (P, N), with P pixels, K = kh * kw * C and N = F filters. As
// in the forward pass x is read from the image: the rows of dw for one kernel position (or for one
// kernel row, kw * C consecutive inputs) come from a rectangle of input pixels and the rectangle of
// output pixels that these contribute to.
#pragma once

#include <cstddef>
#include <cstdint>

#include "prefetch.hpp"

namespace scallion {

// Pixels of x and of dy that are multiplied pairwise, in two rectangles of the same size.
struct PixelPairs {
  std::int32_t x, dy;  // offsets of the first pixels
  std::int32_t rows, columns;
  std::int32_t x_row_stride, x_column_stride;  // floats
  std::int32_t dy_row_stride, dy_column_stride;
  std::int32_t dw_row;   // the first row of dw
  std::int32_t dw_rows;  // how many: consecutive inputs of a pixel
};

struct GemmTransposedKernels {
  // dw[k, n] (+)= sum over images and pixels of x[p, k] * dy[p, n], in their order; it adds where
  // `accumulate` is set. dw has rows of `ld` floats, images lie `x_image` and `dy_image` floats
  // apart.
  void (*multiply)(const PixelPairs&, const float* x, std::ptrdiff_t x_image, const float* dy,
                   std::ptrdiff_t dy_image, std::int32_t images, std::int32_t n, std::int32_t ld,
                   float* dw, bool accumulate, Prefetch&);

  // db (n,) (+)= sum over the rows of dy (rows, n).
  void (*sum_rows)(const float* dy, std::int64_t rows, std::int32_t n, float* db, bool accumulate);
};

}  // namespace scallion
