// Dropout and random numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../philox.hpp"

namespace scallion {

struct RandomKernels {
  void (*drop)(const float* x, std::int64_t count, const Draw&, std::uint32_t threshold,
               float factor, float* y);
  void (*draw_normal)(std::int64_t count, const Draw&, float mean, float deviation, float* y);
};

}  // namespace scallion
