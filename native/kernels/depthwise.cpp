// Convolution of each channel by itself: vectors lie on channels, and a tile of pixels shares the
// weights that it loads. Each run of `Pixels` is one tap: where it reads, and its row of weights.
#include "depthwise.hpp"

#include "channels.hpp"
#include "prefetch.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// Pixels, or taps, by two registers of channels: twelve sums, two operands, and what is being
// multiplied fill AVX2's sixteen registers.
constexpr int kDepthTile = 6;

// Where a strip of at most two registers lies among the channels.
struct Strip2 {
  int channel, panel;  // its first channel, and the floats of a row of its packed weights
  int last;            // channels in its last register
};

// Calls body.operator()<V, Partial>(strip) strip by strip.
template <class Body>
inline void each_strip_of_two(int channels, Body&& body) {
  const int padded = scallion::padded(channels, kWidth);
  for (int c = 0; c < channels; c += 2 * kWidth) {
    const int left = channels - c;
    const int panel = padded - c < 2 * kWidth ? padded - c : 2 * kWidth;
    if (left >= 2 * kWidth) {
      body.template operator()<2, false>(Strip2{c, panel, kWidth});
    } else if (left > kWidth) {
      body.template operator()<2, true>(Strip2{c, panel, left - kWidth});
    } else if (left == kWidth) {
      body.template operator()<1, false>(Strip2{c, panel, kWidth});
    } else {
      body.template operator()<1, true>(Strip2{c, panel, left});
    }
  }
}

template <bool Partial>
inline Full take_channels(const float* p, Lanes<Full> lanes) {
  return Partial ? load_some<Full>(p, lanes) : load<Full>(p);
}

