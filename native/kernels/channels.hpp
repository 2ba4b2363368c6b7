// Walking over channels: whole registers, then the rest of one.
#pragma once

#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// Vectors lie over channels, so that sums over pixels add in one order whatever their width.
template <class Body>
inline void each_channel_vector(int channels, Body&& body) {
  int c = 0;
  for (; c + kWidth <= channels; c += kWidth) body(c, kWidth);
  if (c < channels) body(c, channels - c);
}

inline Full load_full(const float* p, int count) {
  return count == kWidth ? load<Full>(p) : load_some<Full>(p, count);
}

inline void store_full(float* p, Full v, int count) {
  if (count == kWidth) {
    store(p, v);
  } else {
    store_some(p, v, count);
  }
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
