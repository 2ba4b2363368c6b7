// The backward pass of a convolution that is followed by max pooling, with sparse gradients: see
// sparse_gradient.hpp. The lists are made channel by channel, with vectors over channels. The
// gradients of weights and inputs take one filter at a time, with vectors over the inputs of a
// span.
#include "sparse_gradient.hpp"

#include "vector_loops.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// Registers for sums, or for weights. The others hold what these are multiplied with.
constexpr int kRegisters = kTile >= 12 ? 24 : 12;

// The result of comparing two registers: all bits of a lane are set where it is true.
using LaneInts = decltype(Full{} == Full{});

// Appends the entries of neighbouring channels to their lists, `room` entries each, without
// branches: an entry whose value is 0 is written, too, and overwritten by the next. `is_edge` is
// read only where `Edges` is set.
template <bool Edges>
SCALLION_INLINE inline void append(LaneInts index, Full value, int lanes, int room,
                                   const std::uint8_t* is_edge, GradientEntry* entries,
                                   std::int32_t* interior_counts, std::int32_t* edge_counts) {
  const LaneInts counts_up = value != Full{};
  if (!Edges && lanes == kWidth) {
    struct {
      std::int32_t index[kWidth];
      float value[kWidth];
    } each;
    std::memcpy(each.index, &index, sizeof index);
    store(each.value, value);
    // Through memory: extracting lanes from registers, as compilers would, takes longer.
    asm("" : "+m"(each));
    for (int i = 0; i < kWidth; ++i) {
      entries[std::ptrdiff_t{i} * room + interior_counts[i]] = {each.index[i], each.value[i]};
    }
    LaneInts counts;
    std::memcpy(&counts, interior_counts, sizeof counts);
    counts -= counts_up;  // minus -1
    std::memcpy(interior_counts, &counts, sizeof counts);
    return;
  }
  for (int i = 0; i < lanes; ++i) {
    GradientEntry* list = entries + std::ptrdiff_t{i} * room;
    const bool at_edge = Edges && is_edge[index[i]] != 0;
    list[at_edge ? room - 1 - edge_counts[i] : interior_counts[i]] = {index[i], value[i]};
    interior_counts[i] += counts_up[i] && !at_edge;
    edge_counts[i] += counts_up[i] && at_edge;
  }
}

template <bool Edges>
void pool_windows(const PoolingWindow* windows, std::int32_t count, std::int32_t row,
                  std::int32_t channels, bool relu_mask, const std::uint8_t* is_edge,
                  const float* x, const float* y, const float* dy, const GradientLists& lists_at) {
  const Full zero{};
  const int width = row / channels;
  const GradientLists lists = lists_at;  // a copy that no store can alias
  for (int c = 0; c < channels; ++c) {
    lists.interior_counts[c] = 0, lists.edge_counts[c] = 0, lists.sums[c] = 0;
  }
  for (int i = 0; i < count; ++i, y += channels, dy += channels) {
    const PoolingWindow w = windows[i];
    const int first = w.x / channels;
    for_each_channel_vector(channels, [&](int c, int lanes) {
      const Full top = load_lanes(y + c, lanes);
      LaneInts index{}, found{};
      const auto compare = [&](int r, int k) SCALLION_INLINE {
        const LaneInts is_top = load_lanes(x + w.x + r * row + k * channels + c, lanes) == top;
        index = is_top ? LaneInts{} + (first + r * width + k) : index;
        found |= is_top;
      };
      // From the last pixel to the first, so that the first of equal maxima stays.
      if (w.rows == 2 && w.columns == 2) {
        compare(1, 1), compare(1, 0), compare(0, 1), compare(0, 0);
      } else {
        for (int r = w.rows - 1; r >= 0; --r) {
          for (int k = w.columns - 1; k >= 0; --k) compare(r, k);
        }
      }
      Full value = found ? load_lanes(dy + c, lanes) : zero;
      if (relu_mask) value = top > zero ? value : zero;
      store_lanes(lists.sums + c, load_lanes(lists.sums + c, lanes) + value, lanes);
      append<Edges>(index, value, lanes, count, is_edge,
                    lists.entries + static_cast<std::ptrdiff_t>(c) * count,
                    lists.interior_counts + c, lists.edge_counts + c);
    });
  }
}