template <int T, int V, bool Partial>
inline void depthwise_tile(const Pixels& pixels, int first, const float* x, const float* weights,
                           const float* bias, float* y, const Strip2& strip, bool relu,
                           Asking asking) {
  const Lanes<Full> last(strip.last);
  Full sum[T][V];
  const float* from[T];
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    from[t] = x + pixels.x[first + t] + strip.channel;
    for (int v = 0; v < V; ++v) sum[t][v] = Full{};
  }
  if (bias) {
    for (int v = 0; v < V; ++v) {
      const Full b = load_full(bias + strip.channel + v * kWidth, v + 1 < V ? kWidth : strip.last);
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) sum[t][v] = b;
    }
  }
  for (int r = 0; r < pixels.run_count; ++r) {
    const Run run = pixels.runs[r];
    // A row's last register may reach into the next row; what it holds there is never stored.
    const float* w = weights + static_cast<std::ptrdiff_t>(run.row) * strip.panel;
    Full wide[V];
    for (int v = 0; v < V; ++v) wide[v] = load<Full>(w + v * kWidth);
    go_on<Ahead::kDepthwise>(asking);
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      for (int v = 0; v < V; ++v) {
        const float* p = from[t] + run.x + v * kWidth;
        const Full value = v + 1 < V ? load<Full>(p) : take_channels<Partial>(p, last);
        sum[t][v] = fma(value, wide[v], sum[t][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    float* to = y + pixels.y[first + t] + strip.channel;
    for (int v = 0; v < V; ++v) {
      Full value = sum[t][v];
      if (relu) value = maximum(value, Full{});
      store_full(to + v * kWidth, value, v + 1 < V ? kWidth : strip.last);
    }
  }
}

template <int T, int V, bool Partial>
inline void depthwise_some(int count, const Pixels& pixels, int first, const float* x,
                           const float* weights, const float* bias, float* y, const Strip2& strip,
                           bool relu, Asking asking) {
  if (count == T) {
    depthwise_tile<T, V, Partial>(pixels, first, x, weights, bias, y, strip, relu, asking);
  } else if constexpr (T > 1) {
    depthwise_some<T - 1, V, Partial>(count, pixels, first, x, weights, bias, y, strip, relu,
                                      asking);
  }
}

// Forward, and backward to the data: y[pixel][c] = sum over taps of x[c] * weights[tap][c].
void depthwise(const Pixels& pixels, const float* x, const Panels& panels, const float* bias,
               float* y, bool relu, Ahead& ahead) {
  constexpr int kAhead = 2 * kDepthTile;
  const int tiles = (pixels.count + kDepthTile - 1) / kDepthTile;
  for (int i = 0; i < tiles; ++i) {
    const int begin = static_cast<int>(static_cast<std::int64_t>(pixels.count) * i / tiles);
    const int end = static_cast<int>(static_cast<std::int64_t>(pixels.count) * (i + 1) / tiles);
    // Outputs are asked for a few tiles before they are stored: there is little to do meanwhile.
    for (int t = begin + kAhead; t < end + kAhead && t < pixels.count; ++t) {
      const float* to = y + pixels.y[t];
      for (int c = 0; c < panels.columns; c += kLine) __builtin_prefetch(to + c, 1);
    }
    each_strip_of_two(panels.columns, [&]<int V, bool Partial>(const Strip2& strip) {
      const float* w = panels.data + static_cast<std::ptrdiff_t>(strip.channel) * panels.rows;
      depthwise_some<kDepthTile, V, Partial>(end - begin, pixels, begin, x, w, bias, y, strip, relu,
                                             ask(ahead, Ahead::kDepthwise * pixels.run_count));
    });
  }
}

// K taps of the gradient stay in registers while all pixels pass.
template <int K, int V, bool Partial>
inline void depthwise_taps(const Pixels& pixels, int first, const float* x, const float* dy,
                           int channels, const Strip2& strip, float* dw, Asking asking) {
  const Lanes<Full> last(strip.last);
  Full sum[K][V];
  std::ptrdiff_t at[K];
#pragma GCC unroll 16
  for (int k = 0; k < K; ++k) {
    at[k] = pixels.runs[first + k].x;
    for (int v = 0; v < V; ++v) sum[k][v] = Full{};
  }
  for (int i = 0; i < pixels.count; ++i) {
    const float* from = x + pixels.x[i] + strip.channel;
    const float* slope = dy + pixels.y[i] + strip.channel;
    Full wide[V];
    for (int v = 0; v < V; ++v) {
      wide[v] = v + 1 < V ? load<Full>(slope + v * kWidth)
                          : take_channels<Partial>(slope + v * kWidth, last);
    }
    go_on<Ahead::kDepthwise>(asking);
#pragma GCC unroll 16
    for (int k = 0; k < K; ++k) {
      for (int v = 0; v < V; ++v) {
        const float* p = from + at[k] + v * kWidth;
        const Full value = v + 1 < V ? load<Full>(p) : take_channels<Partial>(p, last);
        sum[k][v] = fma(value, wide[v], sum[k][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int k = 0; k < K; ++k) {
    float* to = dw + std::ptrdiff_t{pixels.runs[first + k].row} * channels + strip.channel;
    for (int v = 0; v < V; ++v) {
      const int lanes = v + 1 < V ? kWidth : strip.last;
      store_full(to + v * kWidth, load_full(to + v * kWidth, lanes) + sum[k][v], lanes);
    }
  }
}

template <int K, int V, bool Partial>
inline void depthwise_some_taps(int count, const Pixels& pixels, int first, const float* x,
                                const float* dy, int channels, const Strip2& strip, float* dw,
                                Asking asking) {
  if (count == K) {
    depthwise_taps<K, V, Partial>(pixels, first, x, dy, channels, strip, dw, asking);
  } else if constexpr (K > 1) {
    depthwise_some_taps<K - 1, V, Partial>(count, pixels, first, x, dy, channels, strip, dw,
                                           asking);
  }
}

// dw[tap][c] += sum over pixels of x[c] * dy[c].
void depthwise_transposed(const Pixels& pixels, const float* x, const float* dy,
                          std::int32_t channels, float* dw, Ahead& ahead) {
  const int tiles = (pixels.run_count + kDepthTile - 1) / kDepthTile;
  each_strip_of_two(channels, [&]<int V, bool Partial>(const Strip2& strip) {
    for (int i = 0; i < tiles; ++i) {
      const int begin = pixels.run_count * i / tiles, end = pixels.run_count * (i + 1) / tiles;
      depthwise_some_taps<kDepthTile, V, Partial>(end - begin, pixels, begin, x, dy, channels,
                                                  strip, dw,
                                                  ask(ahead, Ahead::kDepthwise * pixels.count));
    }
  });
}

}  // namespace

extern const DepthwiseKernels depthwise_kernels = {
    .depthwise = depthwise,
    .depthwise_transposed = depthwise_transposed,
};

}  // namespace scallion::SCALLION_ISA
