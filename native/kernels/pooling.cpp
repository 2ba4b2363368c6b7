// Pooling over windows. `Window` lists each output's window clipped to the image.
#include "pooling.hpp"

#include "channels.hpp"

namespace scallion::SCALLION_ISA {
namespace {

void max_pool(const Window* windows, std::int32_t count, std::int32_t row, std::int32_t channels,
              const float* x, float* y) {
  for (int i = 0; i < count; ++i, y += channels) {
    const Window w = windows[i];
    const float* from = x + w.x;
    each_channel_vector(channels, [&](int c, int lanes) {
      Full largest = load_full(from + c, lanes);
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k) {
          const Full value = load_full(from + r * row + k * channels + c, lanes);
          largest = value > largest ? value : largest;
        }
      }
      store_full(y + c, largest, lanes);
    });
  }
}

// The gradient goes to the first place of the window that holds the maximum, row by row. Where
// `mask` is set, the pooled values came out of a relu: those that are not positive pass nothing.
// Windows that do not overlap write each place once; others add.
void max_pool_backward(const Window* windows, std::int32_t count, std::int32_t row,
                       std::int32_t channels, bool overlap, bool mask, const float* x,
                       const float* y, const float* dy, float* dx) {
  const Full zero{};
  for (int i = 0; i < count; ++i, y += channels, dy += channels) {
    const Window w = windows[i];
    const float* from = x + w.x;
    float* to = dx + w.x;
    each_channel_vector(channels, [&](int c, int lanes) {
      const Full largest = load_full(y + c, lanes);
      Full left = load_full(dy + c, lanes);
      if (mask) left = largest > zero ? left : zero;
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k) {
          const std::ptrdiff_t at = r * row + k * channels + c;
          const auto hit = load_full(from + at, lanes) == largest;
          Full given = hit ? left : zero;
          left = hit ? zero : left;
          if (overlap) given += load_full(to + at, lanes);
          store_full(to + at, given, lanes);
        }
      }
    });
  }
}

// The mean of each window; what hangs over the image's edge is not counted.
void average_pool(const Window* windows, std::int32_t count, std::int32_t row,
                  std::int32_t channels, const float* x, float* y) {
  for (int i = 0; i < count; ++i, y += channels) {
    const Window w = windows[i];
    const float* from = x + w.x;
    const Full size = broadcast<Full>(static_cast<float>(w.rows * w.columns));
    each_channel_vector(channels, [&](int c, int lanes) {
      Full sum{};
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k)
          sum += load_full(from + r * row + k * channels + c, lanes);
      }
      store_full(y + c, sum / size, lanes);
    });
  }
}

void average_pool_backward(const Window* windows, std::int32_t count, std::int32_t row,
                           std::int32_t channels, bool overlap, const float* dy, float* dx) {
  for (int i = 0; i < count; ++i, dy += channels) {
    const Window w = windows[i];
    float* to = dx + w.x;
    const Full size = broadcast<Full>(static_cast<float>(w.rows * w.columns));
    each_channel_vector(channels, [&](int c, int lanes) {
      const Full share = load_full(dy + c, lanes) / size;
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k) {
          float* at = to + r * row + k * channels + c;
          store_full(at, overlap ? load_full(at, lanes) + share : share, lanes);
        }
      }
    });
  }
}

// The mean of each channel over all pixels: four partial sums, pixel by pixel in turn, so that
// additions do not wait for each other and digits are kept.
void average_all(const float* x, std::int64_t pixels, std::int32_t channels, float* y) {
  const Full size = broadcast<Full>(static_cast<float>(pixels));
  each_channel_vector(channels, [&](int c, int lanes) {
    Full part[4]{};
    std::int64_t i = 0;
    for (; i + 4 <= pixels; i += 4) {
      for (int k = 0; k < 4; ++k) part[k] += load_full(x + (i + k) * channels + c, lanes);
    }
    for (int k = 0; i < pixels; ++i, ++k) part[k] += load_full(x + i * channels + c, lanes);
    store_full(y + c, ((part[0] + part[2]) + (part[1] + part[3])) / size, lanes);
  });
}

void average_all_backward(const float* dy, std::int64_t pixels, std::int32_t channels, float* dx) {
  const Full size = broadcast<Full>(static_cast<float>(pixels));
  each_channel_vector(channels, [&](int c, int lanes) {
    const Full share = load_full(dy + c, lanes) / size;
    for (std::int64_t i = 0; i < pixels; ++i) store_full(dx + i * channels + c, share, lanes);
  });
}

void max_all(const float* x, std::int64_t pixels, std::int32_t channels, float* y) {
  each_channel_vector(channels, [&](int c, int lanes) {
    Full largest = load_full(x + c, lanes);
    for (std::int64_t i = 1; i < pixels; ++i) {
      largest = maximum(load_full(x + i * channels + c, lanes), largest);
    }
    store_full(y + c, largest, lanes);
  });
}

// Equal largest numbers share the slope.
void max_all_backward(const float* x, const float* y, const float* dy, std::int64_t pixels,
                      std::int32_t channels, float* dx) {
  const Full one = broadcast<Full>(1.0f), zero{};
  each_channel_vector(channels, [&](int c, int lanes) {
    const Full largest = load_full(y + c, lanes);
    Full count{};
    for (std::int64_t i = 0; i < pixels; ++i) {
      count += load_full(x + i * channels + c, lanes) == largest ? one : zero;
    }
    const Full share = load_full(dy + c, lanes) / count;
    for (std::int64_t i = 0; i < pixels; ++i) {
      const auto hit = load_full(x + i * channels + c, lanes) == largest;
      store_full(dx + i * channels + c, hit ? share : zero, lanes);
    }
  });
}

}  // namespace

extern const PoolingKernels pooling_kernels = {
    .max_pool = max_pool,
    .max_pool_backward = max_pool_backward,
    .average_pool = average_pool,
    .average_pool_backward = average_pool_backward,
    .average_all = average_all,
    .average_all_backward = average_all_backward,
    .max_all = max_all,
    .max_all_backward = max_all_backward,
};

}  // namespace scallion::SCALLION_ISA
