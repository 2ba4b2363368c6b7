// The matrix product behind convolutions and dense layers, forward and to the data. Inputs are
// read where they lie: a pixel's inputs are a few runs of consecutive floats.
#include "gemm.hpp"

#include "panels.hpp"
#include "prefetch.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// T pixels against a panel of V whole registers and H half ones. Everything stays in registers
// from the first product to the store.
template <int T, int V, int H>
__attribute__((noinline)) void multiply_tile(const Pixels& pixels, int first, const float* x,
                                             const float* weights, const float* bias, float* y,
                                             int column, int columns, Store mode, Asking asking) {
  constexpr int kPanel = V * kWidth + H * (kWidth / 2);
  Full sum[T][V > 0 ? V : 1];
  Half rest[T];
  const float* from[T];
  unrolled<T>([&](auto t) SCALLION_INLINE {
    unrolled<V>([&](auto v)
                    SCALLION_INLINE { sum[t][v] = bias ? load<Full>(bias + v * kWidth) : Full{}; });
    if constexpr (H) rest[t] = bias ? load<Half>(bias + V * kWidth) : Half{};
    from[t] = x + pixels.x[first + t];
    // What is stored last is asked for first: a store to memory that no cache holds waits for it.
    const float* to = y + pixels.y[first + t] + column;
    for (int line = 0; line < kPanel; line += kLine) __builtin_prefetch(to + line, 1);
  });
  for (const Run *run = pixels.runs, *end = run + pixels.run_count; run < end; ++run) {
    const float* w = weights + static_cast<std::ptrdiff_t>(run->row) * kPanel;
    const std::ptrdiff_t stop = run->x + run->length;
    for (std::ptrdiff_t k = run->x; k < stop; ++k, w += kPanel) {
      Full wide[V > 0 ? V : 1];
      Half narrow;
      unrolled<V>([&](auto v) SCALLION_INLINE { wide[v] = load<Full>(w + v * kWidth); });
      if constexpr (H) narrow = load<Half>(w + V * kWidth);
      go_on(asking);
      unrolled<T>([&](auto t) SCALLION_INLINE {
        const float value = from[t][k];
        unrolled<V>([&](auto v) SCALLION_INLINE {
          sum[t][v] = fma(broadcast<Full>(value), wide[v], sum[t][v]);
        });
        if constexpr (H) rest[t] = fma(broadcast<Half>(value), narrow, rest[t]);
      });
    }
  }
  const auto put = [mode](float* p, auto value, int count) SCALLION_INLINE {
    using Vector = decltype(value);
    if (mode == Store::kRelu) value = maximum(value, Vector{});
    if (count >= width<Vector>) {
      if (mode == Store::kAdd) value += load<Vector>(p);
      store(p, value);
    } else {
      if (mode == Store::kAdd) value += load_some<Vector>(p, count);
      store_some(p, value, count);
    }
  };
  unrolled<T>([&](auto t) SCALLION_INLINE {
    float* to = y + pixels.y[first + t] + column;
    unrolled<V>([&](auto v)
                    SCALLION_INLINE { put(to + v * kWidth, sum[t][v], columns - v * kWidth); });
    if constexpr (H) put(to + V * kWidth, rest[t], columns - V * kWidth);
  });
}

template <int T, int V, int H>
inline void multiply_some(int count, const Pixels& pixels, int first, const float* x,
                          const float* weights, const float* bias, float* y, int column,
                          int columns, Store mode, Asking asking) {
  if (count == T) {
    multiply_tile<T, V, H>(pixels, first, x, weights, bias, y, column, columns, mode, asking);
  } else if constexpr (T > 1) {
    multiply_some<T - 1, V, H>(count, pixels, first, x, weights, bias, y, column, columns, mode,
                               asking);
  }
}

inline void multiply_strip(const Strip& s, int count, const Pixels& pixels, int first,
                           const float* x, const float* bias, float* y, Store mode, Asking asking) {
  const float* b = bias ? bias + s.column : nullptr;
  // The bias may be the user's own array: nothing behind its last float is read.
  float whole[2 * kWidth] = {};
  if (b && s.columns < s.whole * kWidth + s.half * (kWidth / 2)) {
    std::memcpy(whole, b, static_cast<std::size_t>(s.columns) * sizeof(float));
    b = whole;
  }
#define SCALLION_STRIP(V, H)                                                                      \
  multiply_some<kTile, V, H>(count, pixels, first, x, s.weights, b, y, s.column, s.columns, mode, \
                             asking)
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
}

void multiply(const Pixels& pixels, const float* x, const Panels& panels, const float* bias,
              float* y, Store mode, Ahead& ahead) {
  if (pixels.count == 0) return;
  const int tiles = (pixels.count + kTile - 1) / kTile;
  const int padded = scallion::padded(panels.columns, kWidth);
  // Weights that leave L2 no room for anything else are read once, pixel after pixel; smaller ones
  // are read once a tile, so that the tile's inputs stay in L1.
  constexpr std::ptrdiff_t kLarge = 65536;
  const bool by_panel = static_cast<std::ptrdiff_t>(panels.rows) * padded > kLarge;
  auto tile = [&](const Strip& strip, int i) {
    const int begin = static_cast<int>(static_cast<std::int64_t>(pixels.count) * i / tiles);
    const int end = static_cast<int>(static_cast<std::int64_t>(pixels.count) * (i + 1) / tiles);
    multiply_strip(strip, end - begin, pixels, begin, x, bias, y, mode, ask(ahead, panels.rows));
  };
  auto each_strip = [&](auto&& body) {
    for (int column = 0; column < padded;) {
      const Strip strip = strip_at(column, panels);
      body(strip);
      column += panel_width(strip);
    }
  };
  if (by_panel) {
    each_strip([&](const Strip& strip) {
      for (int i = 0; i < tiles; ++i) tile(strip, i);
    });
  } else {
    for (int i = 0; i < tiles; ++i) each_strip([&](const Strip& strip) { tile(strip, i); });
  }
}

}  // namespace

extern const GemmKernels gemm_kernels = {
    .multiply = multiply,
};

}  // namespace scallion::SCALLION_ISA
