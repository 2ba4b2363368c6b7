// The weight gradient of convolutions and dense layers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gemm.hpp"

namespace scallion {

// The pixels that one weight tap multiplies: a rectangle of the input against one of the output.
struct Rectangle {
  std::int32_t x, y;  // where both start
  std::int32_t rows, columns;
  std::int32_t x_row, x_column;  // steps in floats
  std::int32_t y_row, y_column;
  std::int32_t weight_row;  // the first row of the weight gradient
  std::int32_t length;      // how many rows: consecutive inputs
};

struct GemmTransposedKernels {
  // dw[row][0..n) (+)= sum over images and pixels of x * dy, in their order; dw has rows of ld.
  void (*multiply_transposed)(const Rectangle&, const float* x, std::ptrdiff_t x_image,
                              const float* dy, std::ptrdiff_t dy_image, std::int32_t images,
                              std::int32_t n, std::int32_t ld, float* dw, bool add, Ahead&);
  // db[n] (+)= sum over rows of dy.
  void (*sum_rows)(const float* dy, std::int64_t rows, std::int32_t n, float* db, bool add);
};

}  // namespace scallion
