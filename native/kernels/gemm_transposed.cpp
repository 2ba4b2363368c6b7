// The weight gradient of convolutions and dense layers, dw (K, N) = x (P, K) transposed * dy (P,
// N): see gemm_transposed.hpp.
//
// A tile of dw, kTile rows by two registers of columns, stays in registers over all pixels of all
// images; each pixel adds the outer product of kTile inputs and two registers of gradients.
#include "gemm_transposed.hpp"

#include <algorithm>

#include "prefetch_cursor.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// x and dy of a few images.
struct Operands {
  const float* x;
  std::ptrdiff_t x_image;
  const float* dy;
  std::ptrdiff_t dy_image;
  int images;
};

// A whole register or, where `Partial`, only the lanes that exist: after a pixel's last channel
// follows the next pixel's first, or the end of memory.
template <bool Partial, class Vector>
inline Vector load_columns(const float* p, LaneMask<Vector> lanes) {
  return Partial ? load_partial<Vector>(p, lanes) : load<Vector>(p);
}

template <bool Partial, class Vector>
inline void store_columns(float* p, Vector value, LaneMask<Vector> lanes) {
  Partial ? store_partial<Vector>(p, value, lanes) : store(p, value);
}

// T rows of dw, V whole and H half registers of columns, `columns` of which exist.
template <int T, int V, int H, bool Partial>
__attribute__((noinline)) void transposed_tile(const PixelPairs& pairs, const Operands& s, int row,
                                               int column, int columns, int ld, float* dw,
                                               bool accumulate, PrefetchCursor cursor) {
  Full sum[T][V > 0 ? V : 1];
  Half half_sum[T];
  // Only the last register of a row can be partial.
  const LaneMask<Full> last(columns - (V > 0 ? V - 1 : 0) * kWidth);
  const LaneMask<Half> half(columns - V * kWidth);
  constexpr bool kPartialFull = Partial && !H;
  float* to = dw + static_cast<std::ptrdiff_t>(pairs.dw_row + row) * ld + column;
  unroll<T>([&](auto t) SCALLION_INLINE {
    unroll<V>([&](auto v) SCALLION_INLINE {
      constexpr bool kPartial = kPartialFull && v + 1 == V;
      sum[t][v] =
          accumulate ? load_columns<kPartial, Full>(to + t * ld + v * kWidth, last) : Full{};
    });
    if constexpr (H)
      half_sum[t] =
          accumulate ? load_columns<Partial, Half>(to + t * ld + V * kWidth, half) : Half{};
  });
  for (int image = 0; image < s.images; ++image) {
    const float* x_row = s.x + image * s.x_image + pairs.x + row;
    const float* dy_row = s.dy + image * s.dy_image + pairs.dy + column;
    for (int i = 0; i < pairs.rows;
         ++i, x_row += pairs.x_row_stride, dy_row += pairs.dy_row_stride) {
      const float* x = x_row;
      const float* dy = dy_row;
      const std::ptrdiff_t x_stride = pairs.x_column_stride, dy_stride = pairs.dy_column_stride;
      for (int j = pairs.columns; j > 0; --j, x += x_stride, dy += dy_stride) {
        Full wide[V > 0 ? V : 1];
        Half narrow;
        unroll<V>([&](auto v) SCALLION_INLINE {
          constexpr bool kPartial = kPartialFull && v + 1 == V;
          wide[v] = load_columns<kPartial, Full>(dy + v * kWidth, last);
        });
        if constexpr (H) narrow = load_columns<Partial, Half>(dy + V * kWidth, half);
        prefetch_next(cursor);
        unroll<T>([&](auto t) SCALLION_INLINE {
          const float value = x[t];
          unroll<V>([&](auto v) SCALLION_INLINE {
            sum[t][v] = fma(broadcast<Full>(value), wide[v], sum[t][v]);
          });
          if constexpr (H) half_sum[t] = fma(broadcast<Half>(value), narrow, half_sum[t]);
        });
      }
    }
  }
  unroll<T>([&](auto t) SCALLION_INLINE {
    unroll<V>([&](auto v) SCALLION_INLINE {
      constexpr bool kPartial = kPartialFull && v + 1 == V;
      store_columns<kPartial, Full>(to + t * ld + v * kWidth, sum[t][v], last);
    });
    if constexpr (H) store_columns<Partial, Half>(to + t * ld + V * kWidth, half_sum[t], half);
  });
}

