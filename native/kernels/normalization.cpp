// Batch normalization of one image's pixels. Four registers of channels at a time keep the sums of
// different channels independent, so that additions do not wait for each other.
#include "normalization.hpp"

#include <type_traits>

#include "channels.hpp"

namespace scallion::SCALLION_ISA {
namespace {

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

// Calls body with as many pixels as share what they load of a channel, their first, the channel and
// its lanes. Memory is walked in order: whatever reads a few channels of all pixels before the next
// ones has strides that no prefetcher follows.
template <class Body>
inline void in_order(std::int64_t pixels, int channels, Body&& body) {
  constexpr int kAbreast = 4;
  std::int64_t i = 0;
  for (; i + kAbreast <= pixels; i += kAbreast) {
    each_channel_vector(channels, [&](int c, int lanes) SCALLION_INLINE {
      body.template operator()<kAbreast>(i, c, lanes);
    });
  }
  for (; i < pixels; ++i) {
    each_channel_vector(channels, [&](int c, int lanes) SCALLION_INLINE {
      body.template operator()<1>(i, c, lanes);
    });
  }
}

template <bool Relu>
inline void normalize_all(const float* x, std::int64_t pixels, std::int32_t channels,
                          const Affine& affine, float* y) {
  in_order(pixels, channels, [&]<int T>(std::int64_t i, int c, int lanes) SCALLION_INLINE {
    const Full scale = load_full(affine.scale + c, lanes);
    const Full shift = load_full(affine.shift + c, lanes);
    unrolled<T>([&](auto t) SCALLION_INLINE {
      const std::int64_t at = (i + t) * channels + c;
      Full value = fma(load_full(x + at, lanes), scale, shift);
      if constexpr (Relu) value = maximum(value, Full{});
      store_full(y + at, value, lanes);
    });
  });
}

void normalize(const float* x, std::int64_t pixels, std::int32_t channels, const Affine& affine,
               float* y) {
  (affine.relu ? normalize_all<true> : normalize_all<false>)(x, pixels, channels, affine, y);
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

template <bool Relu>
inline void normalize_backward_all(const float* x, const float* dy, std::int64_t pixels,
                                   std::int32_t channels, const Affine& affine, const float* per_x,
                                   const float* per_one, float* dx) {
  in_order(pixels, channels, [&]<int T>(std::int64_t i, int c, int lanes) SCALLION_INLINE {
    const Full scale = load_full(affine.scale + c, lanes);
    const Full shift = load_full(affine.shift + c, lanes);
    const Full slope_x = load_full(per_x + c, lanes);
    const Full slope_one = load_full(per_one + c, lanes);
    unrolled<T>([&](auto t) SCALLION_INLINE {
      const std::int64_t at = (i + t) * channels + c;
      const Full value = load_full(x + at, lanes);
      Full slope = load_full(dy + at, lanes);
      if constexpr (Relu) slope = fma(value, scale, shift) > 0.0f ? slope : Full{};
      store_full(dx + at, fma(slope, scale, fma(value, slope_x, slope_one)), lanes);
    });
  });
}

void normalize_backward(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
                        const Affine& affine, const float* per_x, const float* per_one, float* dx) {
  (affine.relu ? normalize_backward_all<true> : normalize_backward_all<false>)(x, dy, pixels,
                                                                               channels, affine,
                                                                               per_x, per_one, dx);
}

}  // namespace

extern const NormalizationKernels normalization_kernels = {
    .moments = moments,
    .normalize = normalize,
    .slope_sums = slope_sums,
    .normalize_backward = normalize_backward,
};

}  // namespace scallion::SCALLION_ISA
