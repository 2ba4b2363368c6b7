// exp, log, tanh and kin of our own, so that every instruction set gives the same bits: polynomials
// in a fixed order of explicit multiply-adds, in registers; a single number takes a register too.
#pragma once

#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

using Integers = decltype(Full{} > Full{});

inline Full all(float x) { return broadcast<Full>(x); }

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

inline Full absolute(Full x) { return as_floats(as_bits(x) & 0x7FFFFFFF); }

// `size` with the sign of `sign`.
inline Full with_sign_of(Full size, Full sign) {
  return as_floats(as_bits(size) | (as_bits(sign) & static_cast<std::int32_t>(0x80000000)));
}

// exp(x) = 2**n * exp(r), |r| <= ln(2) / 2; the polynomial is Cephes' (Moshier) for expf. Errors
// below 2 units in the last place; what float32 cannot hold ends at its edges.
inline Full exponential(Full given) {
  Full x = given > all(88.3762626647949f) ? all(88.3762626647949f) : given;
  x = x < all(-87.3365447504019f) ? all(-87.3365447504019f) : x;
  x = given == given ? x : Full{};
  const Full half = x < Full{} ? all(-0.5f) : all(0.5f);
  const auto whole = __builtin_convertvector(fma(x, all(1.44269504088896341f), half), Integers);
  const Full n = __builtin_convertvector(whole, Full);
  Full r = fma(n, all(-0.693359375f), x);
  r = fma(n, all(2.12194440e-4f), r);
  Full p = all(1.9875691500e-4f);
  p = fma(p, r, all(1.3981999507e-3f));
  p = fma(p, r, all(8.3334519073e-3f));
  p = fma(p, r, all(4.1665795894e-2f));
  p = fma(p, r, all(1.6666665459e-1f));
  p = fma(p, r, all(5.0000001201e-1f));
  p = fma(p, r * r, r) + all(1.0f);
  const Full y = p * as_floats((whole + 127) << 23);
  return given == given ? y : given;
}

// log(x): x = 2**n * m, sqrt(1/2) <= m < sqrt(2); Cephes' polynomial for logf. Errors below 2 units
// in the last place.
inline Full logarithm(Full x) {
  const Integers bits = as_bits(x);
  Full n = __builtin_convertvector((bits >> 23) - 126, Full);
  Full m = as_floats((bits & 0x007FFFFF) | 0x3F000000);  // 0.5 <= m < 1
  const auto small = m < all(0.707106781186547524f);
  n = small ? n - all(1.0f) : n;
  m = (small ? m + m : m) - all(1.0f);
  const Full z = m * m;
  Full p = all(7.0376836292e-2f);
  p = fma(p, m, all(-1.1514610310e-1f));
  p = fma(p, m, all(1.1676998740e-1f));
  p = fma(p, m, all(-1.2420140846e-1f));
  p = fma(p, m, all(1.4249322787e-1f));
  p = fma(p, m, all(-1.6668057665e-1f));
  p = fma(p, m, all(2.0000714765e-1f));
  p = fma(p, m, all(-2.4999993993e-1f));
  p = fma(p, m, all(3.3333331174e-1f));
  Full y = p * m * z;
  y = fma(n, all(-2.12194440e-4f), y);
  y = fma(z, all(-0.5f), y);
  y = fma(n, all(0.693359375f), m + y);
  const float infinity = __builtin_inff();
  y = x < all(infinity) ? y : x;  // infinity, or no number
  return x > Full{} ? y : (x == Full{} ? all(-infinity) : all(__builtin_nanf("")));
}

// log(1 + x) for x > -1, exact where 1 + x loses digits (Kahan).
inline Full logarithm_plus(Full x) {
  const Full u = x + all(1.0f);
  const Full y = logarithm(u) * (x / (u - all(1.0f)));
  return u == all(1.0f) ? x : y;
}

// tanh; Cephes' polynomial for tanhf near zero, where exp would cancel.
inline Full hyperbolic_tangent(Full x) {
  const Full size = absolute(x), z = x * x;
  Full p = all(-5.70498872745e-3f);
  p = fma(p, z, all(2.06390887954e-2f));
  p = fma(p, z, all(-5.37397155531e-2f));
  p = fma(p, z, all(1.33314422036e-1f));
  p = fma(p, z, all(-3.33332819422e-1f));
  const Full near = fma(p * z, x, x);
  const Full grown = exponential(size + size);
  const Full far = all(1.0f) - all(2.0f) / (grown + all(1.0f));
  return size < all(0.625f) ? near : with_sign_of(far, x);
}

// exp(x) - 1 without cancelling near zero, by tanh(x / 2).
inline Full exponential_less(Full x) {
  const Full t = hyperbolic_tangent(x * all(0.5f));
  return (t + t) / (all(1.0f) - t);
}

// 1 / (1 + exp(-x)), from the side where exp does not overflow.
inline Full logistic(Full x) {
  const Full shrunk = exponential(-absolute(x));
  const Full rest = all(1.0f) / (all(1.0f) + shrunk);
  return x < Full{} ? shrunk * rest : rest;
}

// erf: near zero a polynomial in x * x, else 1 - exp(-x * x) times one in 1 / (1 + |x| / 2). Both
// were fitted at Chebyshev nodes; errors below 1e-7.
inline Full error_function(Full x) {
  const Full size = absolute(x), z = x * x;
  Full p = all(7.882497106e-05f);
  p = fma(p, z, all(-8.018854991e-04f));
  p = fma(p, z, all(5.189311943e-03f));
  p = fma(p, z, all(-2.685432880e-02f));
  p = fma(p, z, all(1.128359746e-01f));
  p = fma(p, z, all(-3.761262690e-01f));
  p = fma(p, z, all(1.128379166e+00f));
  const Full capped = size > all(9.0f) ? all(9.0f) : size;
  const Full t = all(1.0f) / fma(capped, all(0.5f), all(1.0f));
  Full q = all(8.913251946e-02f);
  q = fma(q, t, all(-3.720146813e-01f));
  q = fma(q, t, all(4.257332078e-01f));
  q = fma(q, t, all(7.790650222e-04f));
  q = fma(q, t, all(3.009752952e-01f));
  q = fma(q, t, all(2.721019198e-01f));
  q = fma(q, t, all(2.831111207e-01f));
  q = fma(q, t, all(-4.374300869e-05f));
  const Full far = all(1.0f) - exponential(-(capped * capped)) * q;
  return size < all(1.0f) ? p * x : with_sign_of(far, x);
}

inline float exponential(float x) { return exponential(all(x))[0]; }
inline float logarithm(float x) { return logarithm(all(x))[0]; }

}  // namespace
}  // namespace scallion::SCALLION_ISA