void max_pool_backward(const PoolingWindow* windows, std::int32_t count, std::int32_t row,
                       std::int32_t channels, bool relu_mask, const std::uint8_t* is_edge,
                       const float* x, const float* y, const float* dy,
                       const GradientLists& lists) {
  const auto pool = is_edge ? pool_windows<true> : pool_windows<false>;
  pool(windows, count, row, channels, relu_mask, is_edge, x, y, dy, lists);
}

// The most weights that the input gradient holds in registers at a time: those that the narrowest
// registers hold. Entries of neighbouring windows add to the same inputs, so which spans are
// computed together decides the order of additions. It must not depend on the instruction set.
constexpr int kInputGradientFloats = 96;

// R spans of V whole registers each, and a partial one where `Tail`, from float `skip` of each span
// on: dw += value * x. The sums stay in registers over all entries.
struct WeightGradient {
  static constexpr int kHeld = kRegisters;
  template <int R, int V, bool Tail>
  __attribute__((noinline)) static void strip(const GradientEntry* entries, int count,
                                              PixelOrigins origins, const InputSpan* spans,
                                              int skip, int length, const float* x, float* dw) {
    constexpr int kAll = V + Tail;
    const LaneMask<Full> last(length - V * kWidth);
    Full sum[R][kAll];
    const float* from[R];
    unroll<R>([&](auto r) SCALLION_INLINE {
      const float* to = dw + spans[r].w_row + skip;
      unroll<V>([&](auto v) SCALLION_INLINE { sum[r][v] = load<Full>(to + v * kWidth); });
      if constexpr (Tail) sum[r][V] = load_partial<Full>(to + V * kWidth, last);
      from[r] = x + spans[r].x + skip;
    });
    for (int i = 0; i < count; ++i) {
      const Full value = broadcast<Full>(entries[i].value);
      const std::ptrdiff_t at = origins.of[entries[i].index & origins.mask];
      unroll<R>([&](auto r) SCALLION_INLINE {
        unroll<V>([&](auto v) SCALLION_INLINE {
          sum[r][v] = fma(value, load<Full>(from[r] + at + v * kWidth), sum[r][v]);
        });
        if constexpr (Tail) {
          sum[r][V] = fma(value, load_partial<Full>(from[r] + at + V * kWidth, last), sum[r][V]);
        }
      });
    }
    unroll<R>([&](auto r) SCALLION_INLINE {
      float* to = dw + spans[r].w_row + skip;
      unroll<V>([&](auto v) SCALLION_INLINE { store(to + v * kWidth, sum[r][v]); });
      if constexpr (Tail) store_partial(to + V * kWidth, sum[r][V], last);
    });
  }
};

// The same for dx += value * w. The weights stay in registers.
struct InputGradient {
  static constexpr int kHeld =
      kRegisters < kInputGradientFloats / kWidth ? kRegisters : kInputGradientFloats / kWidth;
  template <int R, int V, bool Tail>
  __attribute__((noinline)) static void strip(const GradientEntry* entries, int count,
                                              PixelOrigins origins, const InputSpan* spans,
                                              int skip, int length, const float* w, float* dx) {
    constexpr int kAll = V + Tail;
    const LaneMask<Full> last(length - V * kWidth);
    Full weight[R][kAll];
    float* to[R];
    unroll<R>([&](auto r) SCALLION_INLINE {
      const float* from = w + spans[r].w_row + skip;
      unroll<V>([&](auto v) SCALLION_INLINE { weight[r][v] = load<Full>(from + v * kWidth); });
      if constexpr (Tail) weight[r][V] = load_partial<Full>(from + V * kWidth, last);
      to[r] = dx + spans[r].x + skip;
    });
    for (int i = 0; i < count; ++i) {
      const Full value = broadcast<Full>(entries[i].value);
      const std::ptrdiff_t at = origins.of[entries[i].index & origins.mask];
      unroll<R>([&](auto r) SCALLION_INLINE {
        unroll<V>([&](auto v) SCALLION_INLINE {
          float* p = to[r] + at + v * kWidth;
          store(p, fma(value, weight[r][v], load<Full>(p)));
        });
        if constexpr (Tail) {
          float* p = to[r] + at + V * kWidth;
          store_partial(p, fma(value, weight[r][V], load_partial<Full>(p, last)), last);
        }
      });
    }
  }
};

