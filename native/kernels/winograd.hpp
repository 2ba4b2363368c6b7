// Winograd's convolution F(4x4, 3x3).
#pragma once

#include <cstddef>
#include <cstdint>

#include "gemm.hpp"

namespace scallion {

// A tile of an image for Winograd's convolution: where it starts, and which of its rows and columns
// lie in the image.
struct Patch {
  std::int32_t x;
  std::int32_t top, bottom, left, right;
};

// Numbers of a few patches, frequency by frequency.
struct Frequencies {
  float* data;
  std::ptrdiff_t step;  // floats from one frequency to the next
  std::ptrdiff_t row;   // and from one patch to the next
};

// 3x3 weights: how far a tap, an input and an output are from the next, and what each output's
// weights are multiplied with, if anything.
struct Kernel3x3 {
  const float* data;
  std::ptrdiff_t tap, row, column;
  const float* factor;
};

struct WinogradKernels {
  // Winograd's F(4x4, 3x3): pixels to frequencies (of 6x6 inputs, of 4x4 slopes), products, and
  // frequencies to 4x4 outputs or 3x3 weights.
  void (*spread_tiles)(const Patch*, std::int32_t count, const float* x, std::int32_t x_row,
                       std::int32_t channels, const Frequencies&);
  void (*spread_slope_tiles)(const Patch*, std::int32_t count, const float* dy, std::int32_t dy_row,
                             std::int32_t filters, const Frequencies&);
  void (*spread_weights)(const Kernel3x3&, std::int32_t begin, std::int32_t end,
                         const Panels& shape, float* u, std::ptrdiff_t u_step);
  void (*multiply_frequencies)(const Frequencies& v, std::int32_t count, const Panels& u,
                               std::ptrdiff_t u_step, const Frequencies& m);
  void (*gather_tiles)(const Patch*, std::int32_t count, const Frequencies& m, const float* bias,
                       float* y, std::int32_t y_row, std::int32_t filters, Store);
  void (*gather_weights)(const Frequencies& m, std::int32_t rows, std::int32_t filters, float* dw,
                         std::ptrdiff_t tap, bool add);
};

}  // namespace scallion
