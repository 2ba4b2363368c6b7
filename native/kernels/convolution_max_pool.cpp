// A 3x3 convolution fused with the 2x2 max pooling that follows it, by Winograd's F(2x2, 3x3): see
// convolution_max_pool.hpp. Vectors hold filters.
//
// At the points 0, +-1 and infinity the transforms of inputs and outputs, Bt d B and At M A, are
// sums without coefficients.
#include "convolution_max_pool.hpp"

#include "vector_loops.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// Windows of a tile: each takes seven registers, for sums, products and outputs.
constexpr int kWindows = 3;
// Floats of the padded rows that are transformed together, and floats from one of the 16 elements
// of the transformed tiles to the next. All of them stay in the first-level cache; a stride of a
// power of two plus a cache line keeps them in different sets of it.
constexpr int kBand = 256, kElementStride = kBand + kLine;
static_assert(kElementStride >= kBand + kWidth);

// Keeps a loaded value in its register. Compilers would otherwise make it the memory operand of
// each use, and load the broadcast inputs beforehand; loads limit these loops.
template <class Vector>
SCALLION_INLINE inline void keep_in_register(Vector& v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__SSE2__)
  // Clang has no such register for two floats.
  if constexpr (sizeof(v) >= 16) asm("" : "+x"(v));
#elif defined(__ARM_NEON)
  asm("" : "+w"(v));
#endif
}

// V = Bt d B of one register of windows, whose 4x4 tiles begin at neighbouring floats of a row:
// `read(row, pixel)` loads the tiles' element in that row and that many pixels further right.
template <class Read>
SCALLION_INLINE inline void transform_windows(Read&& read, float* v) {
  Full e[4][4];
  unroll<4>([&](auto i) SCALLION_INLINE {
    Full d[4];
    unroll<4>([&](auto pixel) SCALLION_INLINE { d[pixel] = read(i, pixel); });
    keep_in_register(d[1]), keep_in_register(d[2]);
    e[0][i] = d[0] - d[2], e[1][i] = d[1] + d[2], e[2][i] = d[2] - d[1], e[3][i] = d[1] - d[3];
  });
  unroll<4>([&](auto j) SCALLION_INLINE {
    float* to = v + j * 4 * kElementStride;
    store(to, e[j][0] - e[j][2]);
    store(to + kElementStride, e[j][1] + e[j][2]);
    store(to + 2 * kElementStride, e[j][2] - e[j][1]);
    store(to + 3 * kElementStride, e[j][1] - e[j][3]);
  });
}

// The input transform of the windows from float `first` of the padded rows on: element e of the
// tile that begins k floats further is v[e * kElementStride + k].
inline void transform_band(const RowBand& band, int first, int windows, int channels, float* v) {
  const float* rows[4];
  for (int i = 0; i < 4; ++i)
    rows[i] = band.rows[i] ? band.rows[i] + (first - band.left_padding) : nullptr;
  const bool no_padding_rows = rows[0] && rows[1] && rows[2] && rows[3];
  const int begin = band.left_padding - first,
            end = begin + band.width;  // the image, without padding
  for (int k = 0; k < (2 * windows - 1) * channels; k += kWidth) {
    if (no_padding_rows && k >= begin && k + 3 * channels + kWidth <= end) {
      transform_windows(
          [&](int i, int pixel)
              SCALLION_INLINE { return load<Full>(rows[i] + (k + pixel * channels)); },
          v + k);
      continue;
    }
    transform_windows(
        [&](int i, int pixel) {
          const int at = k + pixel * channels;
          if (!rows[i] || at >= end) return Full{};
          if (at >= begin) return load_partial<Full>(rows[i] + at, end - at);
          Full value{};
          for (int n = begin - at; n < kWidth && at + n < end; ++n) value[n] = rows[i][at + n];
          return value;
        },
        v + k);
  }
}

