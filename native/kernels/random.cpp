// Dropout and normally distributed noise: see random.hpp.
#include "random.hpp"

#include "math.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

typedef std::uint64_t Wide __attribute__((vector_size(kWidth * sizeof(float))));
typedef std::uint32_t Words __attribute__((vector_size(kWidth * sizeof(float))));
constexpr int kBlocks = kWidth / 2;  // Philox blocks that are computed side by side

// The 64-bit products of the low halves.
inline Wide multiply_low(Wide a, Wide b) {
#if defined(__AVX512F__)
  // GCC 12 warns of an uninitialized register in the intrinsic without a mask.
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

// The four words of each of the blocks from `first` on, two words in each of `pairs`. The same as
// `philox` of ../philox.hpp, for all blocks at once.
inline void philox_blocks(const RandomStream& stream, std::uint32_t first,
                          std::uint64_t (&pairs)[2 * kBlocks]) {
  Wide a{}, b = Wide{} + stream.image, c = Wide{} + stream.operation, d = Wide{} + stream.step;
  for (int i = 0; i < kBlocks; ++i) a[i] = first + static_cast<std::uint32_t>(i);
  auto low = static_cast<std::uint32_t>(stream.seed),
       high = static_cast<std::uint32_t>(stream.seed >> 32);
  for (int round = 0; round < 10; ++round, low += 0x9E3779B9, high += 0xBB67AE85) {
    const Wide one = multiply_low(a, Wide{} + 0xD2511F53u);
    const Wide two = multiply_low(c, Wide{} + 0xCD9E8D57u);
    a = (two >> 32) ^ b ^ (Wide{} + low), b = two;
    c = (one >> 32) ^ d ^ (Wide{} + high), d = one;
  }
  const Wide ab = (a & 0xFFFFFFFFu) | (b << 32), cd = (c & 0xFFFFFFFFu) | (d << 32);
  for (int i = 0; i < kBlocks; ++i) pairs[2 * i] = ab[i], pairs[2 * i + 1] = cd[i];
}

void dropout(const float* x, std::int64_t count, const RandomStream& stream,
             std::uint32_t threshold, float scale, float* y) {
  std::int64_t i = 0;
  for (; i + 4 * kBlocks <= count; i += 4 * kBlocks) {
    std::uint64_t pairs[2 * kBlocks];
    philox_blocks(stream, static_cast<std::uint32_t>(i / 4), pairs);
    Words words[2];
    std::memcpy(words, pairs, sizeof words);
    for (int half = 0; half < 2; ++half) {
      const std::int64_t at = i + half * kWidth;
      const Full scaled = load<Full>(x + at) * broadcast<Full>(scale);
      store(y + at, words[half] >= threshold ? scaled : Full{});
    }
  }
  for (; i < count; i += 4) {
    const auto words = philox(stream, static_cast<std::uint32_t>(i / 4));
    for (int k = 0; k < 4 && i + k < count; ++k) {
      y[i + k] = words[k] >= threshold ? x[i + k] * scale : 0.0f;
    }
  }
}

struct CosineSine {
  Full cosine, sine;
};

// The cosine and sine of `turns` * 2 * pi, 0 <= turns < 1: those of the rest to the next quarter
// turn with Cephes' polynomials (Moshier, cosf and sinf), then exchanged and negated by quadrant.
inline CosineSine cosine_sine(Full turns) {
  const Full four = turns * splat(4.0f);
  const auto quarter = __builtin_convertvector(four + splat(0.5f), Integers);
  const Full angle = (four - __builtin_convertvector(quarter, Full)) * splat(1.57079632679489662f);
  const Full z = angle * angle;
  Full s = fma(splat(-1.9515295891e-4f), z, splat(8.3321608736e-3f));
  s = fma(s, z, splat(-1.6666654611e-1f));
  s = fma(s * z, angle, angle);
  Full c = fma(splat(2.443315711809948e-5f), z, splat(-1.388731625493765e-3f));
  c = fma(c, z, splat(4.166664568298827e-2f));
  c = fma(c, z * z, fma(splat(-0.5f), z, splat(1.0f)));
  const auto odd = (quarter & 1) != 0;
  const Full cosine = odd ? s : c, sine = odd ? c : s;
  return {((quarter + 1) & 2) != 0 ? -cosine : cosine, (quarter & 2) != 0 ? -sine : sine};
}

// The method of Box and Muller: words 2p and 2p + 1 give values 2p and 2p + 1, the first word their
// radius, the second their angle. The upper 24 bits of a word count. The first is moved by half a
// step, so that its logarithm is finite.
void normal(std::int64_t count, const RandomStream& stream, float mean, float stddev, float* y) {
  constexpr int kPairs = 2 * kBlocks;  // as many as there are floats in a register
  static_assert(kPairs == kWidth);
  for (std::int64_t i = 0; i < count; i += 2 * kPairs) {
    std::uint64_t pairs[kPairs];
    philox_blocks(stream, static_cast<std::uint32_t>(i / 4), pairs);
    float first[kWidth], second[kWidth], root[kWidth];
    for (int p = 0; p < kPairs; ++p) {
      first[p] = static_cast<float>(static_cast<std::int32_t>(pairs[p] >> 8 & 0xFFFFFF));
      second[p] = static_cast<float>(static_cast<std::int32_t>(pairs[p] >> 40));
    }
    const Full uniform = fma(load<Full>(first), splat(0x1p-24f), splat(0x1p-25f));
    store(root, splat(-2.0f) * log(uniform));
    for (float& square : root) square = __builtin_sqrtf(square);
    const CosineSine direction = cosine_sine(load<Full>(second) * splat(0x1p-24f));
    const Full radius = load<Full>(root) * splat(stddev);
    float values[2 * kWidth], cosines[kWidth], sines[kWidth];
    store(cosines, fma(radius, direction.cosine, splat(mean)));
    store(sines, fma(radius, direction.sine, splat(mean)));
    for (int p = 0; p < kPairs; ++p) values[2 * p] = cosines[p], values[2 * p + 1] = sines[p];
    const std::int64_t left = count - i;
    std::memcpy(y + i, values,
                static_cast<std::size_t>(left < 2 * kPairs ? left : 2 * kPairs) * sizeof(float));
  }
}

}  // namespace

extern const RandomKernels random_kernels = {
    .dropout = dropout,
    .normal = normal,
};

}  // namespace scallion::SCALLION_ISA
