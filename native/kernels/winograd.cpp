// Winograd's convolution F(4x4, 3x3): the transforms and products that winograd.hpp describes.
// Vectors hold channels or filters.
//
// The polynomials are evaluated at 0, +-3/4, +-3/2 and infinity. Compared with the usual points 0,
// +-1, +-2 this has a quarter of the rounding error (benchmarks/LOG.md), since less cancels, and
// all coefficients of Bt and At are exact in binary.
#include "winograd.hpp"

#include "panels.hpp"
#include "vector_loops.hpp"

namespace scallion::SCALLION_ISA {
namespace {

constexpr float kA = 0.75f, kB = 1.5f;           // the points a and b; -a, -b, 0 and infinity
constexpr float kA2 = kA * kA, kB2 = kB * kB;    // 9/16, 9/4
constexpr float kA3 = kA2 * kA, kB3 = kB2 * kB;  // 27/64, 27/8
// For the rows of G: 1 / the product of a point's differences from the other finite points.
constexpr float kAt0 = 1 / (kA2 * kB2), kAtA = 1 / (2 * kA2 * (kA2 - kB2)),
                kAtB = 1 / (2 * kB2 * (kB2 - kA2));

// v = Bt d: six inputs to six elements.
template <class Vector>
SCALLION_INLINE inline void input_transform(const Vector (&d)[6], Vector (&v)[6]) {
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

// v = A d: four output gradients to six elements.
template <class Vector>
SCALLION_INLINE inline void output_gradient_transform(const Vector (&d)[4], Vector (&v)[6]) {
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

// u = G g: three weights to six elements.
template <class Vector>
SCALLION_INLINE inline void weight_transform(const Vector (&g)[3], Vector (&u)[6]) {
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

// y = At m: six elements to four outputs.
template <class Vector>
SCALLION_INLINE inline void output_transform(const Vector (&m)[6], Vector (&y)[4]) {
  const auto c = [](float x) { return broadcast<Vector>(x); };
  const Vector even_a = m[1] + m[2], odd_a = m[1] - m[2];
  const Vector even_b = m[3] + m[4], odd_b = m[3] - m[4];
  y[0] = m[0] + even_a + even_b;
  y[1] = fma(c(kB), odd_b, c(kA) * odd_a);
  y[2] = fma(c(kB2), even_b, c(kA2) * even_a);
  y[3] = fma(c(kB3), odd_b, fma(c(kA3), odd_a, m[5]));
}

// g = Gt m: six elements to the gradients of three weights.
template <class Vector>
SCALLION_INLINE inline void weight_gradient_transform(const Vector (&m)[6], Vector (&g)[3]) {
  const auto c = [](float x) { return broadcast<Vector>(x); };
  const Vector even_a = c(kAtA) * (m[1] + m[2]), odd_a = c(kAtA) * (m[1] - m[2]);
  const Vector even_b = c(kAtB) * (m[3] + m[4]), odd_b = c(kAtB) * (m[3] - m[4]);
  g[0] = fma(c(kAt0), m[0], even_a + even_b);
  g[1] = fma(c(kB), odd_b, c(kA) * odd_a);
  g[2] = fma(c(kB2), even_b, fma(c(kA2), even_a, m[5]));
}

// Applies a transform of N to S elements to the columns, then the rows of an N x N tile. `read(i,
// j)` returns an element of it, `write(i, j, value)` takes one of the S x S results.
template <int N, int S, class Read, class Transform, class Write>
SCALLION_INLINE inline void transform_2d(Read&& read, Transform&& transform, Write&& write) {
  Full half[S][N];
  unroll<N>([&](auto j) SCALLION_INLINE {
    Full in[N], out[S];
    unroll<N>([&](auto i) SCALLION_INLINE { in[i] = read(i, j); });
    transform(in, out);
    unroll<S>([&](auto i) SCALLION_INLINE { half[i][j] = out[i]; });
  });
  unroll<S>([&](auto i) SCALLION_INLINE {
    Full out[S];
    transform(half[i], out);
    unroll<S>([&](auto j) SCALLION_INLINE { write(i, j, out[j]); });
  });
}

// Transforms the N x N pixels of each tile. Pixels outside the image are zero.
template <int N, class Transform>
inline void transform_tiles(const Tile* tiles, int count, const float* x, int x_row, int channels,
                            const TransformedTiles& v, Transform&& transform) {
  for (int t = 0; t < count; ++t) {
    const Tile tile = tiles[t];
    const float* from = x + tile.x;
    const bool whole = tile.top == 0 && tile.left == 0 && tile.bottom == N && tile.right == N;
    for_each_channel_vector(channels, [&](int c, int lanes) {
      float* to = v.data + static_cast<std::ptrdiff_t>(t) * v.tile_stride + c;
      const auto write = [&](auto i, auto j, Full value)
                             SCALLION_INLINE { store(to + (i * 6 + j) * v.element_stride, value); };
      if (whole && lanes == kWidth) {
        transform_2d<N, 6>(
            [&](auto i, auto j)
                SCALLION_INLINE { return load<Full>(from + i * x_row + j * channels + c); },
            transform, write);
      } else {
        transform_2d<N, 6>(
            [&](auto i, auto j) SCALLION_INLINE {
              const bool inside =
                  i >= tile.top && i < tile.bottom && j >= tile.left && j < tile.right;
              return inside ? load_lanes(from + i * x_row + j * channels + c, lanes) : Full{};
            },
            transform, write);
      }
    });
  }
}

void transform_input(const Tile* tiles, std::int32_t count, const float* x, std::int32_t x_row,
                     std::int32_t channels, const TransformedTiles& v) {
  transform_tiles<6>(tiles, count, x, x_row, channels, v,
                     [](const Full(&d)[6], Full(&out)[6])
                         SCALLION_INLINE { input_transform(d, out); });
}

void transform_output_gradient(const Tile* tiles, std::int32_t count, const float* dy,
                               std::int32_t dy_row, std::int32_t filters,
                               const TransformedTiles& v) {
  transform_tiles<4>(tiles, count, dy, dy_row, filters, v,
                     [](const Full(&d)[4], Full(&out)[6])
                         SCALLION_INLINE { output_gradient_transform(d, out); });
}

// One element of T tiles, (T, depth), times a panel of V whole and H half registers.
template <int T, int V, int H>
SCALLION_INLINE inline void product_tile(const float* v, std::ptrdiff_t v_stride, const float* u,
                                         int depth, float* m, std::ptrdiff_t m_stride) {
  constexpr int kPanel = V * kWidth + H * (kWidth / 2);
  Full sum[T][V > 0 ? V : 1];
  Half half_sum[T];
  unroll<T>([&](auto t) SCALLION_INLINE {
    unroll<V>([&](auto i) SCALLION_INLINE { sum[t][i] = Full{}; });
    if constexpr (H) half_sum[t] = Half{};
  });
  for (int k = 0; k < depth; ++k, u += kPanel) {
    Full wide[V > 0 ? V : 1];
    Half narrow;
    unroll<V>([&](auto i) SCALLION_INLINE { wide[i] = load<Full>(u + i * kWidth); });
    if constexpr (H) narrow = load<Half>(u + V * kWidth);
    unroll<T>([&](auto t) SCALLION_INLINE {
      const float value = v[t * v_stride + k];
      unroll<V>([&](auto i) SCALLION_INLINE {
        sum[t][i] = fma(broadcast<Full>(value), wide[i], sum[t][i]);
      });
      if constexpr (H) half_sum[t] = fma(broadcast<Half>(value), narrow, half_sum[t]);
    });
  }
  unroll<T>([&](auto t) SCALLION_INLINE {
    unroll<V>([&](auto i) SCALLION_INLINE { store(m + t * m_stride + i * kWidth, sum[t][i]); });
    if constexpr (H) store(m + t * m_stride + V * kWidth, half_sum[t]);
  });
}

// One element of all tiles times one panel, in blocks of T tiles, or of T - 1: T is the smallest
// number, at most kTile, that needs no more blocks.
template <int T, int V, int H>
__attribute__((noinline)) void product_panel(int count, const TransformedTiles& v,
                                             const float* from, const float* u, int depth,
                                             const TransformedTiles& m, float* to) {
  if constexpr (T > 1) {
    if (count <= (T - 1) * ((count + kTile - 1) / kTile)) {
      product_panel<T - 1, V, H>(count, v, from, u, depth, m, to);
      return;
    }
  }
  // Blocks of T would hold `excess` tiles too many, so that many blocks take one fewer.
  const int blocks = (count + T - 1) / T, excess = blocks * T - count;
  for (int i = 0; i < blocks; ++i) {
    if (T == 1 || i >= excess) {
      product_tile<T, V, H>(from, v.tile_stride, u, depth, to, m.tile_stride);
      from += T * v.tile_stride, to += T * m.tile_stride;
    } else if constexpr (T > 1) {
      product_tile<T - 1, V, H>(from, v.tile_stride, u, depth, to, m.tile_stride);
      from += (T - 1) * v.tile_stride, to += (T - 1) * m.tile_stride;
    }
  }
}

void multiply(const TransformedTiles& v, std::int32_t count, const PackedMatrix& u,
              std::ptrdiff_t u_stride, const TransformedTiles& m) {
  const int padded = padded_columns(u.columns, kWidth);
  for (int e = 0; e < kWinogradElements; ++e) {
    const float* from = v.data + e * v.element_stride;
    const PackedMatrix matrix{u.data + e * u_stride, u.rows, u.columns};
    for (int column = 0; column < padded;) {
      const Panel panel = panel_at(column, matrix);
      float* to = m.data + e * m.element_stride + column;
#define SCALLION_PANEL(V, H) \
  product_panel<kTile, V, H>(count, v, from, panel.weights, u.rows, m, to)
      if (panel.whole == 2) {
        SCALLION_PANEL(2, 0);
      } else if (panel.whole == 1 && panel.half) {
        SCALLION_PANEL(1, 1);
      } else if (panel.whole == 1) {
        SCALLION_PANEL(1, 0);
      } else {
        SCALLION_PANEL(0, 1);
      }
#undef SCALLION_PANEL
      column += panel_width(panel);
    }
  }
}

// Outputs of a tile that lie outside the image are not stored.
void transform_output(const Tile* tiles, std::int32_t count, const TransformedTiles& m,
                      const float* bias, float* y, std::int32_t y_row, std::int32_t filters,
                      Epilogue epilogue) {
  for (int t = 0; t < count; ++t) {
    const Tile tile = tiles[t];
    float* to = y + tile.x;
    for_each_channel_vector(filters, [&](int c, int lanes) {
      const float* from = m.data + static_cast<std::ptrdiff_t>(t) * m.tile_stride + c;
      const Full b = bias ? load_lanes(bias + c, lanes) : Full{};
      transform_2d<6, 4>(
          [&](auto i, auto j)
              SCALLION_INLINE { return load<Full>(from + (i * 6 + j) * m.element_stride); },
          [](const Full(&d)[6], Full(&out)[4]) SCALLION_INLINE { output_transform(d, out); },
          [&](auto i, auto j, Full value) SCALLION_INLINE {
            if (i >= tile.bottom || j >= tile.right) return;
            float* p = to + i * y_row + j * filters + c;
            value += b;
            if (epilogue == Epilogue::kRelu) value = relu(value);
            if (epilogue == Epilogue::kAccumulate) value += load_lanes(p, lanes);
            store_lanes(p, value, lanes);
          });
    });
  }
}

void transform_weight_gradient(const TransformedTiles& m, std::int32_t rows, std::int32_t filters,
                               float* dw, std::ptrdiff_t position_stride, bool accumulate) {
  for (int row = 0; row < rows; ++row) {
    for_each_channel_vector(filters, [&](int c, int lanes) {
      const float* from = m.data + row * m.tile_stride + c;
      float* to = dw + static_cast<std::ptrdiff_t>(row) * filters + c;
      transform_2d<6, 3>(
          [&](auto i, auto j)
              SCALLION_INLINE { return load<Full>(from + (i * 6 + j) * m.element_stride); },
          [](const Full(&d)[6], Full(&out)[3])
              SCALLION_INLINE { weight_gradient_transform(d, out); },
          [&](auto i, auto j, Full value) SCALLION_INLINE {
            float* p = to + (i * 3 + j) * position_stride;
            if (accumulate) value += load_lanes(p, lanes);
            store_lanes(p, value, lanes);
          });
    });
  }
}

void transform_weights(const Weights3x3& w, std::int32_t begin, std::int32_t end,
                       const PackedMatrix& shape, float* u, std::ptrdiff_t u_stride) {
  const int padded = padded_columns(shape.columns, kWidth);
  for (int column = 0; column < padded;) {
    const Panel panel = panel_at(column, shape);
    const int width = panel_width(panel);
    const int columns = panel.columns < width ? panel.columns : width;  // without the padding
    for (int row = begin; row < end; ++row) {
      float* to = u + static_cast<std::ptrdiff_t>(column) * shape.rows +
                  static_cast<std::ptrdiff_t>(row) * width;
      for (int c = 0; c < width; c += kWidth) {
        const int lanes = columns - c < kWidth ? (columns > c ? columns - c : 0) : kWidth;
        const int stored = width - c < kWidth ? width - c : kWidth;
        float g[9][kWidth] = {};
        const float* from = w.data + row * w.row_stride + (column + c) * w.column_stride;
        for (int k = 0; k < 9; ++k) {
          for (int i = 0; i < lanes; ++i)
            g[k][i] = from[k * w.position_stride + i * w.column_stride];
        }
        if (w.column_scale) {
          for (int k = 0; k < 9; ++k) {
            for (int i = 0; i < lanes; ++i) g[k][i] *= w.column_scale[column + c + i];
          }
        }
        transform_2d<3, 6>(
            [&](auto i, auto j) SCALLION_INLINE { return load<Full>(g[i * 3 + j]); },
            [](const Full(&d)[3], Full(&out)[6]) SCALLION_INLINE { weight_transform(d, out); },
            [&](auto i, auto j, Full value)
                SCALLION_INLINE { store_lanes(to + (i * 6 + j) * u_stride + c, value, stored); });
      }
    }
    column += width;
  }
}

}  // namespace

extern const WinogradKernels winograd_kernels = {
    .transform_input = transform_input,
    .transform_output_gradient = transform_output_gradient,
    .transform_weights = transform_weights,
    .multiply = multiply,
    .transform_output = transform_output,
    .transform_weight_gradient = transform_weight_gradient,
};

}  // namespace scallion::SCALLION_ISA
