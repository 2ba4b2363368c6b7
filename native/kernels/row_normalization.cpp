// Layer and group normalization, forward and backward: see normalization.hpp. Vectors hold the
// elements of a row.
#include <algorithm>
#include <cmath>

#include "normalization.hpp"
#include "reduction.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// The mean of body(i, lanes) over a row. Sums of 4096 elements are floats, and their sum a double,
// so that rows of whole images stay exact.
template <class Body>
inline float row_mean(std::int32_t size, Body&& body) {
  constexpr int kBlock = 4096;
  double total = 0.0;
  for (std::int32_t start = 0; start < size; start += kBlock) {
    total += reduce_sum(std::min(kBlock, size - start),
                        [&](int i, int lanes) { return body(start + i, lanes); });
  }
  return static_cast<float>(total / size);
}

// In two passes: the sum of squared differences does not cancel as that of squares does.
void forward(const float* x, std::int64_t rows, std::int32_t size, float epsilon, float* y,
             float* inverse) {
  for (std::int64_t row = 0; row < rows; ++row, x += size, y += size) {
    const Full mean =
        broadcast<Full>(row_mean(size, [&](int i, int n) { return load_lanes(x + i, n); }));
    const float variance = row_mean(size, [&](int i, int n) {
      const Full difference = load_lanes(x + i, n) - mean;
      return difference * difference;
    });
    inverse[row] = 1.0f / std::sqrt(variance + epsilon);
    const Full factor = broadcast<Full>(inverse[row]);
    for_each_vector(size, [&](std::int64_t i, int n) {
      store_lanes(y + i, (load_lanes(x + i, n) - mean) * factor, n);
    });
  }
}

void backward(const float* y, const float* dy, const float* inverse, std::int64_t rows,
              std::int32_t size, float* dx) {
  for (std::int64_t row = 0; row < rows; ++row, y += size, dy += size, dx += size) {
    const Full mean =
        broadcast<Full>(row_mean(size, [&](int i, int n) { return load_lanes(dy + i, n); }));
    const Full along = broadcast<Full>(-row_mean(
        size, [&](int i, int n) { return load_lanes(dy + i, n) * load_lanes(y + i, n); }));
    const Full factor = broadcast<Full>(inverse[row]);
    for_each_vector(size, [&](std::int64_t i, int n) {
      const Full gradient = fma(load_lanes(y + i, n), along, load_lanes(dy + i, n) - mean);
      store_lanes(dx + i, gradient * factor, n);
    });
  }
}

}  // namespace

extern const RowNormalizationKernels row_normalization_kernels = {
    .forward = forward,
    .backward = backward,
};

}  // namespace scallion::SCALLION_ISA
