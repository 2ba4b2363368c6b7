// Max and average pooling, over windows and over whole images, forward and backward: see
// pooling.hpp. Vectors hold channels.
#include "pooling.hpp"

#include "vector_loops.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// The maxima of all windows, which are NaN where `KeepNaN` is set and a window holds NaN. Without
// it, NaN is lost; the result says whether all values, and sums of a window, are finite: one
// addition per value instead of two instructions more per maximum.
template <bool KeepNaN>
bool pool_windows(const PoolingWindow* windows, std::int32_t count, std::int32_t row,
                  std::int32_t channels, const float* x, float* y) {
  Full check{};  // 0 * x is 0 for finite x, else NaN
  for (int i = 0; i < count; ++i, y += channels) {
    const PoolingWindow w = windows[i];
    const float* from = x + w.x;
    for_each_channel_vector(channels, [&](int c, int lanes) {
      Full top = load_lanes(from + c, lanes), sum{};
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k) {
          const Full value = load_lanes(from + r * row + k * channels + c, lanes);
          top = KeepNaN ? maximum_or_nan(value, top) : maximum(value, top);
          if constexpr (!KeepNaN) sum += value;
        }
      }
      if constexpr (!KeepNaN) check = fma(sum, Full{}, check);
      store_lanes(y + c, top, lanes);
    });
  }
  float total = 0.0f;
  for (int k = 0; k < kWidth; ++k) total += check[k];
  return total == 0.0f;
}

void max_pool(const PoolingWindow* windows, std::int32_t count, std::int32_t row,
              std::int32_t channels, const float* x, float* y) {
  const bool is_finite = pool_windows<false>(windows, count, row, channels, x, y);
  if (!is_finite) pool_windows<true>(windows, count, row, channels, x, y);
}

// Windows that do not overlap write each input's gradient once. Others add to it.
void max_pool_backward(const PoolingWindow* windows, std::int32_t count, std::int32_t row,
                       std::int32_t channels, bool overlap, bool relu_mask, const float* x,
                       const float* y, const float* dy, float* dx) {
  const Full zero{};
  for (int i = 0; i < count; ++i, y += channels, dy += channels) {
    const PoolingWindow w = windows[i];
    const float* from = x + w.x;
    float* to = dx + w.x;
    for_each_channel_vector(channels, [&](int c, int lanes) {
      const Full top = load_lanes(y + c, lanes);
      Full remaining = load_lanes(dy + c, lanes);
      if (relu_mask) remaining = top > zero ? remaining : zero;
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k) {
          const std::ptrdiff_t at = r * row + k * channels + c;
          const auto is_top = load_lanes(from + at, lanes) == top;
          Full gradient = is_top ? remaining : zero;
          remaining = is_top ? zero : remaining;
          if (overlap) gradient += load_lanes(to + at, lanes);
          store_lanes(to + at, gradient, lanes);
        }
      }
    });
  }
}

void average_pool(const PoolingWindow* windows, std::int32_t count, std::int32_t row,
                  std::int32_t channels, const float* x, float* y) {
  for (int i = 0; i < count; ++i, y += channels) {
    const PoolingWindow w = windows[i];
    const float* from = x + w.x;
    const Full size = broadcast<Full>(static_cast<float>(w.rows * w.columns));
    for_each_channel_vector(channels, [&](int c, int lanes) {
      Full sum{};
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k)
          sum += load_lanes(from + r * row + k * channels + c, lanes);
      }
      store_lanes(y + c, sum / size, lanes);
    });
  }
}

void average_pool_backward(const PoolingWindow* windows, std::int32_t count, std::int32_t row,
                           std::int32_t channels, bool overlap, const float* dy, float* dx) {
  for (int i = 0; i < count; ++i, dy += channels) {
    const PoolingWindow w = windows[i];
    float* to = dx + w.x;
    const Full size = broadcast<Full>(static_cast<float>(w.rows * w.columns));
    for_each_channel_vector(channels, [&](int c, int lanes) {
      const Full gradient = load_lanes(dy + c, lanes) / size;
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k) {
          float* at = to + r * row + k * channels + c;
          store_lanes(at, overlap ? load_lanes(at, lanes) + gradient : gradient, lanes);
        }
      }
    });
  }
}

// With four partial sums, which the pixels take in turn: additions do not wait for each other, and
// rounding errors are smaller.
void global_average_pool(const float* x, std::int64_t pixels, std::int32_t channels, float* y) {
  const Full size = broadcast<Full>(static_cast<float>(pixels));
  for_each_channel_vector(channels, [&](int c, int lanes) {
    Full part[4]{};
    std::int64_t i = 0;
    for (; i + 4 <= pixels; i += 4) {
      for (int k = 0; k < 4; ++k) part[k] += load_lanes(x + (i + k) * channels + c, lanes);
    }
    for (int k = 0; i < pixels; ++i, ++k) part[k] += load_lanes(x + i * channels + c, lanes);
    store_lanes(y + c, ((part[0] + part[2]) + (part[1] + part[3])) / size, lanes);
  });
}

void global_average_pool_backward(const float* dy, std::int64_t pixels, std::int32_t channels,
                                  float* dx) {
  const Full size = broadcast<Full>(static_cast<float>(pixels));
  for_each_channel_vector(channels, [&](int c, int lanes) {
    const Full gradient = load_lanes(dy + c, lanes) / size;
    for (std::int64_t i = 0; i < pixels; ++i) store_lanes(dx + i * channels + c, gradient, lanes);
  });
}

void global_max_pool(const float* x, std::int64_t pixels, std::int32_t channels, float* y) {
  for_each_channel_vector(channels, [&](int c, int lanes) {
    Full top = load_lanes(x + c, lanes);
    for (std::int64_t i = 1; i < pixels; ++i) {
      top = maximum_or_nan(load_lanes(x + i * channels + c, lanes), top);
    }
    store_lanes(y + c, top, lanes);
  });
}

void global_max_pool_backward(const float* x, const float* y, const float* dy, std::int64_t pixels,
                              std::int32_t channels, float* dx) {
  const Full one = broadcast<Full>(1.0f), zero{};
  for_each_channel_vector(channels, [&](int c, int lanes) {
    const Full top = load_lanes(y + c, lanes);
    Full count{};
    for (std::int64_t i = 0; i < pixels; ++i) {
      count += load_lanes(x + i * channels + c, lanes) == top ? one : zero;
    }
    const Full gradient = load_lanes(dy + c, lanes) / count;
    for (std::int64_t i = 0; i < pixels; ++i) {
      const auto is_top = load_lanes(x + i * channels + c, lanes) == top;
      store_lanes(dx + i * channels + c, is_top ? gradient : zero, lanes);
    }
  });
}

}  // namespace

extern const PoolingKernels pooling_kernels = {
    .max_pool = max_pool,
    .max_pool_backward = max_pool_backward,
    .average_pool = average_pool,
    .average_pool_backward = average_pool_backward,
    .global_average_pool = global_average_pool,
    .global_average_pool_backward = global_average_pool_backward,
    .global_max_pool = global_max_pool,
    .global_max_pool_backward = global_max_pool_backward,
};

}  // namespace scallion::SCALLION_ISA
