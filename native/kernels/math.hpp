// Elementary functions of a register of floats: exp, log, tanh, erf and others. They are
// polynomials with a fixed order of explicit multiply-adds, so that every instruction set gives the
// same bits.
#pragma once

#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

using Integers = decltype(Full{} > Full{});

inline Full splat(float x) { return broadcast<Full>(x); }

inline Full as_floats(Integers bits) {
  Full x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

inline Integers as_bits(Full x) {
  Integers bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline Full abs(Full x) { return as_floats(as_bits(x) & 0x7FFFFFFF); }

// `magnitude` (not negative) with the sign of `sign`.
inline Full copysign(Full magnitude, Full sign) {
  return as_floats(as_bits(magnitude) | (as_bits(sign) & static_cast<std::int32_t>(0x80000000)));
}

// exp(x) = 2**n * exp(r), |r| <= ln(2) / 2, with Cephes' polynomial (Moshier, expf). Errors are
// below 2 units in the last place. Results saturate at the smallest normal and the largest float.
inline Full exp(Full argument) {
  Full x = argument > splat(88.3762626647949f) ? splat(88.3762626647949f) : argument;
  x = x < splat(-87.3365447504019f) ? splat(-87.3365447504019f) : x;
  x = argument == argument ? x : Full{};
  const Full half = x < Full{} ? splat(-0.5f) : splat(0.5f);
  const auto whole = __builtin_convertvector(fma(x, splat(1.44269504088896341f), half), Integers);
  const Full n = __builtin_convertvector(whole, Full);
  Full r = fma(n, splat(-0.693359375f), x);
  r = fma(n, splat(2.12194440e-4f), r);
  Full p = splat(1.9875691500e-4f);
  p = fma(p, r, splat(1.3981999507e-3f));
  p = fma(p, r, splat(8.3334519073e-3f));
  p = fma(p, r, splat(4.1665795894e-2f));
  p = fma(p, r, splat(1.6666665459e-1f));
  p = fma(p, r, splat(5.0000001201e-1f));
  p = fma(p, r * r, r) + splat(1.0f);
  const Full y = p * as_floats((whole + 127) << 23);
  return argument == argument ? y : argument;  // NaN stays NaN
}

// log(x) with x = 2**n * m, sqrt(1/2) <= m < sqrt(2), and Cephes' polynomial (logf). Errors are
// below 2 units in the last place.
inline Full log(Full x) {
  const Integers bits = as_bits(x);
  Full n = __builtin_convertvector((bits >> 23) - 126, Full);
  Full m = as_floats((bits & 0x007FFFFF) | 0x3F000000);  // 0.5 <= m < 1
  const auto small = m < splat(0.707106781186547524f);
  n = small ? n - splat(1.0f) : n;
  m = (small ? m + m : m) - splat(1.0f);
  const Full z = m * m;
  Full p = splat(7.0376836292e-2f);
  p = fma(p, m, splat(-1.1514610310e-1f));
  p = fma(p, m, splat(1.1676998740e-1f));
  p = fma(p, m, splat(-1.2420140846e-1f));
  p = fma(p, m, splat(1.4249322787e-1f));
  p = fma(p, m, splat(-1.6668057665e-1f));
  p = fma(p, m, splat(2.0000714765e-1f));
  p = fma(p, m, splat(-2.4999993993e-1f));
  p = fma(p, m, splat(3.3333331174e-1f));
  Full y = p * m * z;
  y = fma(n, splat(-2.12194440e-4f), y);
  y = fma(z, splat(-0.5f), y);
  y = fma(n, splat(0.693359375f), m + y);
  const float infinity = __builtin_inff();
  y = x < splat(infinity) ? y : x;  // infinity and NaN
  return x > Full{} ? y : (x == Full{} ? splat(-infinity) : splat(__builtin_nanf("")));
}

// log(1 + x) for x > -1, accurate near 0, where 1 + x loses digits (Kahan).
inline Full log1p(Full x) {
  const Full u = x + splat(1.0f);
  const Full y = log(u) * (x / (u - splat(1.0f)));
  return u == splat(1.0f) ? x : y;
}

// tanh(x): Cephes' polynomial (tanhf) near 0, where the other formula cancels, else
// 1 - 2 / (exp(2 * x) + 1).
inline Full tanh(Full x) {
  const Full size = abs(x), z = x * x;
  Full p = splat(-5.70498872745e-3f);
  p = fma(p, z, splat(2.06390887954e-2f));
  p = fma(p, z, splat(-5.37397155531e-2f));
  p = fma(p, z, splat(1.33314422036e-1f));
  p = fma(p, z, splat(-3.33332819422e-1f));
  const Full near = fma(p * z, x, x);
  const Full power = exp(size + size);
  const Full far = splat(1.0f) - splat(2.0f) / (power + splat(1.0f));
  return size < splat(0.625f) ? near : copysign(far, x);
}

// exp(x) - 1 = 2 * t / (1 - t) with t = tanh(x / 2), which does not cancel near 0.
inline Full expm1(Full x) {
  const Full t = tanh(x * splat(0.5f));
  return (t + t) / (splat(1.0f) - t);
}

// 1 / (1 + exp(-x)), for negative x as exp(x) / (1 + exp(x)), so that exp does not overflow.
inline Full sigmoid(Full x) {
  const Full power = exp(-abs(x));
  const Full positive = splat(1.0f) / (splat(1.0f) + power);
  return x < Full{} ? power * positive : positive;
}

// erf(x): near 0 a polynomial in x**2, else 1 - exp(-x**2) * q(1 / (1 + |x| / 2)). Both polynomials
// were fitted at Chebyshev nodes. Errors are below 1e-7.
inline Full erf(Full x) {
  const Full size = abs(x), z = x * x;
  Full p = splat(7.882497106e-05f);
  p = fma(p, z, splat(-8.018854991e-04f));
  p = fma(p, z, splat(5.189311943e-03f));
  p = fma(p, z, splat(-2.685432880e-02f));
  p = fma(p, z, splat(1.128359746e-01f));
  p = fma(p, z, splat(-3.761262690e-01f));
  p = fma(p, z, splat(1.128379166e+00f));
  const Full capped = size > splat(9.0f) ? splat(9.0f) : size;
  const Full t = splat(1.0f) / fma(capped, splat(0.5f), splat(1.0f));
  Full q = splat(8.913251946e-02f);
  q = fma(q, t, splat(-3.720146813e-01f));
  q = fma(q, t, splat(4.257332078e-01f));
  q = fma(q, t, splat(7.790650222e-04f));
  q = fma(q, t, splat(3.009752952e-01f));
  q = fma(q, t, splat(2.721019198e-01f));
  q = fma(q, t, splat(2.831111207e-01f));
  q = fma(q, t, splat(-4.374300869e-05f));
  const Full far = splat(1.0f) - exp(-(capped * capped)) * q;
  return size < splat(1.0f) ? p * x : copysign(far, x);
}

// A single number takes a register, too: the same bits again.
inline float exp(float x) { return exp(splat(x))[0]; }
inline float log(float x) { return log(splat(x))[0]; }

}  // namespace
}  // namespace scallion::SCALLION_ISA
