// A 3x3 convolution of few channels with the 2x2 max pooling behind it, by Winograd's F(2x2, 3x3):
// the four outputs of a window take 16 products a channel instead of 36, stay in registers, and
// only the largest is stored. Vectors lie on filters. At the points 0, +-1 and infinity all factors
// but the weights' are 1, so that the way there and back are sums.
#include "convolution_max_pool.hpp"

#include "channels.hpp"
#include "panels.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// Windows that go together: a tile's sums and outputs fill the registers, seven a window.
constexpr int kWindows = 3;
// Floats of the padded rows that go together, and from one frequency of theirs to the next: all 16
// stay in the first-level cache, and a line more than a power of two keeps them apart there.
constexpr int kBand = 256, kBandStep = kBand + kLine;
static_assert(kBandStep >= kBand + kWidth);

// Keeps what was loaded in its register: else compilers read it from memory again at each use,
// which takes as long as the product, and the value that is broadcast is what should come from
// there.
template <class Vector>
SCALLION_INLINE inline void hold(Vector& v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__SSE2__)
  asm("" : "+x"(v));
#elif defined(__ARM_NEON)
  asm("" : "+w"(v));
#endif
}

// A register from each of four rows, and from where they are read one, two and three pixels later,
// to the 16 frequencies of as many windows: along the rows, then down. `read(row, pixel)` loads
// one.
template <class Read>
SCALLION_INLINE inline void spread_windows(Read&& read, float* v) {
  Full e[4][4];
  unrolled<4>([&](auto i) SCALLION_INLINE {
    Full d[4];
    unrolled<4>([&](auto pixel) SCALLION_INLINE { d[pixel] = read(i, pixel); });
    hold(d[1]), hold(d[2]);
    e[0][i] = d[0] - d[2], e[1][i] = d[1] + d[2], e[2][i] = d[2] - d[1], e[3][i] = d[1] - d[3];
  });
  unrolled<4>([&](auto j) SCALLION_INLINE {
    float* to = v + j * 4 * kBandStep;
    store(to, e[j][0] - e[j][2]);
    store(to + kBandStep, e[j][1] + e[j][2]);
    store(to + 2 * kBandStep, e[j][2] - e[j][1]);
    store(to + 3 * kBandStep, e[j][1] - e[j][3]);
  });
}

// Windows from `first` of the padded rows on to frequencies: number f of column k stands at
// v[f * kBandStep + k].
inline void spread_band(const Band& band, int first, int windows, int channels, float* v) {
  const float* rows[4];
  for (int i = 0; i < 4; ++i) rows[i] = band.rows[i] ? band.rows[i] + (first - band.left) : nullptr;
  const bool whole = rows[0] && rows[1] && rows[2] && rows[3];
  const int begin = band.left - first, end = begin + band.width;  // where the image lies
  for (int k = 0; k < (2 * windows - 1) * channels; k += kWidth) {
    if (whole && k >= begin && k + 3 * channels + kWidth <= end) {
      spread_windows([&](int i, int pixel)
                         SCALLION_INLINE { return load<Full>(rows[i] + (k + pixel * channels)); },
                     v + k);
      continue;
    }
    spread_windows(
        [&](int i, int pixel) {
          const int at = k + pixel * channels;
          if (!rows[i] || at >= end) return Full{};
          if (at >= begin) return load_some<Full>(rows[i] + at, end - at);
          Full some{};
          for (int n = begin - at; n < kWidth && at + n < end; ++n) some[n] = rows[i][at + n];
          return some;
        },
        v + k);
  }
}

