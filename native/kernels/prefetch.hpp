// Prefetching across images: while a kernel computes, it prefetches what the thread's next images
// will read and write.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scallion {

// Memory to prefetch: a few ranges of floats that count as one. A core can wait for only so many
// cache lines at once, so kernels prefetch one step per round of their inner loop, not all at
// first: `step` floats further each time, from `position` to `end`.
struct Prefetch {
  static constexpr int kMaxRanges = 6;
  static constexpr int kLine = 16;  // floats of a cache line, the longest step that skips none
  // Steps per round in the depthwise kernels, which compute little for what they read.
  static constexpr int kDepthwiseSteps = 3;
  const float* ranges[kMaxRanges];
  std::ptrdiff_t floats[kMaxRanges];  // of each range
  std::int32_t count;
  std::ptrdiff_t position, end, step;
};

}  // namespace scallion
