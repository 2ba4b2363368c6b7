// Batch normalization of one image's pixels. Four registers of channels at a time keep the sums of
// different channels independent, so that additions do not wait for each other.
#pragma once

#include <type_traits>

#include "channels.hpp"
#include "table.hpp"

namespace {

using scallion::Affine;

// Calls body with the first channel of a strip and how many channels of each register exist.
template <class Body>
inline void each_strip(int channels, Body&& body) {
  int c = 0;
  for (; c + 4 * kWidth <= channels; c += 4 * kWidth) body.template operator()<4>(c, kWidth);
  for (; c + 2 * kWidth <= channels; c += 2 * kWidth) body.template operator()<2>(c, kWidth);
  for (; c + kWidth <= channels; c += kWidth) body.template operator()<1>(c, kWidth);
  if (c < channels) body.template operator()<1>(c, channels - c);
}

// Two passes: the second one's differences are small, so nothing cancels.
void moments(const float* x, std::int64_t pixels, std::int32_t channels, float* mean,
             float* squares) {
  const float share = 1.0f / static_cast<float>(pixels);
  each_strip(channels, [&]<int V>(int c, int lanes) {
    Full sum[V]{}, square[V]{};
    for (std::int64_t i = 0; i < pixels; ++i) {
      for (int v = 0; v < V; ++v) sum[v] += load_full(x + i * channels + c + v * kWidth, lanes);
    }
    for (int v = 0; v < V; ++v) sum[v] *= broadcast<Full>(share);
    for (std::int64_t i = 0; i < pixels; ++i) {
      for (int v = 0; v < V; ++v) {
        const Full d = load_full(x + i * channels + c + v * kWidth, lanes) - sum[v];
        square[v] = fma(d, d, square[v]);
      }
    }
    for (int v = 0; v < V; ++v) {
      store_full(mean + c + v * kWidth, sum[v], lanes);
      store_full(squares + c + v * kWidth, square[v], lanes);
    }
  });
}

void normalize(const float* x, std::int64_t pixels, std::int32_t channels, const Affine& affine,
               float* y) {
  each_strip(channels, [&]<int V>(int c, int lanes) {
    Full scale[V], shift[V];
    for (int v = 0; v < V; ++v) {
      scale[v] = load_full(affine.scale + c + v * kWidth, lanes);
      shift[v] = load_full(affine.shift + c + v * kWidth, lanes);
    }
    const auto all = [&](auto relu) {
      for (std::int64_t i = 0; i < pixels; ++i) {
        for (int v = 0; v < V; ++v) {
          const std::int64_t at = i * channels + c + v * kWidth;
          Full value = fma(load_full(x + at, lanes), scale[v], shift[v]);
          if constexpr (relu) value = maximum(value, Full{});
          store_full(y + at, value, lanes);
        }
      }
    };
    affine.relu ? all(std::true_type{}) : all(std::false_type{});
  });
}

void slope_sums(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
                const Affine& affine, const float* mean, float* sum, float* along) {
  each_strip(channels, [&]<int V>(int c, int lanes) {
    Full scale[V], shift[V], middle[V], s[V]{}, a[V]{};
    for (int v = 0; v < V; ++v) {
      scale[v] = load_full(affine.scale + c + v * kWidth, lanes);
      shift[v] = load_full(affine.shift + c + v * kWidth, lanes);
      middle[v] = load_full(mean + c + v * kWidth, lanes);
    }
    const auto all = [&](auto relu) {
      for (std::int64_t i = 0; i < pixels; ++i) {
        for (int v = 0; v < V; ++v) {
          const std::int64_t at = i * channels + c + v * kWidth;
          const Full value = load_full(x + at, lanes);
          Full slope = load_full(dy + at, lanes);
          if constexpr (relu) slope = fma(value, scale[v], shift[v]) > 0.0f ? slope : Full{};
          s[v] += slope;
          a[v] = fma(slope, value - middle[v], a[v]);
        }
      }
    };
    affine.relu ? all(std::true_type{}) : all(std::false_type{});
    for (int v = 0; v < V; ++v) {
      store_full(sum + c + v * kWidth, s[v], lanes);
      store_full(along + c + v * kWidth, a[v], lanes);
    }
  });
}

void normalize_backward(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
                        const Affine& affine, const float* per_x, const float* per_one, float* dx) {
  each_strip(channels, [&]<int V>(int c, int lanes) {
    Full scale[V], shift[V], slope_x[V], slope_one[V];
    for (int v = 0; v < V; ++v) {
      scale[v] = load_full(affine.scale + c + v * kWidth, lanes);
      shift[v] = load_full(affine.shift + c + v * kWidth, lanes);
      slope_x[v] = load_full(per_x + c + v * kWidth, lanes);
      slope_one[v] = load_full(per_one + c + v * kWidth, lanes);
    }
    const auto all = [&](auto relu) {
      for (std::int64_t i = 0; i < pixels; ++i) {
        for (int v = 0; v < V; ++v) {
          const std::int64_t at = i * channels + c + v * kWidth;
          const Full value = load_full(x + at, lanes);
          Full slope = load_full(dy + at, lanes);
          if constexpr (relu) slope = fma(value, scale[v], shift[v]) > 0.0f ? slope : Full{};
          store_full(dx + at, fma(slope, scale[v], fma(value, slope_x[v], slope_one[v])), lanes);
        }
      }
    };
    affine.relu ? all(std::true_type{}) : all(std::false_type{});
  });
}

}  // namespace