// T windows against a register of filters. C is the number of channels where it is known, else 0.
template <class Vector, int T, int C>
__attribute__((noinline)) void window_tile(const float* v, int channels, const float* u,
                                           const float* bias, float* y, int filters, int lanes,
                                           bool relu) {
  constexpr int kLanes = width<Vector>;
  const int depth = C ? C : channels;
  Vector out[T][4];
  unrolled<4>([&](auto j) SCALLION_INLINE {
    Vector sum[T][2];  // of the frequencies down a column, for the upper and the lower output
    unrolled<4>([&](auto i) SCALLION_INLINE {
      Vector m[T];
      const auto multiply = [&](auto first, int c) SCALLION_INLINE {
        Vector weights = load<Vector>(u + ((j * 4 + i) * depth + c) * kLanes);
        hold(weights);
        unrolled<T>([&](auto t) SCALLION_INLINE {
          const float value = v[(j * 4 + i) * kBandStep + t * 2 * depth + c];
          if constexpr (first) {
            m[t] = broadcast<Vector>(value) * weights;
          } else {
            m[t] = fma(broadcast<Vector>(value), weights, m[t]);
          }
        });
      };
      multiply(std::true_type{}, 0);
      if constexpr (C > 0) {
        unrolled<(C > 0 ? C - 1 : 0)>([&](auto c)
                                          SCALLION_INLINE { multiply(std::false_type{}, c + 1); });
      } else {
        for (int c = 1; c < depth; ++c) multiply(std::false_type{}, c);
      }
      unrolled<T>([&](auto t) SCALLION_INLINE {
        if constexpr (i == 0) sum[t][0] = m[t];
        if constexpr (i == 1) sum[t][0] += m[t], sum[t][1] = m[t];
        if constexpr (i == 2) sum[t][0] += m[t], sum[t][1] -= m[t];
        if constexpr (i == 3) sum[t][1] -= m[t];
      });
    });
    unrolled<T>([&](auto t) SCALLION_INLINE {
      unrolled<2>([&](auto r) SCALLION_INLINE {
        if constexpr (j == 0) out[t][r] = sum[t][r];
        if constexpr (j == 1) out[t][r] += sum[t][r], out[t][2 + r] = sum[t][r];
        if constexpr (j == 2) out[t][r] += sum[t][r], out[t][2 + r] -= sum[t][r];
        if constexpr (j == 3) out[t][2 + r] -= sum[t][r];
      });
    });
  });
  unrolled<T>([&](auto t) SCALLION_INLINE {
    // Rounding keeps order, so the bias may follow the maximum.
    Vector top = maximum(maximum(out[t][0], out[t][1]), maximum(out[t][2], out[t][3]));
    top += load<Vector>(bias);
    if (relu) top = maximum(top, Vector{});
    float* to = y + t * filters;
    if (lanes >= kLanes) {
      store(to, top);
    } else {
      store_some(to, top, lanes);
    }
  });
}

template <class Vector, int T, int C>
inline void window_tiles(int count, const float* v, int channels, const float* u, const float* bias,
                         float* y, int filters, int lanes, bool relu) {
  if (count == T) {
    window_tile<Vector, T, C>(v, channels, u, bias, y, filters, lanes, relu);
  } else if constexpr (T > 1) {
    window_tiles<Vector, T - 1, C>(count, v, channels, u, bias, y, filters, lanes, relu);
  }
}

template <class Vector>
inline void window_panel(int windows, const float* v, int channels, const float* u,
                         const float* bias, float* y, int filters, int lanes, bool relu) {
  const int tiles = (windows + kWindows - 1) / kWindows;
  for (int i = 0; i < tiles; ++i) {
    const int begin = windows * i / tiles, count = windows * (i + 1) / tiles - begin;
    const float* from = v + begin * 2 * channels;
    float* to = y + static_cast<std::ptrdiff_t>(begin) * filters;
#define SCALLION_TILES(C) \
  window_tiles<Vector, kWindows, C>(count, from, channels, u, bias, to, filters, lanes, relu)
    if (channels == 3) {
      SCALLION_TILES(3);
    } else if (channels == 1) {
      SCALLION_TILES(1);
    } else {
      SCALLION_TILES(0);
    }
#undef SCALLION_TILES
  }
}

void convolve_and_pool(const Band& band, std::int32_t windows, std::int32_t channels,
                       const Panels& u, const float* bias, float* y, bool relu) {
  alignas(64) float v[16 * kBandStep];
  const int most = kBand / (2 * channels) - 1, bands = (windows + most - 1) / most;
  for (int b = 0; b < bands; ++b) {
    const int begin = windows * b / bands, count = windows * (b + 1) / bands - begin;
    spread_band(band, begin * 2 * channels, count, channels, v);
    float* to = y + static_cast<std::ptrdiff_t>(begin) * u.columns;
    for (int column = 0; column < u.columns; column += kWidth) {
      const float* panel = u.data + static_cast<std::ptrdiff_t>(column) * u.rows;
      const int left = u.columns - column, lanes = left < kWidth ? left : kWidth;
      // The bias may be the user's own array: nothing behind its last float is read.
      alignas(64) float own[kWidth] = {};
      if (bias) std::memcpy(own, bias + column, static_cast<std::size_t>(lanes) * sizeof(float));
      if (lanes > kWidth / 2) {
        window_panel<Full>(count, v, channels, panel, own, to + column, u.columns, lanes, relu);
      } else {
        window_panel<Half>(count, v, channels, panel, own, to + column, u.columns, lanes, relu);
      }
    }
  }
}

}  // namespace

extern const ConvolutionMaxPoolKernels convolution_max_pool_kernels = {
    .convolve_and_pool = convolve_and_pool,
};

}  // namespace scallion::SCALLION_ISA
