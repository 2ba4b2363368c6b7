// Loops over rows of floats of any length: whole registers, then the rest of one.
#pragma once

#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// The first `count` floats at p, and zeros.
inline Full load_lanes(const float* p, int count) {
  return count == kWidth ? load<Full>(p) : load_partial<Full>(p, count);
}

// The first `count` floats of v to p.
inline void store_lanes(float* p, Full v, int count) {
  if (count == kWidth) {
    store(p, v);
  } else {
    store_partial(p, v, count);
  }
}

// body(i, lanes) for i = 0, kWidth, ... below `count`.
template <class Body>
inline void for_each_vector(std::int64_t count, Body&& body) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) body(i, kWidth);
  if (i < count) body(i, static_cast<int>(count - i));
}

// The same over channels. Where vectors hold channels, sums over pixels are added in one order
// whatever the width of the registers.
template <class Body>
inline void for_each_channel_vector(int channels, Body&& body) {
  int c = 0;
  for (; c + kWidth <= channels; c += kWidth) body(c, kWidth);
  if (c < channels) body(c, channels - c);
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