// Selects the tile of `count` rows, 1 <= count <= T.
template <int T, int V, int H, bool Partial>
inline void transposed_rows(int count, const PixelPairs& pairs, const Operands& s, int row,
                            int column, int columns, int ld, float* dw, bool accumulate,
                            PrefetchCursor cursor) {
  if (count == T) {
    transposed_tile<T, V, H, Partial>(pairs, s, row, column, columns, ld, dw, accumulate, cursor);
  } else if constexpr (T > 1) {
    transposed_rows<T - 1, V, H, Partial>(count, pairs, s, row, column, columns, ld, dw, accumulate,
                                          cursor);
  }
}

// T columns of dw, at most four, and X registers of rows: a remainder of so few columns (2 of 50)
// would leave most of a register empty. The sums are the same, in the same order.
template <int T, int X, bool Partial>
__attribute__((noinline)) void narrow_tile(const PixelPairs& pairs, const Operands& s, int row,
                                           int column, int ld, float* dw, bool accumulate) {
  Full sum[T][X];
  const LaneMask<Full> last(pairs.dw_rows - row - (X - 1) * kWidth);
  float* to = dw + static_cast<std::ptrdiff_t>(pairs.dw_row + row) * ld + column;
  const int rows = std::min(X * kWidth, pairs.dw_rows - row);
  float transposed[T][X * kWidth] = {};
  for (int i = 0; accumulate && i < rows; ++i) {
    for (int t = 0; t < T; ++t) transposed[t][i] = to[i * ld + t];
  }
  unroll<T>([&](auto t) SCALLION_INLINE {
    unroll<X>([&](auto v) SCALLION_INLINE { sum[t][v] = load<Full>(transposed[t] + v * kWidth); });
  });
  for (int image = 0; image < s.images; ++image) {
    const float* x_row = s.x + image * s.x_image + pairs.x + row;
    const float* dy_row = s.dy + image * s.dy_image + pairs.dy + column;
    for (int i = 0; i < pairs.rows;
         ++i, x_row += pairs.x_row_stride, dy_row += pairs.dy_row_stride) {
      const float* x = x_row;
      const float* dy = dy_row;
      const std::ptrdiff_t x_stride = pairs.x_column_stride, dy_stride = pairs.dy_column_stride;
      for (int j = pairs.columns; j > 0; --j, x += x_stride, dy += dy_stride) {
        Full wide[X];
        unroll<X>([&](auto v) SCALLION_INLINE {
          constexpr bool kPartial = Partial && v + 1 == X;
          wide[v] = load_columns<kPartial, Full>(x + v * kWidth, last);
        });
        unroll<T>([&](auto t) SCALLION_INLINE {
          const Full value = broadcast<Full>(dy[t]);
          unroll<X>([&](auto v) SCALLION_INLINE { sum[t][v] = fma(value, wide[v], sum[t][v]); });
        });
      }
    }
  }
  unroll<T>([&](auto t) SCALLION_INLINE {
    unroll<X>([&](auto v) SCALLION_INLINE { store(transposed[t] + v * kWidth, sum[t][v]); });
  });
  for (int i = 0; i < rows; ++i) {
    for (int t = 0; t < T; ++t) to[i * ld + t] = transposed[t][i];
  }
}

// Selects the tile for the rows that are left, of at most X registers.
template <int T, int X>
inline void narrow_rows(const PixelPairs& pairs, const Operands& s, int row, int column, int ld,
                        float* dw, bool accumulate) {
  const int left = pairs.dw_rows - row;
  if (left >= X * kWidth) {
    narrow_tile<T, X, false>(pairs, s, row, column, ld, dw, accumulate);
  } else if (left > (X - 1) * kWidth) {
    narrow_tile<T, X, true>(pairs, s, row, column, ld, dw, accumulate);
  } else if constexpr (X > 1) {
    narrow_rows<T, X - 1>(pairs, s, row, column, ld, dw, accumulate);
  }
}