// Selects the strip of R spans for a length of at most V registers.
template <class Gradient, int R, int V, class... Rest>
inline void strip_of_length(int length, Rest... rest) {
  const bool tail = length % kWidth != 0;
  if (length / kWidth == V - tail) {
    if (!tail) {
      Gradient::template strip<R, V, false>(rest...);
    } else {
      Gradient::template strip<R, V - 1, true>(rest...);
    }
  } else if constexpr (V > 1) {
    strip_of_length<Gradient, R, V - 1>(length, rest...);
  }
}

// All spans, as many together as registers allow: three or five rows of a small kernel over few
// channels, or else a part of one span.
template <class Gradient>
inline void all_strips(const GradientEntry* entries, int count, const PixelOrigins& origins,
                       const InputSpan* spans, int span_count, const float* from, float* to) {
  constexpr int kHeld = Gradient::kHeld;
  const auto fit_together = [&](int many, int i) {
    if (i + many > span_count || spans[i].length > kHeld / many * kWidth) return false;
    for (int k = 1; k < many; ++k) {
      if (spans[i + k].length != spans[i].length) return false;
    }
    return true;
  };
  for (int i = 0; i < span_count;) {
    const int length = spans[i].length;
    if (fit_together(5, i)) {
      strip_of_length<Gradient, 5, kHeld / 5>(length, entries, count, origins, spans + i, 0, length,
                                              from, to);
      i += 5;
    } else if (fit_together(3, i)) {
      strip_of_length<Gradient, 3, kHeld / 3>(length, entries, count, origins, spans + i, 0, length,
                                              from, to);
      i += 3;
    } else {
      for (int skip = 0; skip < length; skip += kHeld * kWidth) {
        const int part = length - skip < kHeld * kWidth ? length - skip : kHeld * kWidth;
        strip_of_length<Gradient, 1, kHeld>(part, entries, count, origins, spans + i, skip, part,
                                            from, to);
      }
      ++i;
    }
  }
}

void weight_gradient(const GradientEntry* entries, std::int32_t count, const PixelOrigins& origins,
                     const InputSpan* spans, std::int32_t span_count, const float* x, float* dw) {
  all_strips<WeightGradient>(entries, count, origins, spans, span_count, x, dw);
}

void input_gradient(const GradientEntry* entries, std::int32_t count, const PixelOrigins& origins,
                    const InputSpan* spans, std::int32_t span_count, const float* w, float* dx) {
  all_strips<InputGradient>(entries, count, origins, spans, span_count, w, dx);
}

void add_transposed(const float* sums, std::int32_t rows, std::int32_t channels, float* dw,
                    bool accumulate) {
  for_each_channel_vector(channels, [&](int c, int lanes) {
    const float* from = sums + static_cast<std::ptrdiff_t>(c) * rows;
    for (int row = 0; row < rows; ++row) {
      Full value{};
      for (int lane = 0; lane < lanes; ++lane) {
        value[lane] = from[static_cast<std::ptrdiff_t>(lane) * rows + row];
      }
      float* to = dw + static_cast<std::ptrdiff_t>(row) * channels + c;
      if (accumulate) value += load_lanes(to, lanes);
      store_lanes(to, value, lanes);
    }
  });
}

}  // namespace

extern const SparseGradientKernels sparse_gradient_kernels = {
    .max_pool_backward = max_pool_backward,
    .weight_gradient = weight_gradient,
    .input_gradient = input_gradient,
    .add_transposed = add_transposed,
};

}  // namespace scallion::SCALLION_ISA