// T windows times a register of filters: products over the channels, the output transform, and the
// maximum of each window. C is the number of channels where it is a constant, else 0.
template <class Vector, int T, int C>
__attribute__((noinline)) void window_tile(const float* v, int channels, const float* u,
                                           const float* bias, float* y, int filters, int lanes,
                                           PoolingEpilogue epilogue) {
  constexpr int kLanes = width<Vector>;
  const int depth = C ? C : channels;
  Vector out[T][4];
  unroll<4>([&](auto j) SCALLION_INLINE {
    Vector sum[T][2];  // of the elements of a column: the upper and the lower output
    unroll<4>([&](auto i) SCALLION_INLINE {
      Vector m[T];
      const auto multiply = [&](auto is_first, int c) SCALLION_INLINE {
        Vector weights = load<Vector>(u + ((j * 4 + i) * depth + c) * kLanes);
        keep_in_register(weights);
        unroll<T>([&](auto t) SCALLION_INLINE {
          const float value = v[(j * 4 + i) * kElementStride + t * 2 * depth + c];
          if constexpr (is_first) {
            m[t] = broadcast<Vector>(value) * weights;
          } else {
            m[t] = fma(broadcast<Vector>(value), weights, m[t]);
          }
        });
      };
      multiply(std::true_type{}, 0);
      if constexpr (C > 0) {
        unroll<(C > 0 ? C - 1 : 0)>([&](auto c)
                                        SCALLION_INLINE { multiply(std::false_type{}, c + 1); });
      } else {
        for (int c = 1; c < depth; ++c) multiply(std::false_type{}, c);
      }
      unroll<T>([&](auto t) SCALLION_INLINE {
        if constexpr (i == 0) sum[t][0] = m[t];
        if constexpr (i == 1) sum[t][0] += m[t], sum[t][1] = m[t];
        if constexpr (i == 2) sum[t][0] += m[t], sum[t][1] -= m[t];
        if constexpr (i == 3) sum[t][1] -= m[t];
      });
    });
    unroll<T>([&](auto t) SCALLION_INLINE {
      unroll<2>([&](auto r) SCALLION_INLINE {
        if constexpr (j == 0) out[t][r] = sum[t][r];
        if constexpr (j == 1) out[t][r] += sum[t][r], out[t][2 + r] = sum[t][r];
        if constexpr (j == 2) out[t][r] += sum[t][r], out[t][2 + r] -= sum[t][r];
        if constexpr (j == 3) out[t][2 + r] -= sum[t][r];
      });
    });
  });
  unroll<T>([&](auto t) SCALLION_INLINE {
    // Rounding is monotonic, so the bias can be added after the maximum.
    Vector top = maximum(maximum(out[t][0], out[t][1]), maximum(out[t][2], out[t][3]));
    if (epilogue.keep_nan) {
      top = maximum_or_nan(maximum_or_nan(out[t][0], out[t][1]),
                           maximum_or_nan(out[t][2], out[t][3]));
    }
    top += load<Vector>(bias);
    if (epilogue.relu) top = relu(top);
    float* to = y + t * filters;
    if (lanes >= kLanes) {
      store(to, top);
    } else {
      store_partial(to, top, lanes);
    }
  });
}

// Selects the tile of `count` windows, 1 <= count <= T.
template <class Vector, int T, int C>
inline void select_tile(int count, const float* v, int channels, const float* u, const float* bias,
                        float* y, int filters, int lanes, PoolingEpilogue epilogue) {
  if (count == T) {
    window_tile<Vector, T, C>(v, channels, u, bias, y, filters, lanes, epilogue);
  } else if constexpr (T > 1) {
    select_tile<Vector, T - 1, C>(count, v, channels, u, bias, y, filters, lanes, epilogue);
  }
}

// All windows times a register of filters.
template <class Vector>
inline void multiply_panel(int windows, const float* v, int channels, const float* u,
                           const float* bias, float* y, int filters, int lanes,
                           PoolingEpilogue epilogue) {
  // Half a register is the rest of the filters at most, and not worth versions of its own.
  constexpr bool kFull = std::is_same_v<Vector, Full>;
  const int tiles = (windows + kWindows - 1) / kWindows;
  for (int i = 0; i < tiles; ++i) {
    const int begin = windows * i / tiles, count = windows * (i + 1) / tiles - begin;
    const float* from = v + begin * 2 * channels;
    float* to = y + static_cast<std::ptrdiff_t>(begin) * filters;
#define SCALLION_TILE(C) \
  select_tile<Vector, kWindows, C>(count, from, channels, u, bias, to, filters, lanes, epilogue)
    if (kFull && channels == 3) {
      SCALLION_TILE(kFull ? 3 : 0);
    } else if (kFull && channels == 1) {
      SCALLION_TILE(kFull ? 1 : 0);
    } else {
      SCALLION_TILE(0);
    }
#undef SCALLION_TILE
  }
}

void forward(const RowBand& band, std::int32_t windows, std::int32_t channels,
             const PackedMatrix& u, const float* bias, float* y, PoolingEpilogue epilogue) {
  alignas(64) float v[16 * kElementStride];
  const int most = kBand / (2 * channels) - 1;  // windows of a band
  const int bands = (windows + most - 1) / most;
  for (int i = 0; i < bands; ++i) {
    const int begin = windows * i / bands, count = windows * (i + 1) / bands - begin;
    transform_band(band, begin * 2 * channels, count, channels, v);
    float* to = y + static_cast<std::ptrdiff_t>(begin) * u.columns;
    for (int column = 0; column < u.columns; column += kWidth) {
      const float* panel = u.data + static_cast<std::ptrdiff_t>(column) * u.rows;
      const int left = u.columns - column, lanes = left < kWidth ? left : kWidth;
      // The bias may be the user's own array: memory after its last float is not read.
      alignas(64) float padded_bias[kWidth] = {};
      if (bias)
        std::memcpy(padded_bias, bias + column, static_cast<std::size_t>(lanes) * sizeof(float));
      if (lanes > kWidth / 2) {
        multiply_panel<Full>(count, v, channels, panel, padded_bias, to + column, u.columns, lanes,
                             epilogue);
      } else {
        multiply_panel<Half>(count, v, channels, panel, padded_bias, to + column, u.columns, lanes,
                             epilogue);
      }
    }
  }
}

}  // namespace

extern const ConvolutionMaxPoolKernels convolution_max_pool_kernels = {
    .forward = forward,
};

}  // namespace scallion::SCALLION_ISA
