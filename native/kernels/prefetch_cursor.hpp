// The part of a `Prefetch` that one tile of a kernel works through.
#pragma once

#include "prefetch.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

struct PrefetchCursor {
  const float* next;
  std::ptrdiff_t step;
};

// The next `steps` steps. Where all is done, they touch the same cached line again and again: that
// is cheaper than a branch in the inner loop.
inline PrefetchCursor take_steps(Prefetch& prefetch, std::ptrdiff_t steps) {
  if (prefetch.position >= prefetch.end) return {reinterpret_cast<const float*>(&prefetch), 0};
  std::ptrdiff_t at = prefetch.position;
  int i = 0;
  while (at >= prefetch.floats[i]) at -= prefetch.floats[i++];
  prefetch.position += steps * prefetch.step;
  return {prefetch.ranges[i] + at, prefetch.step};
}

// Prefetch into the second-level cache: the first level has no room for what is not used at once.
// Memory that will be written is fetched in the same way.
template <int Steps = 1>
SCALLION_INLINE inline void prefetch_next(PrefetchCursor& cursor) {
  unroll<Steps>([&](auto) SCALLION_INLINE {
    __builtin_prefetch(cursor.next, 0, 2);
    cursor.next += cursor.step;
  });
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
