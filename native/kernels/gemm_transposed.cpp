// The weight gradient of convolutions and dense layers: a tile of the weight matrix stays in
// registers while all pixels of all images pass by.
#include "gemm_transposed.hpp"

#include <algorithm>

#include "prefetch.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

struct Sources {
  const float* x;
  std::ptrdiff_t x_image;
  const float* dy;
  std::ptrdiff_t dy_image;
  int images;
};

// Whole registers, or, where `Partial`, only the lanes that exist: behind a pixel's last channel
// lies the next pixel's first, or the end of memory.
template <bool Partial, class Vector>
inline Vector take(const float* p, Lanes<Vector> lanes) {
  return Partial ? load_some<Vector>(p, lanes) : load<Vector>(p);
}

template <bool Partial, class Vector>
inline void put(float* p, Vector value, Lanes<Vector> lanes) {
  Partial ? store_some<Vector>(p, value, lanes) : store(p, value);
}

// T rows of the gradient against V whole registers and H half ones.
template <int T, int V, int H, bool Partial>
__attribute__((noinline)) void transposed_tile(const Rectangle& r, const Sources& s, int row,
                                               int column, int columns, int ld, float* dw, bool add,
                                               Asking asking) {
  Full sum[T][V > 0 ? V : 1];
  Half rest[T];
  // Only the last register of a strip can be partial.
  const Lanes<Full> last(columns - (V > 0 ? V - 1 : 0) * kWidth);
  const Lanes<Half> half(columns - V * kWidth);
  constexpr bool kTail = Partial && !H;
  float* to = dw + static_cast<std::ptrdiff_t>(r.weight_row + row) * ld + column;
  unrolled<T>([&](auto t) SCALLION_INLINE {
    unrolled<V>([&](auto v) SCALLION_INLINE {
      constexpr bool kCut = kTail && v + 1 == V;
      sum[t][v] = add ? take<kCut, Full>(to + t * ld + v * kWidth, last) : Full{};
    });
    if constexpr (H) rest[t] = add ? take<Partial, Half>(to + t * ld + V * kWidth, half) : Half{};
  });
  for (int image = 0; image < s.images; ++image) {
    const float* x_row = s.x + image * s.x_image + r.x + row;
    const float* y_row = s.dy + image * s.dy_image + r.y + column;
    for (int i = 0; i < r.rows; ++i, x_row += r.x_row, y_row += r.y_row) {
      const float* x = x_row;
      const float* dy = y_row;
      const std::ptrdiff_t x_step = r.x_column, y_step = r.y_column;
      for (int j = r.columns; j > 0; --j, x += x_step, dy += y_step) {
        Full wide[V > 0 ? V : 1];
        Half narrow;
        unrolled<V>([&](auto v) SCALLION_INLINE {
          constexpr bool kCut = kTail && v + 1 == V;
          wide[v] = take<kCut, Full>(dy + v * kWidth, last);
        });
        if constexpr (H) narrow = take<Partial, Half>(dy + V * kWidth, half);
        go_on(asking);
        unrolled<T>([&](auto t) SCALLION_INLINE {
          const float value = x[t];
          unrolled<V>([&](auto v) SCALLION_INLINE {
            sum[t][v] = fma(broadcast<Full>(value), wide[v], sum[t][v]);
          });
          if constexpr (H) rest[t] = fma(broadcast<Half>(value), narrow, rest[t]);
        });
      }
    }
  }
  unrolled<T>([&](auto t) SCALLION_INLINE {
    unrolled<V>([&](auto v) SCALLION_INLINE {
      constexpr bool kCut = kTail && v + 1 == V;
      put<kCut, Full>(to + t * ld + v * kWidth, sum[t][v], last);
    });
    if constexpr (H) put<Partial, Half>(to + t * ld + V * kWidth, rest[t], half);
  });
}

template <int T, int V, int H, bool Partial>
inline void transposed_some(int count, const Rectangle& r, const Sources& s, int row, int column,
                            int columns, int ld, float* dw, bool add, Asking asking) {
  if (count == T) {
    transposed_tile<T, V, H, Partial>(r, s, row, column, columns, ld, dw, add, asking);
  } else if constexpr (T > 1) {
    transposed_some<T - 1, V, H, Partial>(count, r, s, row, column, columns, ld, dw, add, asking);
  }
}

// A few columns against X registers of rows: the last columns of 50, which would fill a small part
// of a register. The same sums, each of the same products in the same order.
template <int T, int X, bool Partial>
__attribute__((noinline)) void narrow_tile(const Rectangle& r, const Sources& s, int row,
                                           int column, int ld, float* dw, bool add) {
  Full sum[T][X];
  const Lanes<Full> last(r.length - row - (X - 1) * kWidth);
  float* to = dw + static_cast<std::ptrdiff_t>(r.weight_row + row) * ld + column;
  const int rows = std::min(X * kWidth, r.length - row);
  float kept[T][X * kWidth] = {};
  for (int i = 0; add && i < rows; ++i) {
    for (int t = 0; t < T; ++t) kept[t][i] = to[i * ld + t];
  }
  unrolled<T>([&](auto t) SCALLION_INLINE {
    unrolled<X>([&](auto v) SCALLION_INLINE { sum[t][v] = load<Full>(kept[t] + v * kWidth); });
  });
  for (int image = 0; image < s.images; ++image) {
    const float* x_row = s.x + image * s.x_image + r.x + row;
    const float* y_row = s.dy + image * s.dy_image + r.y + column;
    for (int i = 0; i < r.rows; ++i, x_row += r.x_row, y_row += r.y_row) {
      const float* x = x_row;
      const float* dy = y_row;
      const std::ptrdiff_t x_step = r.x_column, y_step = r.y_column;
      for (int j = r.columns; j > 0; --j, x += x_step, dy += y_step) {
        Full wide[X];
        unrolled<X>([&](auto v) SCALLION_INLINE {
          wide[v] = take < Partial && v + 1 == X, Full > (x + v * kWidth, last);
        });
        unrolled<T>([&](auto t) SCALLION_INLINE {
          const Full value = broadcast<Full>(dy[t]);
          unrolled<X>([&](auto v) SCALLION_INLINE { sum[t][v] = fma(value, wide[v], sum[t][v]); });
        });
      }
    }
  }
  unrolled<T>([&](auto t) SCALLION_INLINE {
    unrolled<X>([&](auto v) SCALLION_INLINE { store(kept[t] + v * kWidth, sum[t][v]); });
  });
  for (int i = 0; i < rows; ++i) {
    for (int t = 0; t < T; ++t) to[i * ld + t] = kept[t][i];
  }
}

