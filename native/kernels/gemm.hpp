// The matrix product behind convolutions and dense layers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scallion {

// Consecutive inputs of one output, and the rows of the weight matrix that they meet.
struct Run {
  std::int32_t x;       // where they start, counted from the pixel's own place
  std::int32_t row;     // the first row of the weights
  std::int32_t length;  // how many
  bool operator==(const Run&) const = default;
  auto operator<=>(const Run&) const = default;
};

// Pixels that meet the same runs: an inside of an image, an edge, a corner.
struct Pixels {
  const Run* runs;
  std::int32_t run_count;
  const std::int32_t* x;  // for each pixel, where its inputs are counted from
  const std::int32_t* y;  // and where its outputs go
  std::int32_t count;
};

// A matrix cut into panels of columns, each panel `rows` rows of its own padded width.
struct Panels {
  const float* data;
  std::int32_t rows;
  std::int32_t columns;
};

// Memory that the next images will read or write, in a few stretches that count as one. A kernel
// asks for it while it computes, a little each time it goes round, since memory answers only so
// many questions at once: `step` floats further, from `at` to `end`.
struct Ahead {
  static constexpr int kMost = 6;   // stretches
  static constexpr int kLine = 16;  // floats of a cache line: a longer step would leave some out
  // How often the depthwise kernels ask each time: they compute little for what they read.
  static constexpr int kDepthwise = 3;
  const float* stretches[kMost];
  std::ptrdiff_t floats[kMost];
  std::int32_t count;
  std::ptrdiff_t at, end, step;
};

enum class Store : std::int32_t { kSet, kRelu, kAdd };

// The floats that `columns` columns of packed weights take a row: whole registers, then one whole
// or half register for the rest.
static inline std::int32_t padded(std::int32_t columns, std::int32_t width) {
  const std::int32_t rest = columns % width;
  if (rest == 0) return columns;
  return columns - rest + (rest <= width / 2 ? width / 2 : width);
}

struct GemmKernels {
  // y[pixel][n] = sum over runs of x * weights, then bias, then what `store` says. Additions go in
  // the order of the runs, whatever the tile.
  void (*multiply)(const Pixels&, const float* x, const Panels&, const float* bias, float* y, Store,
                   Ahead&);
};

}  // namespace scallion
