// Vectors of the instruction set that this file is compiled for. Everything here has internal
// linkage: code built with AVX flags must never be merged by the linker into code that runs on an
// older CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace {

// Floats in one register, and how many pixels a tile of two registers may hold without spilling:
// accumulators + two weights + one broadcast value fit the register file (32 on AVX-512 and NEON).
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

// A fused multiply-add where the instruction set has one; the baseline of x86 rounds twice.
template <class Vector>
inline Vector fma(Vector a, Vector b, Vector c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(Vector) == 64) return (Vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(Vector) == 32) return (Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
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

// The first `count` floats only: tails of channel rows. Nothing behind them is touched.
#if defined(__AVX2__) && !defined(__AVX512F__)
inline __m256i mask_of(int count) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lanes);
}
#endif

template <class Vector>
inline Vector load_some(const float* p, int count) {
#if defined(__AVX512F__)
  const unsigned mask = (1u << count) - 1;
  if constexpr (sizeof(Vector) == 64) return (Vector)_mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), p);
  if constexpr (sizeof(Vector) == 32) return (Vector)_mm256_maskz_loadu_ps(static_cast<__mmask8>(mask), p);
#elif defined(__AVX2__)
  if constexpr (sizeof(Vector) == 32) return (Vector)_mm256_maskload_ps(p, mask_of(count));
  if constexpr (sizeof(Vector) == 16)
    return (Vector)_mm_maskload_ps(p, _mm256_castsi256_si128(mask_of(count)));
#endif
  Vector v{};
  for (int i = 0; i < width<Vector>; ++i) v[i] = i < count ? p[i] : 0.0f;
  return v;
}

template <class Vector>
inline void store_some(float* p, Vector v, int count) {
#if defined(__AVX512F__)
  const unsigned mask = (1u << count) - 1;
  if constexpr (sizeof(Vector) == 64) return _mm512_mask_storeu_ps(p, static_cast<__mmask16>(mask), (__m512)v);
  if constexpr (sizeof(Vector) == 32) return _mm256_mask_storeu_ps(p, static_cast<__mmask8>(mask), (__m256)v);
#elif defined(__AVX2__)
  if constexpr (sizeof(Vector) == 32) return _mm256_maskstore_ps(p, mask_of(count), (__m256)v);
  if constexpr (sizeof(Vector) == 16)
    return _mm_maskstore_ps(p, _mm256_castsi256_si128(mask_of(count)), (__m128)v);
#endif
  for (int i = 0; i < width<Vector> && i < count; ++i) p[i] = v[i];
}

template <class Vector>
inline Vector maximum(Vector a, Vector b) {
  return a > b ? a : b;
}

}  // namespace
