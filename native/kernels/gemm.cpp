// The matrix product of convolutions and dense layers, forward and backward to the input:
// y (P, N) = x (P, K) * w (K, N), with x read from the image. See gemm.hpp.
//
// Blocking, as in BLIS: a tile of kTile pixels times one panel of w (at most two registers of
// columns) stays in registers over all of K, so that each loaded input and each loaded row of
// weights is used in many multiply-adds.
#include "gemm.hpp"

#include "panels.hpp"
#include "prefetch_cursor.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// T pixels times a panel of V whole and H half registers. `columns` is how many of the matrix'
// columns are left from `column` on: what the panel is padded with is not stored.
template <int T, int V, int H>
__attribute__((noinline)) void multiply_tile(const PixelGroup& pixels, int first, const float* x,
                                             const float* weights, const float* bias, float* y,
                                             int column, int columns, Epilogue epilogue,
                                             PrefetchCursor cursor) {
  constexpr int kPanel = V * kWidth + H * (kWidth / 2);
  Full sum[T][V > 0 ? V : 1];
  Half half_sum[T];
  const float* from[T];
  unroll<T>([&](auto t) SCALLION_INLINE {
    unroll<V>([&](auto v)
                  SCALLION_INLINE { sum[t][v] = bias ? load<Full>(bias + v * kWidth) : Full{}; });
    if constexpr (H) half_sum[t] = bias ? load<Half>(bias + V * kWidth) : Half{};
    from[t] = x + pixels.x[first + t];
    // A store to memory that no cache holds waits for it, so outputs are prefetched.
    const float* to = y + pixels.y[first + t] + column;
    for (int line = 0; line < kPanel; line += kLine) __builtin_prefetch(to + line, 1);
  });
  for (const InputSpan *span = pixels.spans, *end = span + pixels.span_count; span < end; ++span) {
    const float* w = weights + static_cast<std::ptrdiff_t>(span->w_row) * kPanel;
    const std::ptrdiff_t stop = span->x + span->length;
    for (std::ptrdiff_t k = span->x; k < stop; ++k, w += kPanel) {
      Full wide[V > 0 ? V : 1];
      Half narrow;
      unroll<V>([&](auto v) SCALLION_INLINE { wide[v] = load<Full>(w + v * kWidth); });
      if constexpr (H) narrow = load<Half>(w + V * kWidth);
      prefetch_next(cursor);
      unroll<T>([&](auto t) SCALLION_INLINE {
        const float value = from[t][k];
        unroll<V>([&](auto v) SCALLION_INLINE {
          sum[t][v] = fma(broadcast<Full>(value), wide[v], sum[t][v]);
        });
        if constexpr (H) half_sum[t] = fma(broadcast<Half>(value), narrow, half_sum[t]);
      });
    }
  }
  const auto finish = [epilogue](float* p, auto value, int count) SCALLION_INLINE {
    using Vector = decltype(value);
    if (epilogue == Epilogue::kRelu) value = relu(value);
    if (count >= width<Vector>) {
      if (epilogue == Epilogue::kAccumulate) value += load<Vector>(p);
      store(p, value);
    } else {
      if (epilogue == Epilogue::kAccumulate) value += load_partial<Vector>(p, count);
      store_partial(p, value, count);
    }
  };
  unroll<T>([&](auto t) SCALLION_INLINE {
    float* to = y + pixels.y[first + t] + column;
    unroll<V>([&](auto v)
                  SCALLION_INLINE { finish(to + v * kWidth, sum[t][v], columns - v * kWidth); });
    if constexpr (H) finish(to + V * kWidth, half_sum[t], columns - V * kWidth);
  });
}

// Selects the tile of `count` pixels, 1 <= count <= T.
template <int T, int V, int H>
inline void multiply_pixels(int count, const PixelGroup& pixels, int first, const float* x,
                            const float* weights, const float* bias, float* y, int column,
                            int columns, Epilogue epilogue, PrefetchCursor cursor) {
  if (count == T) {
    multiply_tile<T, V, H>(pixels, first, x, weights, bias, y, column, columns, epilogue, cursor);
  } else if constexpr (T > 1) {
    multiply_pixels<T - 1, V, H>(count, pixels, first, x, weights, bias, y, column, columns,
                                 epilogue, cursor);
  }
}

inline void multiply_panel(const Panel& panel, int count, const PixelGroup& pixels, int first,
                           const float* x, const float* bias, float* y, Epilogue epilogue,
                           PrefetchCursor cursor) {
  const float* b = bias ? bias + panel.column : nullptr;
  // The bias may be the user's own array: memory after its last float is not read.
  float padded_bias[2 * kWidth] = {};
  if (b && panel.columns < panel.whole * kWidth + panel.half * (kWidth / 2)) {
    std::memcpy(padded_bias, b, static_cast<std::size_t>(panel.columns) * sizeof(float));
    b = padded_bias;
  }
#define SCALLION_PANEL(V, H)                                                               \
  multiply_pixels<kTile, V, H>(count, pixels, first, x, panel.weights, b, y, panel.column, \
                               panel.columns, epilogue, cursor)
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
}

void multiply(const PixelGroup& pixels, const float* x, const PackedMatrix& w, const float* bias,
              float* y, Epilogue epilogue, Prefetch& prefetch) {
  if (pixels.count == 0) return;
  const int tiles = (pixels.count + kTile - 1) / kTile;
  const int padded = padded_columns(w.columns, kWidth);
  // Weights of more than 256 KB leave the second-level cache no room for anything else: panel by
  // panel they are read once. Smaller ones are read once per tile, so that the tile's inputs stay
  // in the first-level cache.
  constexpr std::ptrdiff_t kLarge = 65536;  // floats
  const bool by_panel = static_cast<std::ptrdiff_t>(w.rows) * padded > kLarge;
  auto tile = [&](const Panel& panel, int i) {
    const int begin = static_cast<int>(static_cast<std::int64_t>(pixels.count) * i / tiles);
    const int end = static_cast<int>(static_cast<std::int64_t>(pixels.count) * (i + 1) / tiles);
    multiply_panel(panel, end - begin, pixels, begin, x, bias, y, epilogue,
                   take_steps(prefetch, w.rows));
  };
  auto for_each_panel = [&](auto&& body) {
    for (int column = 0; column < padded;) {
      const Panel panel = panel_at(column, w);
      body(panel);
      column += panel_width(panel);
    }
  };
  if (by_panel) {
    for_each_panel([&](const Panel& panel) {
      for (int i = 0; i < tiles; ++i) tile(panel, i);
    });
  } else {
    for (int i = 0; i < tiles; ++i) {
      for_each_panel([&](const Panel& panel) { tile(panel, i); });
    }
  }
}

}  // namespace

extern const GemmKernels gemm_kernels = {
    .multiply = multiply,
};

}  // namespace scallion::SCALLION_ISA
