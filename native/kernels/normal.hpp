// Normal numbers of Philox' words, by Box and Muller: two words make two numbers.
#pragma once

#include "elementwise.hpp"
#include "functions.hpp"

namespace {

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
