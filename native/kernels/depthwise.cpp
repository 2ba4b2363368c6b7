// Depthwise convolution, forward and backward: see depthwise.hpp. Vectors hold channels. A tile of
// pixels (or, for the weight gradient, of kernel positions) shares each register that it loads.
#include "depthwise.hpp"

#include "prefetch_cursor.hpp"
#include "vector_loops.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// One or two registers of channels.
struct ChannelStrip {
  int channel;  // the first
  int panel;    // floats per row of its packed weights
  int last;     // channels in its last register
};

// body.operator()<V, Partial>(strip) for all strips: V registers, the last one Partial.
template <class Body>
inline void for_each_strip(int channels, Body&& body) {
  const int padded = padded_columns(channels, kWidth);
  for (int c = 0; c < channels; c += 2 * kWidth) {
    const int left = channels - c;
    const int panel = padded - c < 2 * kWidth ? padded - c : 2 * kWidth;
    if (left >= 2 * kWidth) {
      body.template operator()<2, false>(ChannelStrip{c, panel, kWidth});
    } else if (left > kWidth) {
      body.template operator()<2, true>(ChannelStrip{c, panel, left - kWidth});
    } else if (left == kWidth) {
      body.template operator()<1, false>(ChannelStrip{c, panel, kWidth});
    } else {
      body.template operator()<1, true>(ChannelStrip{c, panel, left});
    }
  }
}

template <bool Partial>
inline Full load_channels(const float* p, LaneMask<Full> lanes) {
  return Partial ? load_partial<Full>(p, lanes) : load<Full>(p);
}