// All rows of dw for the last T columns.
template <int T>
inline void narrow_columns(const PixelPairs& pairs, const Operands& s, int column, int ld,
                           float* dw, bool accumulate) {
  // As many accumulators as the other tiles have.
  constexpr int kRegisters = kTile * 2 / T < 4 ? kTile * 2 / T : 4;
  for (int row = 0; row < pairs.dw_rows; row += kRegisters * kWidth) {
    narrow_rows<T, kRegisters>(pairs, s, row, column, ld, dw, accumulate);
  }
}

void multiply(const PixelPairs& pairs, const float* x, std::ptrdiff_t x_image, const float* dy,
              std::ptrdiff_t dy_image, std::int32_t images, std::int32_t n, std::int32_t ld,
              float* dw, bool accumulate, Prefetch& prefetch) {
  const std::ptrdiff_t rounds = std::ptrdiff_t{images} * pairs.rows * pairs.columns;
  const Operands s{x, x_image, dy, dy_image, images};
  const int tiles = (pairs.dw_rows + kTile - 1) / kTile;
  for (int column = 0; column < n;) {
    const int left = n - column;
    const int whole = left >= 2 * kWidth ? 2 : (left >= kWidth ? 1 : 0);
    const int tail = whole == 2 ? 0 : left - whole * kWidth;
    if (left <= 4 && pairs.dw_rows >= kWidth) {
      if (left == 1) narrow_columns<1>(pairs, s, column, ld, dw, accumulate);
      if (left == 2) narrow_columns<2>(pairs, s, column, ld, dw, accumulate);
      if (left == 3) narrow_columns<3>(pairs, s, column, ld, dw, accumulate);
      if (left == 4) narrow_columns<4>(pairs, s, column, ld, dw, accumulate);
      return;
    }
    for (int i = 0; i < tiles; ++i) {
      const int row = pairs.dw_rows * i / tiles;
      const int count = pairs.dw_rows * (i + 1) / tiles - row;
#define SCALLION_TILE(V, H, PARTIAL)                                                            \
  transposed_rows<kTile, V, H, PARTIAL>(count, pairs, s, row, column, left, ld, dw, accumulate, \
                                        take_steps(prefetch, rounds))
      if (whole == 2) {
        SCALLION_TILE(2, 0, false);
      } else if (whole == 1 && tail == 0) {
        SCALLION_TILE(1, 0, false);
      } else if (whole == 1 && tail <= kWidth / 2) {
        SCALLION_TILE(1, 1, true);
      } else if (whole == 1) {
        SCALLION_TILE(2, 0, true);
      } else if (tail <= kWidth / 2) {
        SCALLION_TILE(0, 1, true);
      } else {
        SCALLION_TILE(1, 0, true);
      }
#undef SCALLION_TILE
    }
    column += whole == 2 ? 2 * kWidth : left;
  }
}

// Vectors hold columns, so that additions have the same order for any width of registers.
void sum_rows(const float* dy, std::int64_t rows, std::int32_t n, float* db, bool accumulate) {
  int column = 0;
  auto sum_columns = [&]<int V>() {
    Full sum[V];
    for (int v = 0; v < V; ++v) sum[v] = accumulate ? load<Full>(db + column + v * kWidth) : Full{};
    const float* p = dy + column;
    for (std::int64_t i = 0; i < rows; ++i, p += n) {
      for (int v = 0; v < V; ++v) sum[v] += load<Full>(p + v * kWidth);
    }
    for (int v = 0; v < V; ++v) store(db + column + v * kWidth, sum[v]);
    column += V * kWidth;
  };
  while (column + 4 * kWidth <= n) sum_columns.template operator()<4>();
  while (column + kWidth <= n) sum_columns.template operator()<1>();
  for (; column < n; ++column) {
    float sum = accumulate ? db[column] : 0.0f;
    for (std::int64_t i = 0; i < rows; ++i) sum += dy[i * n + column];
    db[column] = sum;
  }
}

}  // namespace

extern const GemmTransposedKernels gemm_transposed_kernels = {
    .multiply = multiply,
    .sum_rows = sum_rows,
};

}  // namespace scallion::SCALLION_ISA
