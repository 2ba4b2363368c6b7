// Dropout and normally distributed noise from Philox's random words: the interface of random.cpp.
#pragma once

#include <cstdint>

#include "../philox.hpp"

namespace scallion {

// x, y (count,): one image. Element i uses word i of the image's stream; see
// src/scallion/engine/random.py.
struct RandomKernels {
  // y = x * scale where the word is at least `threshold`, else 0.
  void (*dropout)(const float* x, std::int64_t count, const RandomStream&, std::uint32_t threshold,
                  float scale, float* y);
  void (*normal)(std::int64_t count, const RandomStream&, float mean, float stddev, float* y);
};

}  // namespace scallion
