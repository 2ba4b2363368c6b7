// exp and log of our own, so that every instruction set gives the same bits: polynomials in a
// fixed order of explicit multiply-adds. Errors below 2 units in the last place.
#pragma once

#include "vector.hpp"

namespace {

inline float from_bits(std::int32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

inline std::int32_t to_bits(float x) {
  std::int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

// exp(x) = 2**n * exp(r), |r| <= ln(2) / 2; the polynomial is Cephes' (Moshier) for expf.
inline float exponential(float x) {
  if (x != x) return x;
  x = x > 88.3762626647949f ? 88.3762626647949f : x;
  x = x < -87.3365447504019f ? -87.3365447504019f : x;
  const float n = static_cast<float>(
      static_cast<std::int32_t>(fma(x, 1.44269504088896341f, x < 0 ? -0.5f : 0.5f)));
  float r = fma(n, -0.693359375f, x);
  r = fma(n, 2.12194440e-4f, r);
  float p = 1.9875691500e-4f;
  p = fma(p, r, 1.3981999507e-3f);
  p = fma(p, r, 8.3334519073e-3f);
  p = fma(p, r, 4.1665795894e-2f);
  p = fma(p, r, 1.6666665459e-1f);
  p = fma(p, r, 5.0000001201e-1f);
  p = fma(p, r * r, r) + 1.0f;
  return p * from_bits((static_cast<std::int32_t>(n) + 127) << 23);
}

// log(x) of a positive x: x = 2**n * m, sqrt(1/2) <= m < sqrt(2); Cephes' polynomial for logf.
inline float logarithm(float x) {
  if (!(x > 0.0f)) return x == 0.0f ? -__builtin_inff() : __builtin_nanf("");
  if (x == __builtin_inff()) return x;
  std::int32_t bits = to_bits(x);
  float n = static_cast<float>((bits >> 23) - 126);
  float m = from_bits((bits & 0x007FFFFF) | 0x3F000000);  // 0.5 <= m < 1
  if (m < 0.707106781186547524f) {
    n -= 1.0f;
    m = m + m;
  }
  m -= 1.0f;
  const float z = m * m;
  float p = 7.0376836292e-2f;
  p = fma(p, m, -1.1514610310e-1f);
  p = fma(p, m, 1.1676998740e-1f);
  p = fma(p, m, -1.2420140846e-1f);
  p = fma(p, m, 1.4249322787e-1f);
  p = fma(p, m, -1.6668057665e-1f);
  p = fma(p, m, 2.0000714765e-1f);
  p = fma(p, m, -2.4999993993e-1f);
  p = fma(p, m, 3.3333331174e-1f);
  float y = p * m * z;
  y = fma(n, -2.12194440e-4f, y);
  y = fma(z, -0.5f, y);
  return fma(n, 0.693359375f, m + y);
}

}  // namespace
