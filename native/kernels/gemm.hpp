// The matrix product behind convolutions and dense layers: the interface of gemm.cpp.
//
// A convolution is the product y (P, N) = x (P, K) * w (K, N) of P pixels, K = kh * kw * C inputs
// of each and N = F filters. The matrix of inputs is never built (no im2col). A pixel's row of it
// is read from the image (H, W, C) as a few spans of consecutive floats: kw * C for each kernel
// row. The backward pass to the input is the same product, with w transposed and its kernel
// rotated. A dense layer has one span.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

#include "prefetch.hpp"

namespace scallion {

// Consecutive inputs of an output pixel, and the rows of w that they are multiplied with.
struct InputSpan {
  std::int32_t x;       // of the first input, relative to the pixel's `x` in its group
  std::int32_t w_row;   // the first row of w
  std::int32_t length;  // how many inputs, and rows of w
  bool operator==(const InputSpan&) const = default;
  auto operator<=>(const InputSpan&) const = default;
};

// Output pixels that have the same input spans. An image has one group for its interior and others
// for its edges and corners, where part of the kernel lies outside the image and is left out.
struct PixelGroup {
  const InputSpan* spans;  // (span_count,)
  std::int32_t span_count;
  const std::int32_t* x;  // (count,): the offset that a pixel's spans are relative to
  const std::int32_t* y;  // (count,): the offset of its outputs
  std::int32_t count;
};

// A matrix (rows, columns) packed in panels: each panel holds all rows of up to two registers of
// columns, row by row, so that a tile reads its weights consecutively. The last panel is padded to
// a whole or half register (`padded_columns`).
struct PackedMatrix {
  const float* data;
  std::int32_t rows;
  std::int32_t columns;
};

// The floats per row of a packed matrix: whole registers, then a whole or half one for the rest.
static inline std::int32_t padded_columns(std::int32_t columns, std::int32_t width) {
  const std::int32_t rest = columns % width;
  if (rest == 0) return columns;
  return columns - rest + (rest <= width / 2 ? width / 2 : width);
}

// The last step of a result: y = result, y = max(result, 0), or y += result.
enum class Epilogue : std::int32_t { kStore, kRelu, kAccumulate };

struct GemmKernels {
  // y[p, n] = epilogue(bias[n] + sum over k of x[p, k] * w[k, n]). `bias` may be null. Additions
  // have the order of the spans, whatever the tile.
  void (*multiply)(const PixelGroup&, const float* x, const PackedMatrix& w, const float* bias,
                   float* y, Epilogue, Prefetch&);
};

}  // namespace scallion