// T pixels, V registers of channels.
template <int T, int V, bool Partial>
inline void convolve_tile(const PixelGroup& pixels, int first, const float* x, const float* weights,
                          const float* bias, float* y, const ChannelStrip& strip, bool relu,
                          PrefetchCursor cursor) {
  const LaneMask<Full> last(strip.last);
  Full sum[T][V];
  const float* from[T];
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    from[t] = x + pixels.x[first + t] + strip.channel;
    for (int v = 0; v < V; ++v) sum[t][v] = Full{};
  }
  if (bias) {
    for (int v = 0; v < V; ++v) {
      const Full b = load_lanes(bias + strip.channel + v * kWidth, v + 1 < V ? kWidth : strip.last);
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) sum[t][v] = b;
    }
  }
  for (int k = 0; k < pixels.span_count; ++k) {
    const InputSpan position = pixels.spans[k];
    // The last register may reach into the next row of weights. Those results are not stored.
    const float* w = weights + static_cast<std::ptrdiff_t>(position.w_row) * strip.panel;
    Full wide[V];
    for (int v = 0; v < V; ++v) wide[v] = load<Full>(w + v * kWidth);
    prefetch_next<Prefetch::kDepthwiseSteps>(cursor);
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      for (int v = 0; v < V; ++v) {
        const float* p = from[t] + position.x + v * kWidth;
        const Full value = v + 1 < V ? load<Full>(p) : load_channels<Partial>(p, last);
        sum[t][v] = fma(value, wide[v], sum[t][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    float* to = y + pixels.y[first + t] + strip.channel;
    for (int v = 0; v < V; ++v) {
      Full value = sum[t][v];
      if (relu) value = scallion::SCALLION_ISA::relu(value);
      store_lanes(to + v * kWidth, value, v + 1 < V ? kWidth : strip.last);
    }
  }
}

// Selects the tile of `count` pixels, 1 <= count <= T.
template <int T, int V, bool Partial>
inline void convolve_pixels(int count, const PixelGroup& pixels, int first, const float* x,
                            const float* weights, const float* bias, float* y,
                            const ChannelStrip& strip, bool relu, PrefetchCursor cursor) {
  if (count == T) {
    convolve_tile<T, V, Partial>(pixels, first, x, weights, bias, y, strip, relu, cursor);
  } else if constexpr (T > 1) {
    convolve_pixels<T - 1, V, Partial>(count, pixels, first, x, weights, bias, y, strip, relu,
                                       cursor);
  }
}

void convolve(const PixelGroup& pixels, const float* x, const PackedMatrix& w, const float* bias,
              float* y, bool relu, Prefetch& prefetch) {
  constexpr int kPrefetchPixels = 2 * kDepthwiseTile;
  const int tiles = (pixels.count + kDepthwiseTile - 1) / kDepthwiseTile;
  for (int i = 0; i < tiles; ++i) {
    const int begin = static_cast<int>(static_cast<std::int64_t>(pixels.count) * i / tiles);
    const int end = static_cast<int>(static_cast<std::int64_t>(pixels.count) * (i + 1) / tiles);
    // Outputs are prefetched two tiles before they are stored: one tile computes too little to
    // cover the latency.
    for (int t = begin + kPrefetchPixels; t < end + kPrefetchPixels && t < pixels.count; ++t) {
      const float* to = y + pixels.y[t];
      for (int c = 0; c < w.columns; c += kLine) __builtin_prefetch(to + c, 1);
    }
    for_each_strip(w.columns, [&]<int V, bool Partial>(const ChannelStrip& strip) {
      const float* weights = w.data + static_cast<std::ptrdiff_t>(strip.channel) * w.rows;
      convolve_pixels<kDepthwiseTile, V, Partial>(
          end - begin, pixels, begin, x, weights, bias, y, strip, relu,
          take_steps(prefetch, Prefetch::kDepthwiseSteps * pixels.span_count));
    });
  }
}

// The gradient of K positions stays in registers over all pixels.
template <int K, int V, bool Partial>
inline void gradient_tile(const PixelGroup& pixels, int first, const float* x, const float* dy,
                          int channels, const ChannelStrip& strip, float* dw,
                          PrefetchCursor cursor) {
  const LaneMask<Full> last(strip.last);
  Full sum[K][V];
  std::ptrdiff_t at[K];
#pragma GCC unroll 16
  for (int k = 0; k < K; ++k) {
    at[k] = pixels.spans[first + k].x;
    for (int v = 0; v < V; ++v) sum[k][v] = Full{};
  }
  for (int i = 0; i < pixels.count; ++i) {
    const float* from = x + pixels.x[i] + strip.channel;
    const float* gradient = dy + pixels.y[i] + strip.channel;
    Full wide[V];
    for (int v = 0; v < V; ++v) {
      wide[v] = v + 1 < V ? load<Full>(gradient + v * kWidth)
                          : load_channels<Partial>(gradient + v * kWidth, last);
    }
    prefetch_next<Prefetch::kDepthwiseSteps>(cursor);
#pragma GCC unroll 16
    for (int k = 0; k < K; ++k) {
      for (int v = 0; v < V; ++v) {
        const float* p = from + at[k] + v * kWidth;
        const Full value = v + 1 < V ? load<Full>(p) : load_channels<Partial>(p, last);
        sum[k][v] = fma(value, wide[v], sum[k][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int k = 0; k < K; ++k) {
    float* to = dw + std::ptrdiff_t{pixels.spans[first + k].w_row} * channels + strip.channel;
    for (int v = 0; v < V; ++v) {
      const int lanes = v + 1 < V ? kWidth : strip.last;
      store_lanes(to + v * kWidth, load_lanes(to + v * kWidth, lanes) + sum[k][v], lanes);
    }
  }
}

// Selects the tile of `count` positions, 1 <= count <= K.
template <int K, int V, bool Partial>
inline void gradient_positions(int count, const PixelGroup& pixels, int first, const float* x,
                               const float* dy, int channels, const ChannelStrip& strip, float* dw,
                               PrefetchCursor cursor) {
  if (count == K) {
    gradient_tile<K, V, Partial>(pixels, first, x, dy, channels, strip, dw, cursor);
  } else if constexpr (K > 1) {
    gradient_positions<K - 1, V, Partial>(count, pixels, first, x, dy, channels, strip, dw, cursor);
  }
}

void weight_gradient(const PixelGroup& pixels, const float* x, const float* dy,
                     std::int32_t channels, float* dw, Prefetch& prefetch) {
  const int tiles = (pixels.span_count + kDepthwiseTile - 1) / kDepthwiseTile;
  for_each_strip(channels, [&]<int V, bool Partial>(const ChannelStrip& strip) {
    for (int i = 0; i < tiles; ++i) {
      const int begin = pixels.span_count * i / tiles, end = pixels.span_count * (i + 1) / tiles;
      gradient_positions<kDepthwiseTile, V, Partial>(
          end - begin, pixels, begin, x, dy, channels, strip, dw,
          take_steps(prefetch, Prefetch::kDepthwiseSteps * pixels.count));
    }
  });
}

}  // namespace

extern const DepthwiseKernels depthwise_kernels = {
    .convolve = convolve,
    .weight_gradient = weight_gradient,
};

}  // namespace scallion::SCALLION_ISA
