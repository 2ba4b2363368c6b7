// Vector types of the instruction set that the file is compiled for, with loads, stores and
// multiply-adds.
//
// Kernels and their helpers have internal linkage, in a namespace per instruction set. Where two
// object files define the same inline function, the linker keeps either, and code for AVX-512 must
// never run on a CPU without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace scallion::SCALLION_ISA {
namespace {

// kWidth: floats in a register. kTile: rows of a matrix product's tile, each two registers wide.
// The accumulators (2 * kTile), two registers of weights and one broadcast input fit the register
// file: 32 registers on AVX-512 and NEON, 16 elsewhere.
#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kTile = 14;
#elif defined(__AVX2__)
constexpr int kWidth = 8;
constexpr int kTile = 6;
#elif defined(__ARM_NEON)
constexpr int kWidth = 4;
constexpr int kTile = 12;
#else
constexpr int kWidth = 4;
constexpr int kTile = 6;
#endif

typedef float v2 __attribute__((vector_size(8)));
typedef float v4 __attribute__((vector_size(16)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));

template <int N>
struct Floats;
template <>
struct Floats<2> {
  using type = v2;
};
template <>
struct Floats<4> {
  using type = v4;
};
template <>
struct Floats<8> {
  using type = v8;
};
template <>
struct Floats<16> {
  using type = v16;
};

constexpr int kLine = 16;  // floats of a cache line

// A whole register, and half of one for narrow remainders.
using Full = Floats<kWidth>::type;
using Half = Floats<kWidth / 2>::type;

template <class Vector>
constexpr int width = sizeof(Vector) / sizeof(float);

template <class Vector>
inline Vector load(const float* p) {
  Vector v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

template <class Vector>
inline void store(float* p, Vector v) {
  std::memcpy(p, &v, sizeof v);
}

template <class Vector>
inline Vector broadcast(float x) {
  return x - Vector{};
}

// a * b + c, fused where the instruction set can. The baseline of x86 rounds twice.
template <class Vector>
inline Vector fma(Vector a, Vector b, Vector c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(Vector) == 64)
    return (Vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(Vector) == 32)
    return (Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  if constexpr (sizeof(Vector) == 16) return (Vector)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
#elif defined(__ARM_NEON)
  if constexpr (sizeof(Vector) == 16)
    return (Vector)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
  if constexpr (sizeof(Vector) == 8)
    return (Vector)vfma_f32((float32x2_t)c, (float32x2_t)a, (float32x2_t)b);
#endif
  return a * b + c;
}

inline float fma(float a, float b, float c) {
#if defined(__AVX2__) || defined(__ARM_NEON)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

// Which floats of a register count: the first ones, at the end of a row of channels. Memory after
// them is neither read nor written.
template <class Vector>
struct LaneMask {
  int count;
  LaneMask(int n) : count(n) {}  // NOLINT: implicit, so that kernels can pass a count
};

template <class Vector>
inline Vector load_partial(const float* p, std::type_identity_t<LaneMask<Vector>> lanes) {
  Vector v{};
  for (int i = 0; i < width<Vector> && i < lanes.count; ++i) v[i] = p[i];
  return v;
}

template <class Vector>
inline void store_partial(float* p, Vector v, std::type_identity_t<LaneMask<Vector>> lanes) {
  for (int i = 0; i < width<Vector> && i < lanes.count; ++i) p[i] = v[i];
}

#if defined(__AVX512F__)

inline unsigned lane_mask(int count, int all) {
  return count >= all ? (1u << all) - 1 : (1u << (count < 0 ? 0 : count)) - 1;
}

template <>
struct LaneMask<v16> {
  __mmask16 mask;
  LaneMask(int count) : mask(static_cast<__mmask16>(lane_mask(count, 16))) {}
};

template <>
struct LaneMask<v8> {
  __mmask8 mask;
  LaneMask(int count) : mask(static_cast<__mmask8>(lane_mask(count, 8))) {}
};

template <>
inline v16 load_partial<v16>(const float* p, LaneMask<v16> lanes) {
  return (v16)_mm512_maskz_loadu_ps(lanes.mask, p);
}

template <>
inline v8 load_partial<v8>(const float* p, LaneMask<v8> lanes) {
  return (v8)_mm256_maskz_loadu_ps(lanes.mask, p);
}

template <>
inline void store_partial<v16>(float* p, v16 v, LaneMask<v16> lanes) {
  _mm512_mask_storeu_ps(p, lanes.mask, (__m512)v);
}

template <>
inline void store_partial<v8>(float* p, v8 v, LaneMask<v8> lanes) {
  _mm256_mask_storeu_ps(p, lanes.mask, (__m256)v);
}

#elif defined(__AVX2__)

inline __m256i lane_mask(int count) {
  const __m256i order = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), order);
}

template <>
struct LaneMask<v8> {
  __m256i mask;
  LaneMask(int count) : mask(lane_mask(count)) {}
};

template <>
struct LaneMask<v4> {
  __m128i mask;
  LaneMask(int count) : mask(_mm256_castsi256_si128(lane_mask(count))) {}
};

template <>
inline v8 load_partial<v8>(const float* p, LaneMask<v8> lanes) {
  return (v8)_mm256_maskload_ps(p, lanes.mask);
}

template <>
inline v4 load_partial<v4>(const float* p, LaneMask<v4> lanes) {
  return (v4)_mm_maskload_ps(p, lanes.mask);
}

template <>
inline void store_partial<v8>(float* p, v8 v, LaneMask<v8> lanes) {
  _mm256_maskstore_ps(p, lanes.mask, (__m256)v);
}

template <>
inline void store_partial<v4>(float* p, v4 v, LaneMask<v4> lanes) {
  _mm_maskstore_ps(p, lanes.mask, (__m128)v);
}

#endif

// body(0) ... body(N - 1) with constant indices. An array of accumulators that a loop indexes ends
// up in memory, even if the compiler unrolls the loop later.
#define SCALLION_INLINE __attribute__((always_inline))

template <int N, class Body>
SCALLION_INLINE inline void unroll(Body&& body) {
  [&]<int... I>(std::integer_sequence<int, I...>) SCALLION_INLINE {
    (body(std::integral_constant<int, I>{}), ...);
  }(std::make_integer_sequence<int, N>{});
}

// The larger one, in one instruction. Where either is NaN, it is b: NaN in b stays, NaN in a is
// lost.
template <class Vector>
inline Vector maximum(Vector a, Vector b) {
#if defined(__AVX512F__)
  if constexpr (sizeof(Vector) == 64) return (Vector)_mm512_max_ps((__m512)a, (__m512)b);
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(Vector) == 32) return (Vector)_mm256_max_ps((__m256)a, (__m256)b);
#endif
#if defined(__SSE2__)
  if constexpr (sizeof(Vector) == 16) return (Vector)_mm_max_ps((__m128)a, (__m128)b);
#endif
  return a > b ? a : b;
}

// max(v, 0). NaN stays NaN, by the order of the arguments.
template <class Vector>
inline Vector relu(Vector v) {
  return maximum(Vector{}, v);
}

// The larger one, or NaN where either is NaN.
template <class Vector>
inline Vector maximum_or_nan(Vector a, Vector b) {
  const Vector larger = maximum(a, b);
  return a == a ? larger : a;
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