template <int T, int X>
inline void narrow_some(const Rectangle& r, const Sources& s, int row, int column, int ld,
                        float* dw, bool add) {
  const int left = r.length - row;
  if (left >= X * kWidth) {
    narrow_tile<T, X, false>(r, s, row, column, ld, dw, add);
  } else if (left > (X - 1) * kWidth) {
    narrow_tile<T, X, true>(r, s, row, column, ld, dw, add);
  } else if constexpr (X > 1) {
    narrow_some<T, X - 1>(r, s, row, column, ld, dw, add);
  }
}

template <int T>
inline void narrow_strip(const Rectangle& r, const Sources& s, int column, int ld, float* dw,
                         bool add) {
  constexpr int kRegisters = kTile * 2 / T < 4 ? kTile * 2 / T : 4;
  for (int row = 0; row < r.length; row += kRegisters * kWidth) {
    narrow_some<T, kRegisters>(r, s, row, column, ld, dw, add);
  }
}

void multiply_transposed(const Rectangle& r, const float* x, std::ptrdiff_t x_image,
                         const float* dy, std::ptrdiff_t dy_image, std::int32_t images,
                         std::int32_t n, std::int32_t ld, float* dw, bool add, Ahead& ahead) {
  const std::ptrdiff_t rounds = std::ptrdiff_t{images} * r.rows * r.columns;
  const Sources s{x, x_image, dy, dy_image, images};
  const int tiles = (r.length + kTile - 1) / kTile;
  for (int column = 0; column < n;) {
    const int left = n - column;
    const int whole = left >= 2 * kWidth ? 2 : (left >= kWidth ? 1 : 0);
    const int tail = whole == 2 ? 0 : left - whole * kWidth;
    if (left <= 4 && r.length >= kWidth) {
      if (left == 1) narrow_strip<1>(r, s, column, ld, dw, add);
      if (left == 2) narrow_strip<2>(r, s, column, ld, dw, add);
      if (left == 3) narrow_strip<3>(r, s, column, ld, dw, add);
      if (left == 4) narrow_strip<4>(r, s, column, ld, dw, add);
      return;
    }
    for (int i = 0; i < tiles; ++i) {
      const int row = r.length * i / tiles;
      const int count = r.length * (i + 1) / tiles - row;
#define SCALLION_STRIP(V, H, P) \
  transposed_some<kTile, V, H, P>(count, r, s, row, column, left, ld, dw, add, ask(ahead, rounds))
      if (whole == 2) {
        SCALLION_STRIP(2, 0, false);
      } else if (whole == 1 && tail == 0) {
        SCALLION_STRIP(1, 0, false);
      } else if (whole == 1 && tail <= kWidth / 2) {
        SCALLION_STRIP(1, 1, true);
      } else if (whole == 1) {
        SCALLION_STRIP(2, 0, true);
      } else if (tail <= kWidth / 2) {
        SCALLION_STRIP(0, 1, true);
      } else {
        SCALLION_STRIP(1, 0, true);
      }
#undef SCALLION_STRIP
    }
    column += whole == 2 ? 2 * kWidth : left;
  }
}

// Column sums, with the same additions in the same order for any register width.
void sum_rows(const float* dy, std::int64_t rows, std::int32_t n, float* db, bool add) {
  int column = 0;
  auto strip = [&]<int V>() {
    Full sum[V];
    for (int v = 0; v < V; ++v) sum[v] = add ? load<Full>(db + column + v * kWidth) : Full{};
    const float* p = dy + column;
    for (std::int64_t i = 0; i < rows; ++i, p += n) {
      for (int v = 0; v < V; ++v) sum[v] += load<Full>(p + v * kWidth);
    }
    for (int v = 0; v < V; ++v) store(db + column + v * kWidth, sum[v]);
    column += V * kWidth;
  };
  while (column + 4 * kWidth <= n) strip.template operator()<4>();
  while (column + kWidth <= n) strip.template operator()<1>();
  for (; column < n; ++column) {
    float sum = add ? db[column] : 0.0f;
    for (std::int64_t i = 0; i < rows; ++i) sum += dy[i * n + column];
    db[column] = sum;
  }
}

}  // namespace

extern const GemmTransposedKernels gemm_transposed_kernels = {
    .multiply_transposed = multiply_transposed,
    .sum_rows = sum_rows,
};

}  // namespace scallion::SCALLION_ISA
