// The gradients of a convolution in front of a max pooling. Of each window only one place a channel
// has a slope, so that lists of those few are shorter than the image: channel by channel, they meet
// the runs of inputs, or of weights, that they are the slopes of. Vectors lie over these runs.
#include "sparse_gradient.hpp"

#include "channels.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// Registers that are sums, or weights, at the same time; the rest is for what they meet.
constexpr int kRegisters = kTile >= 12 ? 24 : 12;

// Which lanes are equal, as the compiler sees it: all bits of an integer.
using Places = decltype(Full{} == Full{});

// Appends slopes of neighbouring channels to their lists, without a branch: what is zero is written
// over by the next. `at_edge` is not looked at where no place is.
template <bool Edges>
SCALLION_INLINE inline void append(Places place, Full slope, int lanes, int room,
                                   const std::uint8_t* at_edge, Slope* lists, std::int32_t* inside,
                                   std::int32_t* edge) {
  const Places passes = slope != Full{};
  if (!Edges && lanes == kWidth) {
    struct {
      std::int32_t place[kWidth];
      float slope[kWidth];
    } each;
    std::memcpy(each.place, &place, sizeof place);
    store(each.slope, slope);
    // Loads from memory are cheaper than taking registers apart, as the compiler would.
    asm("" : "+m"(each));
    for (int i = 0; i < kWidth; ++i) {
      lists[std::ptrdiff_t{i} * room + inside[i]] = {each.place[i], each.slope[i]};
    }
    Places counts;
    std::memcpy(&counts, inside, sizeof counts);
    counts -= passes;  // all bits of a lane that passes are set: -1
    std::memcpy(inside, &counts, sizeof counts);
    return;
  }
  for (int i = 0; i < lanes; ++i) {
    Slope* list = lists + std::ptrdiff_t{i} * room;
    const bool is_edge = Edges && at_edge[place[i]] != 0;
    list[is_edge ? room - 1 - edge[i] : inside[i]] = {place[i], slope[i]};
    inside[i] += passes[i] && !is_edge;
    edge[i] += passes[i] && is_edge;
  }
}

template <bool Edges>
void window_slopes(const Window* windows, std::int32_t count, std::int32_t row,
                   std::int32_t channels, bool mask, const std::uint8_t* at_edge, const float* x,
                   const float* y, const float* dy, const Slopes& out) {
  const Full zero{};
  const int pixels = row / channels;
  const Slopes lists = out;  // a copy, which nothing that is written can change
  for (int c = 0; c < channels; ++c) lists.inside[c] = 0, lists.edge[c] = 0, lists.sums[c] = 0;
  for (int i = 0; i < count; ++i, y += channels, dy += channels) {
    const Window w = windows[i];
    const int first = w.x / channels;
    each_channel_vector(channels, [&](int c, int lanes) {
      const Full largest = load_full(y + c, lanes);
      Places place{}, found{};
      const auto look = [&](int r, int k) SCALLION_INLINE {
        const Places hit = load_full(x + w.x + r * row + k * channels + c, lanes) == largest;
        place = hit ? Places{} + (first + r * pixels + k) : place;
        found |= hit;
      };
      // From the last to the first, so that the first of equal ones stays.
      if (w.rows == 2 && w.columns == 2) {
        look(1, 1), look(1, 0), look(0, 1), look(0, 0);
      } else {
        for (int r = w.rows - 1; r >= 0; --r) {
          for (int k = w.columns - 1; k >= 0; --k) look(r, k);
        }
      }
      Full slope = found ? load_full(dy + c, lanes) : zero;
      if (mask) slope = largest > zero ? slope : zero;
      store_full(lists.sums + c, load_full(lists.sums + c, lanes) + slope, lanes);
      append<Edges>(place, slope, lanes, count, at_edge,
                    lists.lists + static_cast<std::ptrdiff_t>(c) * count, lists.inside + c,
                    lists.edge + c);
    });
  }
}

// Each window's largest value, the first of equal ones, passes its slope on.
void max_pool_slopes(const Window* windows, std::int32_t count, std::int32_t row,
                     std::int32_t channels, bool mask, const std::uint8_t* at_edge, const float* x,
                     const float* y, const float* dy, const Slopes& out) {
  const auto all = at_edge ? window_slopes<true> : window_slopes<false>;
  all(windows, count, row, channels, mask, at_edge, x, y, dy, out);
}

// The most floats that are held at the same time where runs meet: those of the narrowest registers.
// Neighbouring windows add to the same place by different runs, so that which runs go together
// decides the order of additions, and must not depend on the instruction set.
constexpr int kMeeting = 96;

// dw += slope * x, for R runs of V whole registers each, and a partial one where `Tail`: all slopes
// of a list meet the sums before these go back.
struct Gather {
  static constexpr int kHeld = kRegisters;
  template <int R, int V, bool Tail>
  __attribute__((noinline)) static void strip(const Slope* slopes, int count,
                                              const std::int32_t* origins, const Run* runs,
                                              int skip, int length, const float* x, float* dw) {
    constexpr int kAll = V + Tail;
    const Lanes<Full> last(length - V * kWidth);
    Full sum[R][kAll];
    const float* from[R];
    unrolled<R>([&](auto r) SCALLION_INLINE {
      const float* to = dw + runs[r].row + skip;
      unrolled<V>([&](auto v) SCALLION_INLINE { sum[r][v] = load<Full>(to + v * kWidth); });
      if constexpr (Tail) sum[r][V] = load_some<Full>(to + V * kWidth, last);
      from[r] = x + runs[r].x + skip;
    });
    for (int i = 0; i < count; ++i) {
      const Full slope = broadcast<Full>(slopes[i].value);
      const std::ptrdiff_t at = origins[slopes[i].place];
      unrolled<R>([&](auto r) SCALLION_INLINE {
        unrolled<V>([&](auto v) SCALLION_INLINE {
          sum[r][v] = fma(slope, load<Full>(from[r] + at + v * kWidth), sum[r][v]);
        });
        if constexpr (Tail) {
          sum[r][V] = fma(slope, load_some<Full>(from[r] + at + V * kWidth, last), sum[r][V]);
        }
      });
    }
    unrolled<R>([&](auto r) SCALLION_INLINE {
      float* to = dw + runs[r].row + skip;
      unrolled<V>([&](auto v) SCALLION_INLINE { store(to + v * kWidth, sum[r][v]); });
      if constexpr (Tail) store_some(to + V * kWidth, sum[r][V], last);
    });
  }
};

