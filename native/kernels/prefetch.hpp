// Asking for the memory of the next images while these are computed.
#pragma once

#include "gemm.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// Where a tile goes on asking, and how far apart; the same place again where all is asked for.
struct Asking {
  const float* next;
  std::ptrdiff_t step;
};

// What a tile that asks so many times asks for.
inline Asking ask(Ahead& ahead, std::ptrdiff_t times) {
  if (ahead.at >= ahead.end) return {reinterpret_cast<const float*>(&ahead), 0};
  std::ptrdiff_t at = ahead.at;
  int i = 0;
  while (at >= ahead.floats[i]) at -= ahead.floats[i++];
  ahead.at += times * ahead.step;
  return {ahead.stretches[i] + at, ahead.step};
}

// Into the second-level cache: the first has no room for what is not read at once. What will be
// written comes the same way.
template <int Times = 1>
SCALLION_INLINE inline void go_on(Asking& asking) {
  unrolled<Times>([&](auto) SCALLION_INLINE {
    __builtin_prefetch(asking.next, 0, 2);
    asking.next += asking.step;
  });
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
