// Winograd's convolution F(4x4, 3x3): a tile of 4x4 outputs takes 36 products a channel instead of
// 144. Tiles of 6x6 inputs and the weights are taken to 36 frequencies, multiplied there, frequency
// by frequency a matrix product, and what comes out is taken back. Vectors lie on channels.
//
// The polynomials are evaluated at 0, +-3/4, +-3/2 and infinity. Against the usual 0, +-1, +-2 the
// differences of large numbers are smaller: a quarter of the rounding error (benchmarks/LOG.md),
// and all factors of the inputs and outputs are exact.
#include "winograd.hpp"

#include "channels.hpp"
#include "panels.hpp"

namespace scallion::SCALLION_ISA {
namespace {

constexpr int kFrequencies = 36;

constexpr float kA = 0.75f, kB = 1.5f;           // the points, beside their negatives
constexpr float kA2 = kA * kA, kB2 = kB * kB;    // 9/16, 9/4
constexpr float kA3 = kA2 * kA, kB3 = kB2 * kB;  // 27/64, 27/8
// What the polynomials without one point are at that point.
constexpr float kAt0 = 1 / (kA2 * kB2), kAtA = 1 / (2 * kA2 * (kA2 - kB2)),
                kAtB = 1 / (2 * kB2 * (kB2 - kA2));

// Six inputs to six frequencies.
template <class Vector>
SCALLION_INLINE inline void spread_inputs(const Vector (&d)[6], Vector (&v)[6]) {
  const auto c = [](float x) { return broadcast<Vector>(x); };
  v[0] = fma(c(kA2 * kB2), d[0], fma(c(-kA2 - kB2), d[2], d[4]));
  const Vector even_a = fma(c(-kB2), d[2], d[4]), odd_a = fma(c(-kB2), d[1], d[3]);
  v[1] = fma(c(kA), odd_a, even_a);
  v[2] = fma(c(-kA), odd_a, even_a);
  const Vector even_b = fma(c(-kA2), d[2], d[4]), odd_b = fma(c(-kA2), d[1], d[3]);
  v[3] = fma(c(kB), odd_b, even_b);
  v[4] = fma(c(-kB), odd_b, even_b);
  v[5] = fma(c(kA2 * kB2), d[1], fma(c(-kA2 - kB2), d[3], d[5]));
}

// Four slopes to six frequencies.
template <class Vector>
SCALLION_INLINE inline void spread_slopes(const Vector (&d)[4], Vector (&v)[6]) {
  const auto c = [](float x) { return broadcast<Vector>(x); };
  v[0] = d[0];
  const Vector even_a = fma(c(kA2), d[2], d[0]), odd_a = fma(c(kA2), d[3], d[1]);
  v[1] = fma(c(kA), odd_a, even_a);
  v[2] = fma(c(-kA), odd_a, even_a);
  const Vector even_b = fma(c(kB2), d[2], d[0]), odd_b = fma(c(kB2), d[3], d[1]);
  v[3] = fma(c(kB), odd_b, even_b);
  v[4] = fma(c(-kB), odd_b, even_b);
  v[5] = d[3];
}

// Three weights to six frequencies.
template <class Vector>
SCALLION_INLINE inline void spread_weights(const Vector (&g)[3], Vector (&u)[6]) {
  const auto c = [](float x) { return broadcast<Vector>(x); };
  u[0] = c(kAt0) * g[0];
  const Vector even_a = c(kAtA) * fma(c(kA2), g[2], g[0]), odd_a = c(kAtA * kA) * g[1];
  u[1] = even_a + odd_a;
  u[2] = even_a - odd_a;
  const Vector even_b = c(kAtB) * fma(c(kB2), g[2], g[0]), odd_b = c(kAtB * kB) * g[1];
  u[3] = even_b + odd_b;
  u[4] = even_b - odd_b;
  u[5] = g[2];
}

// Six frequencies to four outputs.
template <class Vector>
SCALLION_INLINE inline void gather_outputs(const Vector (&m)[6], Vector (&y)[4]) {
  const auto c = [](float x) { return broadcast<Vector>(x); };
  const Vector even_a = m[1] + m[2], odd_a = m[1] - m[2];
  const Vector even_b = m[3] + m[4], odd_b = m[3] - m[4];
  y[0] = m[0] + even_a + even_b;
  y[1] = fma(c(kB), odd_b, c(kA) * odd_a);
  y[2] = fma(c(kB2), even_b, c(kA2) * even_a);
  y[3] = fma(c(kB3), odd_b, fma(c(kA3), odd_a, m[5]));
}

// Six frequencies to the gradients of three weights.
template <class Vector>
SCALLION_INLINE inline void gather_gradients(const Vector (&m)[6], Vector (&g)[3]) {
  const auto c = [](float x) { return broadcast<Vector>(x); };
  const Vector even_a = c(kAtA) * (m[1] + m[2]), odd_a = c(kAtA) * (m[1] - m[2]);
  const Vector even_b = c(kAtB) * (m[3] + m[4]), odd_b = c(kAtB) * (m[3] - m[4]);
  g[0] = fma(c(kAt0), m[0], even_a + even_b);
  g[1] = fma(c(kB), odd_b, c(kA) * odd_a);
  g[2] = fma(c(kB2), even_b, fma(c(kA2), even_a, m[5]));
}

// N x N places through N -> S by columns, then by rows: what `read(i, j)` gives, to `write(i, j)`.
template <int N, int S, class Read, class Line, class Write>
SCALLION_INLINE inline void both_ways(Read&& read, Line&& line, Write&& write) {
  Full half[S][N];
  unrolled<N>([&](auto j) SCALLION_INLINE {
    Full in[N], out[S];
    unrolled<N>([&](auto i) SCALLION_INLINE { in[i] = read(i, j); });
    line(in, out);
    unrolled<S>([&](auto i) SCALLION_INLINE { half[i][j] = out[i]; });
  });
  unrolled<S>([&](auto i) SCALLION_INLINE {
    Full out[S];
    line(half[i], out);
    unrolled<S>([&](auto j) SCALLION_INLINE { write(i, j, out[j]); });
  });
}

// N x N pixels of each patch to frequencies; what lies outside of the image is zero.
template <int N, class Line>
inline void tiles_to_frequencies(const Patch* patches, int count, const float* x, int x_row,
                                 int channels, const Frequencies& v, Line&& line) {
  for (int t = 0; t < count; ++t) {
    const Patch p = patches[t];
    const float* from = x + p.x;
    const bool whole = p.top == 0 && p.left == 0 && p.bottom == N && p.right == N;
    each_channel_vector(channels, [&](int c, int lanes) {
      float* to = v.data + static_cast<std::ptrdiff_t>(t) * v.row + c;
      const auto write = [&](auto i, auto j, Full value)
                             SCALLION_INLINE { store(to + (i * 6 + j) * v.step, value); };
      if (whole && lanes == kWidth) {
        both_ways<N, 6>(
            [&](auto i, auto j)
                SCALLION_INLINE { return load<Full>(from + i * x_row + j * channels + c); },
            line, write);
      } else {
        both_ways<N, 6>(
            [&](auto i, auto j) SCALLION_INLINE {
              const bool inside = i >= p.top && i < p.bottom && j >= p.left && j < p.right;
              return inside ? load_full(from + i * x_row + j * channels + c, lanes) : Full{};
            },
            line, write);
      }
    });
  }
}

void spread_tiles(const Patch* patches, std::int32_t count, const float* x, std::int32_t x_row,
                  std::int32_t channels, const Frequencies& v) {
  tiles_to_frequencies<6>(patches, count, x, x_row, channels, v,
                          [](const Full(&d)[6], Full(&out)[6])
                              SCALLION_INLINE { spread_inputs(d, out); });
}

void spread_slope_tiles(const Patch* patches, std::int32_t count, const float* dy,
                        std::int32_t dy_row, std::int32_t filters, const Frequencies& v) {
  tiles_to_frequencies<4>(patches, count, dy, dy_row, filters, v,
                          [](const Full(&d)[4], Full(&out)[6])
                              SCALLION_INLINE { spread_slopes(d, out); });
}

// A tile's frequencies of T patches against a panel of V whole registers and H half ones.
template <int T, int V, int H>
SCALLION_INLINE inline void frequency_tile(const float* v, std::ptrdiff_t v_row, const float* u,
                                           int depth, float* m, std::ptrdiff_t m_row) {
  constexpr int kPanel = V * kWidth + H * (kWidth / 2);
  Full sum[T][V > 0 ? V : 1];
  Half rest[T];
  unrolled<T>([&](auto t) SCALLION_INLINE {
    unrolled<V>([&](auto i) SCALLION_INLINE { sum[t][i] = Full{}; });
    if constexpr (H) rest[t] = Half{};
  });
  for (int k = 0; k < depth; ++k, u += kPanel) {
    Full wide[V > 0 ? V : 1];
    Half narrow;
    unrolled<V>([&](auto i) SCALLION_INLINE { wide[i] = load<Full>(u + i * kWidth); });
    if constexpr (H) narrow = load<Half>(u + V * kWidth);
    unrolled<T>([&](auto t) SCALLION_INLINE {
      const float value = v[t * v_row + k];
      unrolled<V>([&](auto i) SCALLION_INLINE {
        sum[t][i] = fma(broadcast<Full>(value), wide[i], sum[t][i]);
      });
      if constexpr (H) rest[t] = fma(broadcast<Half>(value), narrow, rest[t]);
    });
  }
  unrolled<T>([&](auto t) SCALLION_INLINE {
    unrolled<V>([&](auto i) SCALLION_INLINE { store(m + t * m_row + i * kWidth, sum[t][i]); });
    if constexpr (H) store(m + t * m_row + V * kWidth, rest[t]);
  });
}

// One frequency of all patches against one panel: `most` patches at a time, or one fewer.
template <int T, int V, int H>
__attribute__((noinline)) void frequency_panel(int count, const Frequencies& v, const float* from,
                                               const float* u, int depth, const Frequencies& m,
                                               float* to) {
  if constexpr (T > 1) {
    if (count <= (T - 1) * ((count + kTile - 1) / kTile)) {
      frequency_panel<T - 1, V, H>(count, v, from, u, depth, m, to);
      return;
    }
  }
  // `tiles` of T patches would be too many by `less`: so many take one fewer.
  const int tiles = (count + T - 1) / T, less = tiles * T - count;
  for (int i = 0; i < tiles; ++i) {
    if (T == 1 || i >= less) {
      frequency_tile<T, V, H>(from, v.row, u, depth, to, m.row);
      from += T * v.row, to += T * m.row;
    } else if constexpr (T > 1) {
      frequency_tile<T - 1, V, H>(from, v.row, u, depth, to, m.row);
      from += (T - 1) * v.row, to += (T - 1) * m.row;
    }
  }
}

// m[f][patch][n] = sum over depth of v[f][patch] * u[f][depth][n], the latter in panels.
void multiply_frequencies(const Frequencies& v, std::int32_t count, const Panels& u,
                          std::ptrdiff_t u_step, const Frequencies& m) {
  const int padded = scallion::padded(u.columns, kWidth);
  for (int f = 0; f < kFrequencies; ++f) {
    const float* from = v.data + f * v.step;
    const Panels panels{u.data + f * u_step, u.rows, u.columns};
    for (int column = 0; column < padded;) {
      const Strip s = strip_at(column, panels);
      float* to = m.data + f * m.step + column;
#define SCALLION_STRIP(V, H) frequency_panel<kTile, V, H>(count, v, from, s.weights, u.rows, m, to)
      if (s.whole == 2) {
        SCALLION_STRIP(2, 0);
      } else if (s.whole == 1 && s.half) {
        SCALLION_STRIP(1, 1);
      } else if (s.whole == 1) {
        SCALLION_STRIP(1, 0);
      } else {
        SCALLION_STRIP(0, 1);
      }
#undef SCALLION_STRIP
      column += panel_width(s);
    }
  }
}

// Frequencies of patches to their 4x4 outputs, as far as those lie in the image.
void gather_tiles(const Patch* patches, std::int32_t count, const Frequencies& m, const float* bias,
                  float* y, std::int32_t y_row, std::int32_t filters, Store mode) {
  for (int t = 0; t < count; ++t) {
    const Patch p = patches[t];
    float* to = y + p.x;
    each_channel_vector(filters, [&](int c, int lanes) {
      const float* from = m.data + static_cast<std::ptrdiff_t>(t) * m.row + c;
      const Full b = bias ? load_full(bias + c, lanes) : Full{};
      both_ways<6, 4>(
          [&](auto i, auto j) SCALLION_INLINE { return load<Full>(from + (i * 6 + j) * m.step); },
          [](const Full(&d)[6], Full(&out)[4]) SCALLION_INLINE { gather_outputs(d, out); },
          [&](auto i, auto j, Full value) SCALLION_INLINE {
            if (i >= p.bottom || j >= p.right) return;
            float* place = to + i * y_row + j * filters + c;
            value += b;
            if (mode == Store::kRelu) value = maximum(value, Full{});
            if (mode == Store::kAdd) value += load_full(place, lanes);
            store_full(place, value, lanes);
          });
    });
  }
}

// Frequencies of the gradient of `rows` inputs' weights to its nine taps.
void gather_weights(const Frequencies& m, std::int32_t rows, std::int32_t filters, float* dw,
                    std::ptrdiff_t tap, bool add) {
  for (int row = 0; row < rows; ++row) {
    each_channel_vector(filters, [&](int c, int lanes) {
      const float* from = m.data + row * m.row + c;
      float* to = dw + static_cast<std::ptrdiff_t>(row) * filters + c;
      both_ways<6, 3>(
          [&](auto i, auto j) SCALLION_INLINE { return load<Full>(from + (i * 6 + j) * m.step); },
          [](const Full(&d)[6], Full(&out)[3]) SCALLION_INLINE { gather_gradients(d, out); },
          [&](auto i, auto j, Full value) SCALLION_INLINE {
            float* place = to + (i * 3 + j) * tap;
            if (add) value += load_full(place, lanes);
            store_full(place, value, lanes);
          });
    });
  }
}

// Rows [begin, end) of 3x3 weights to frequencies, in panels of columns. A weight lies at
// w + tap * w.tap + row * w.row + column * w.column.
void spread_weights_in_panels(const scallion::Kernel3x3& w, std::int32_t begin, std::int32_t end,
                              const Panels& shape, float* u, std::ptrdiff_t u_step) {
  const int padded = scallion::padded(shape.columns, kWidth);
  for (int column = 0; column < padded;) {
    const Strip s = strip_at(column, shape);
    const int panel = panel_width(s), exist = s.columns < panel ? s.columns : panel;
    for (int row = begin; row < end; ++row) {
      float* to = u + static_cast<std::ptrdiff_t>(column) * shape.rows +
                  static_cast<std::ptrdiff_t>(row) * panel;
      for (int c = 0; c < panel; c += kWidth) {
        const int lanes = exist - c < kWidth ? (exist > c ? exist - c : 0) : kWidth;
        const int room = panel - c < kWidth ? panel - c : kWidth;
        float taps[9][kWidth] = {};
        const float* from = w.data + row * w.row + (column + c) * w.column;
        for (int k = 0; k < 9; ++k) {
          for (int i = 0; i < lanes; ++i) taps[k][i] = from[k * w.tap + i * w.column];
        }
        if (w.factor) {
          for (int k = 0; k < 9; ++k) {
            for (int i = 0; i < lanes; ++i) taps[k][i] *= w.factor[column + c + i];
          }
        }
        both_ways<3, 6>(
            [&](auto i, auto j) SCALLION_INLINE { return load<Full>(taps[i * 3 + j]); },
            [](const Full(&d)[3], Full(&out)[6]) SCALLION_INLINE { spread_weights(d, out); },
            [&](auto i, auto j, Full value)
                SCALLION_INLINE { store_full(to + (i * 6 + j) * u_step + c, value, room); });
      }
    }
    column += panel;
  }
}

}  // namespace

extern const WinogradKernels winograd_kernels = {
    .spread_tiles = spread_tiles,
    .spread_slope_tiles = spread_slope_tiles,
    .spread_weights = spread_weights_in_panels,
    .multiply_frequencies = multiply_frequencies,
    .gather_tiles = gather_tiles,
    .gather_weights = gather_weights,
};

}  // namespace scallion::SCALLION_ISA
