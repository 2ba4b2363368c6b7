// Normal numbers of Philox' words, by Box and Muller: two words make two numbers.
#include "random.hpp"

#include "../philox.hpp"
#include "math.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

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

struct Circle {
  Full cosine, sine;
};

// The cosine and sine of `turns` in [0, 1); within an eighth turn the polynomials are Cephes'
// (Moshier) for cosf and sinf.
inline Circle circle(Full turns) {
  const Full four = turns * all(4.0f);
  const auto quarter = __builtin_convertvector(four + all(0.5f), Integers);
  const Full angle = (four - __builtin_convertvector(quarter, Full)) * all(1.57079632679489662f);
  const Full z = angle * angle;
  Full s = fma(all(-1.9515295891e-4f), z, all(8.3321608736e-3f));
  s = fma(s, z, all(-1.6666654611e-1f));
  s = fma(s * z, angle, angle);
  Full c = fma(all(2.443315711809948e-5f), z, all(-1.388731625493765e-3f));
  c = fma(c, z, all(4.166664568298827e-2f));
  c = fma(c, z * z, fma(all(-0.5f), z, all(1.0f)));
  const auto odd = (quarter & 1) != 0;
  const Full cosine = odd ? s : c, sine = odd ? c : s;
  return {((quarter + 1) & 2) != 0 ? -cosine : cosine, (quarter & 2) != 0 ? -sine : sine};
}

// Words 2p and 2p + 1 of an image give its numbers 2p and 2p + 1: the first word tells how far from
// the mean, the second which way. The upper 24 bits of a word count; the first is never 0.
void draw_normal(std::int64_t count, const scallion::Draw& draw, float mean, float deviation,
                 float* y) {
  constexpr int kPairs = 2 * kBlocks;  // as many as there are floats in a register
  static_assert(kPairs == kWidth);
  for (std::int64_t i = 0; i < count; i += 2 * kPairs) {
    std::uint64_t pairs[kPairs];
    philox_blocks(draw, static_cast<std::uint32_t>(i / 4), pairs);
    float first[kWidth], second[kWidth], spread[kWidth];
    for (int p = 0; p < kPairs; ++p) {
      first[p] = static_cast<float>(static_cast<std::int32_t>(pairs[p] >> 8 & 0xFFFFFF));
      second[p] = static_cast<float>(static_cast<std::int32_t>(pairs[p] >> 40));
    }
    const Full share = fma(load<Full>(first), all(0x1p-24f), all(0x1p-25f));
    store(spread, all(-2.0f) * logarithm(share));
    for (float& square : spread) square = __builtin_sqrtf(square);
    const Circle way = circle(load<Full>(second) * all(0x1p-24f));
    const Full far = load<Full>(spread) * all(deviation);
    float numbers[2 * kWidth], cosines[kWidth], sines[kWidth];
    store(cosines, fma(far, way.cosine, all(mean)));
    store(sines, fma(far, way.sine, all(mean)));
    for (int p = 0; p < kPairs; ++p) numbers[2 * p] = cosines[p], numbers[2 * p + 1] = sines[p];
    const std::int64_t left = count - i;
    std::memcpy(y + i, numbers,
                static_cast<std::size_t>(left < 2 * kPairs ? left : 2 * kPairs) * sizeof(float));
  }
}

}  // namespace

extern const RandomKernels random_kernels = {
    .drop = drop,
    .draw_normal = draw_normal,
};

}  // namespace scallion::SCALLION_ISA
