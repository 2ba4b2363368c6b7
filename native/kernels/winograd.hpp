// Convolution with 3x3 weights and stride 1 by Winograd's F(4x4, 3x3): the interface of
// winograd.cpp.
//
// In the notation of Lavin and Gray (2016): a tile of 4x4 outputs Y comes from a tile of 6x6 inputs
// d and the weights g by
//   Y = At (sum over channels of U * V) A,   U = G g Gt,   V = Bt d B,
// with 36 products per channel and filter instead of 144. All tiles together need 36 matrix
// products, one for each element of the transformed tiles:
//   M (tiles, F) = V (tiles, C) * U (C, F).
// The backward pass to the input is the same convolution, with w transposed and rotated. The weight
// gradient is dw = Gt (sum over tiles of V * (A dY At)) G.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gemm.hpp"

namespace scallion {

constexpr int kWinogradOutputs = 4;    // a tile's outputs along an axis
constexpr int kWinogradInputs = 6;     // and its inputs
constexpr int kWinogradElements = 36;  // of a transformed tile

// A tile of pixels of an image (H, W, C), clipped to the image.
struct Tile {
  std::int32_t x;                         // offset of its first pixel
  std::int32_t top, bottom, left, right;  // its rows and columns in the image: [top, bottom) ...
};

// 36 matrices (tiles, channels), one for each element of the transformed tiles:
// data[element * element_stride + tile * tile_stride + channel].
struct TransformedTiles {
  float* data;
  std::ptrdiff_t element_stride;
  std::ptrdiff_t tile_stride;
};

// Weights w (3, 3, rows, columns) in any layout:
// data[position * position_stride + row * row_stride + column * column_stride].
struct Weights3x3 {
  const float* data;
  std::ptrdiff_t position_stride, row_stride, column_stride;
  const float* column_scale;  // (columns,): multiplies each column, or null
};

struct WinogradKernels {
  // V = Bt d B of each 6x6 tile of x; rows of x are `x_row` floats apart.
  void (*transform_input)(const Tile*, std::int32_t count, const float* x, std::int32_t x_row,
                          std::int32_t channels, const TransformedTiles& v);
  // A dY At of each 4x4 tile of dy.
  void (*transform_output_gradient)(const Tile*, std::int32_t count, const float* dy,
                                    std::int32_t dy_row, std::int32_t filters,
                                    const TransformedTiles& v);
  // U = G g Gt of the rows [begin, end) of w, as 36 packed matrices `u_stride` floats apart.
  // `shape` has the rows and columns of each.
  void (*transform_weights)(const Weights3x3& w, std::int32_t begin, std::int32_t end,
                            const PackedMatrix& shape, float* u, std::ptrdiff_t u_stride);
  // M = V * U, for each of the 36 elements.
  void (*multiply)(const TransformedTiles& v, std::int32_t count, const PackedMatrix& u,
                   std::ptrdiff_t u_stride, const TransformedTiles& m);
  // y = epilogue(At M A + bias) of each 4x4 tile of y. `bias` may be null.
  void (*transform_output)(const Tile*, std::int32_t count, const TransformedTiles& m,
                           const float* bias, float* y, std::int32_t y_row, std::int32_t filters,
                           Epilogue);
  // dw (+)= Gt M G for the weights of `rows` input channels, which take the place of tiles in m.
  // dw (3, 3, C, F) has `position_stride` floats per position.
  void (*transform_weight_gradient)(const TransformedTiles& m, std::int32_t rows,
                                    std::int32_t filters, float* dw, std::ptrdiff_t position_stride,
                                    bool accumulate);
};

}  // namespace scallion
