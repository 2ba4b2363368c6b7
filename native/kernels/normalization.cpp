// Batch normalization, forward and backward: see normalization.hpp. Vectors hold channels.
#include "normalization.hpp"

#include <type_traits>

#include "vector_loops.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// body.operator()<V>(c, lanes) for strips of V registers of channels, from channel c on. Sums of
// four registers are independent, so that additions do not wait for each other.
template <class Body>
inline void for_each_strip(int channels, Body&& body) {
  int c = 0;
  for (; c + 4 * kWidth <= channels; c += 4 * kWidth) body.template operator()<4>(c, kWidth);
  for (; c + 2 * kWidth <= channels; c += 2 * kWidth) body.template operator()<2>(c, kWidth);
  for (; c + kWidth <= channels; c += kWidth) body.template operator()<1>(c, kWidth);
  if (c < channels) body.template operator()<1>(c, channels - c);
}

// In two passes: the sum of squared differences does not cancel as that of squares does.
void moments(const float* x, std::int64_t pixels, std::int32_t channels, float* mean,
             float* sum_of_squares) {
  const float inverse_count = 1.0f / static_cast<float>(pixels);
  for_each_strip(channels, [&]<int V>(int c, int lanes) {
    Full sum[V]{}, square[V]{};
    for (std::int64_t i = 0; i < pixels; ++i) {
      for (int v = 0; v < V; ++v) sum[v] += load_lanes(x + i * channels + c + v * kWidth, lanes);
    }
    for (int v = 0; v < V; ++v) sum[v] *= broadcast<Full>(inverse_count);
    for (std::int64_t i = 0; i < pixels; ++i) {
      for (int v = 0; v < V; ++v) {
        const Full d = load_lanes(x + i * channels + c + v * kWidth, lanes) - sum[v];
        square[v] = fma(d, d, square[v]);
      }
    }
    for (int v = 0; v < V; ++v) {
      store_lanes(mean + c + v * kWidth, sum[v], lanes);
      store_lanes(sum_of_squares + c + v * kWidth, square[v], lanes);
    }
  });
}

// body.operator()<T>(i, c, lanes) for blocks of T pixels from pixel i on, which share the channels'
// coefficients. Memory is read in order: a loop over all pixels of a few channels would have
// strides that no hardware prefetcher follows.
template <class Body>
inline void for_each_block(std::int64_t pixels, int channels, Body&& body) {
  constexpr int kBlock = 4;
  std::int64_t i = 0;
  for (; i + kBlock <= pixels; i += kBlock) {
    for_each_channel_vector(channels, [&](int c, int lanes) SCALLION_INLINE {
      body.template operator()<kBlock>(i, c, lanes);
    });
  }
  for (; i < pixels; ++i) {
    for_each_channel_vector(channels, [&](int c, int lanes) SCALLION_INLINE {
      body.template operator()<1>(i, c, lanes);
    });
  }
}

template <bool Relu>
inline void forward_pixels(const float* x, std::int64_t pixels, std::int32_t channels,
                           const ChannelAffine& affine, float* y) {
  for_each_block(pixels, channels, [&]<int T>(std::int64_t i, int c, int lanes) SCALLION_INLINE {
    const Full scale = load_lanes(affine.scale + c, lanes);
    const Full shift = load_lanes(affine.shift + c, lanes);
    unroll<T>([&](auto t) SCALLION_INLINE {
      const std::int64_t at = (i + t) * channels + c;
      Full value = fma(load_lanes(x + at, lanes), scale, shift);
      if constexpr (Relu) value = relu(value);
      store_lanes(y + at, value, lanes);
    });
  });
}

void forward(const float* x, std::int64_t pixels, std::int32_t channels,
             const ChannelAffine& affine, float* y) {
  (affine.relu ? forward_pixels<true> : forward_pixels<false>)(x, pixels, channels, affine, y);
}

void gradient_sums(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
                   const ChannelAffine& affine, const float* mean, float* sum, float* sum_x) {
  for_each_strip(channels, [&]<int V>(int c, int lanes) {
    Full scale[V], shift[V], channel_mean[V], s[V]{}, a[V]{};
    for (int v = 0; v < V; ++v) {
      scale[v] = load_lanes(affine.scale + c + v * kWidth, lanes);
      shift[v] = load_lanes(affine.shift + c + v * kWidth, lanes);
      channel_mean[v] = load_lanes(mean + c + v * kWidth, lanes);
    }
    const auto sum_pixels = [&](auto relu) {
      for (std::int64_t i = 0; i < pixels; ++i) {
        for (int v = 0; v < V; ++v) {
          const std::int64_t at = i * channels + c + v * kWidth;
          const Full value = load_lanes(x + at, lanes);
          Full gradient = load_lanes(dy + at, lanes);
          if constexpr (relu) gradient = fma(value, scale[v], shift[v]) > 0.0f ? gradient : Full{};
          s[v] += gradient;
          a[v] = fma(gradient, value - channel_mean[v], a[v]);
        }
      }
    };
    affine.relu ? sum_pixels(std::true_type{}) : sum_pixels(std::false_type{});
    for (int v = 0; v < V; ++v) {
      store_lanes(sum + c + v * kWidth, s[v], lanes);
      store_lanes(sum_x + c + v * kWidth, a[v], lanes);
    }
  });
}

template <bool Relu>
inline void backward_pixels(const float* x, const float* dy, std::int64_t pixels,
                            std::int32_t channels, const ChannelAffine& affine,
                            const float* x_coefficient, const float* constant, float* dx) {
  for_each_block(pixels, channels, [&]<int T>(std::int64_t i, int c, int lanes) SCALLION_INLINE {
    const Full scale = load_lanes(affine.scale + c, lanes);
    const Full shift = load_lanes(affine.shift + c, lanes);
    const Full a = load_lanes(x_coefficient + c, lanes);
    const Full b = load_lanes(constant + c, lanes);
    unroll<T>([&](auto t) SCALLION_INLINE {
      const std::int64_t at = (i + t) * channels + c;
      const Full value = load_lanes(x + at, lanes);
      Full gradient = load_lanes(dy + at, lanes);
      if constexpr (Relu) gradient = fma(value, scale, shift) > 0.0f ? gradient : Full{};
      store_lanes(dx + at, fma(gradient, scale, fma(value, a, b)), lanes);
    });
  });
}

void backward(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
              const ChannelAffine& affine, const float* x_coefficient, const float* constant,
              float* dx) {
  (affine.relu ? backward_pixels<true> : backward_pixels<false>)(x, dy, pixels, channels, affine,
                                                                 x_coefficient, constant, dx);
}

}  // namespace

extern const NormalizationKernels normalization_kernels = {
    .moments = moments,
    .forward = forward,
    .gradient_sums = gradient_sums,
    .backward = backward,
};

}  // namespace scallion::SCALLION_ISA
