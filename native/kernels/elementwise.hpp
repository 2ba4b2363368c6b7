// Operations that see one number at a time.
#pragma once

#include "../philox.hpp"
#include "table.hpp"
#include "vector.hpp"

namespace {

void add(const float* a, const float* b, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

void add_relu(const float* a, const float* b, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float sum = a[i] + b[i];
    y[i] = sum < 0.0f ? 0.0f : sum;  // what is no number stays none
  }
}

void scale(const float* x, std::int64_t count, float factor, float shift, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = fma(x[i], factor, shift);
}

// Whether all are numbers: 0 times any of them is 0, and nothing else is.
bool finite(const float* x, std::int64_t count) {
  Full sums[4]{};
  std::int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    unrolled<4>([&](auto k) SCALLION_INLINE {
      sums[k] = fma(load<Full>(x + i + k * kWidth), Full{}, sums[k]);
    });
  }
  float rest = 0.0f;
  for (; i < count; ++i) rest = fma(x[i], 0.0f, rest);
  const Full sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (int k = 0; k < kWidth; ++k) rest += sum[k];
  return rest == 0.0f;
}

typedef std::uint64_t Wide __attribute__((vector_size(kWidth * sizeof(float))));
typedef std::uint32_t Words __attribute__((vector_size(kWidth * sizeof(float))));
constexpr int kBlocks = kWidth / 2;  // blocks of Philox that go side by side

// The low halves of both, multiplied; what stands in the high halves does not count.
inline Wide multiply_low(Wide a, Wide b) {
#if defined(__AVX512F__)
  // The plain form begins with an undefined register in GCC 12, of which it then warns.
  return (Wide)_mm512_maskz_mul_epu32(0xFF, (__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Wide)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Wide)_mm_mul_epu32((__m128i)a, (__m128i)b);
#elif defined(__ARM_NEON)
  return (Wide)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
#else
  return (a & 0xFFFFFFFFu) * (b & 0xFFFFFFFFu);
#endif
}

// The words of blocks `first` and following, in order: what `scallion::philox` gives.
inline void philox_blocks(const scallion::Draw& draw, std::uint32_t first,
                          std::uint64_t (&pairs)[2 * kBlocks]) {
  Wide a{}, b = Wide{} + draw.image, c = Wide{} + draw.operation, d = Wide{} + draw.step;
  for (int i = 0; i < kBlocks; ++i) a[i] = first + static_cast<std::uint32_t>(i);
  auto low = static_cast<std::uint32_t>(draw.seed),
       high = static_cast<std::uint32_t>(draw.seed >> 32);
  for (int round = 0; round < 10; ++round, low += 0x9E3779B9, high += 0xBB67AE85) {
    const Wide one = multiply_low(a, Wide{} + 0xD2511F53u);
    const Wide two = multiply_low(c, Wide{} + 0xCD9E8D57u);
    a = (two >> 32) ^ b ^ (Wide{} + low), b = two;
    c = (one >> 32) ^ d ^ (Wide{} + high), d = one;
  }
  const Wide ab = (a & 0xFFFFFFFFu) | (b << 32), cd = (c & 0xFFFFFFFFu) | (d << 32);
  for (int i = 0; i < kBlocks; ++i) pairs[2 * i] = ab[i], pairs[2 * i + 1] = cd[i];
}

// Dropout of one image: what `scallion.engine.random` says, word for word.
void drop(const float* x, std::int64_t count, const scallion::Draw& draw, std::uint32_t threshold,
          float factor, float* y) {
  std::int64_t i = 0;
  for (; i + 4 * kBlocks <= count; i += 4 * kBlocks) {
    std::uint64_t pairs[2 * kBlocks];
    philox_blocks(draw, static_cast<std::uint32_t>(i / 4), pairs);
    Words words[2];
    std::memcpy(words, pairs, sizeof words);
    for (int half = 0; half < 2; ++half) {
      const std::int64_t at = i + half * kWidth;
      const Full kept = load<Full>(x + at) * broadcast<Full>(factor);
      store(y + at, words[half] >= threshold ? kept : Full{});
    }
  }
  for (; i < count; i += 4) {
    const auto words = scallion::philox(draw, static_cast<std::uint32_t>(i / 4));
    for (int k = 0; k < 4 && i + k < count; ++k) {
      y[i + k] = words[k] >= threshold ? x[i + k] * factor : 0.0f;
    }
  }
}

}  // namespace