// dx += slope * w: the weights stay in registers.
struct Scatter {
  static constexpr int kHeld = kRegisters < kMeeting / kWidth ? kRegisters : kMeeting / kWidth;
  template <int R, int V, bool Tail>
  __attribute__((noinline)) static void strip(const Slope* slopes, int count,
                                              const std::int32_t* origins, const Run* runs,
                                              int skip, int length, const float* w, float* dx) {
    constexpr int kAll = V + Tail;
    const Lanes<Full> last(length - V * kWidth);
    Full weight[R][kAll];
    float* to[R];
    unrolled<R>([&](auto r) SCALLION_INLINE {
      const float* from = w + runs[r].row + skip;
      unrolled<V>([&](auto v) SCALLION_INLINE { weight[r][v] = load<Full>(from + v * kWidth); });
      if constexpr (Tail) weight[r][V] = load_some<Full>(from + V * kWidth, last);
      to[r] = dx + runs[r].x + skip;
    });
    for (int i = 0; i < count; ++i) {
      const Full slope = broadcast<Full>(slopes[i].value);
      const std::ptrdiff_t at = origins[slopes[i].place];
      unrolled<R>([&](auto r) SCALLION_INLINE {
        unrolled<V>([&](auto v) SCALLION_INLINE {
          float* p = to[r] + at + v * kWidth;
          store(p, fma(slope, weight[r][v], load<Full>(p)));
        });
        if constexpr (Tail) {
          float* p = to[r] + at + V * kWidth;
          store_some(p, fma(slope, weight[r][V], load_some<Full>(p, last)), last);
        }
      });
    }
  }
};

// R runs of `length` floats, at most `V` registers each.
template <class Way, int R, int V, class... Rest>
inline void strip_of(int length, Rest... rest) {
  const bool tail = length % kWidth != 0;
  if (length / kWidth == V - tail) {
    if (!tail) {
      Way::template strip<R, V, false>(rest...);
    } else {
      Way::template strip<R, V - 1, true>(rest...);
    }
  } else if constexpr (V > 1) {
    strip_of<Way, R, V - 1>(length, rest...);
  }
}

// All runs, as many together as registers allow: three or five rows of a small kernel over few
// channels, or a part of a long one.
template <class Way>
inline void all_strips(const Slope* slopes, int count, const std::int32_t* origins, const Run* runs,
                       int run_count, const float* from, float* to) {
  constexpr int kHeld = Way::kHeld;
  const auto together = [&](int many, int i) {
    if (i + many > run_count || runs[i].length > kHeld / many * kWidth) return false;
    for (int k = 1; k < many; ++k) {
      if (runs[i + k].length != runs[i].length) return false;
    }
    return true;
  };
  for (int i = 0; i < run_count;) {
    const int length = runs[i].length;
    if (together(5, i)) {
      strip_of<Way, 5, kHeld / 5>(length, slopes, count, origins, runs + i, 0, length, from, to);
      i += 5;
    } else if (together(3, i)) {
      strip_of<Way, 3, kHeld / 3>(length, slopes, count, origins, runs + i, 0, length, from, to);
      i += 3;
    } else {
      for (int skip = 0; skip < length; skip += kHeld * kWidth) {
        const int part = length - skip < kHeld * kWidth ? length - skip : kHeld * kWidth;
        strip_of<Way, 1, kHeld>(part, slopes, count, origins, runs + i, skip, part, from, to);
      }
      ++i;
    }
  }
}

void gather_slopes(const Slope* slopes, std::int32_t count, const std::int32_t* origins,
                   const Run* runs, std::int32_t run_count, const float* x, float* dw) {
  all_strips<Gather>(slopes, count, origins, runs, run_count, x, dw);
}

void scatter_slopes(const Slope* slopes, std::int32_t count, const std::int32_t* origins,
                    const Run* runs, std::int32_t run_count, const float* w, float* dx) {
  all_strips<Scatter>(slopes, count, origins, runs, run_count, w, dx);
}

// dw[row][c] (+)= sums[c][row]: channels of one tile of registers at a time.
void add_turned(const float* sums, std::int32_t rows, std::int32_t channels, float* dw, bool add) {
  each_channel_vector(channels, [&](int c, int lanes) {
    const float* from = sums + static_cast<std::ptrdiff_t>(c) * rows;
    for (int row = 0; row < rows; ++row) {
      Full value{};
      for (int lane = 0; lane < lanes; ++lane) {
        value[lane] = from[static_cast<std::ptrdiff_t>(lane) * rows + row];
      }
      float* to = dw + static_cast<std::ptrdiff_t>(row) * channels + c;
      if (add) value += load_full(to, lanes);
      store_full(to, value, lanes);
    }
  });
}

}  // namespace

extern const SparseGradientKernels sparse_gradient_kernels = {
    .max_pool_slopes = max_pool_slopes,
    .gather_slopes = gather_slopes,
    .scatter_slopes = scatter_slopes,
    .add_turned = add_turned,
};

}  // namespace scallion::SCALLION_ISA
