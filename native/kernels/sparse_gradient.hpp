// The backward pass of a convolution that is followed by max pooling, with sparse gradients: the
// interface of sparse_gradient.cpp.
//
// x (H, W, C), w (kh, kw, C, F), the convolution's output (H', W', F), pooled to (windows, F). Of
// each window only one pixel per filter has a gradient, so a list of (index, value) pairs per
// filter is shorter than the dense gradient (H', W', F).
#pragma once

#include <cstdint>

#include "gemm.hpp"
#include "pooling.hpp"

namespace scallion {

// A gradient that is not zero, and the index of its pixel in (H', W').
struct GradientEntry {
  std::int32_t index;
  float value;
};

// The gradients of one image. Each filter has a list with room for one entry per window: entries of
// interior pixels from the front on, those of edge pixels (where part of the kernel lies outside x)
// from the back on.
struct GradientLists {
  std::int32_t* interior_counts;  // (F,)
  std::int32_t* edge_counts;      // (F,)
  float* sums;                    // (F,): of each list's values
  GradientEntry* entries;         // (F, windows)
};

// The offset in x that the spans of a pixel are relative to: of[index & mask].
struct PixelOrigins {
  const std::int32_t* of;
  std::int32_t mask;
};

struct SparseGradientKernels {
  // The gradient of max pooling: dy of each window at its first maximum, as lists. `is_edge` (H',
  // W') marks edge pixels; null where there are none. See pooling.hpp for the rest.
  void (*max_pool_backward)(const PoolingWindow*, std::int32_t count, std::int32_t row,
                            std::int32_t channels, bool relu_mask, const std::uint8_t* is_edge,
                            const float* x, const float* y, const float* dy, const GradientLists&);

  // One filter's entries, in their order, with the spans of inputs of each pixel.
  //   dw[k] += sum over entries of value * x[origin + k]
  //   dx[origin + k] += value * w[k], entry by entry
  void (*weight_gradient)(const GradientEntry*, std::int32_t count, const PixelOrigins&,
                          const InputSpan*, std::int32_t span_count, const float* x, float* dw);
  void (*input_gradient)(const GradientEntry*, std::int32_t count, const PixelOrigins&,
                         const InputSpan*, std::int32_t span_count, const float* w, float* dx);

  // dw (rows, channels) (+)= the transpose of sums (channels, rows).
  void (*add_transposed)(const float* sums, std::int32_t rows, std::int32_t channels, float* dw,
                         bool accumulate);
};

}  // namespace scallion
