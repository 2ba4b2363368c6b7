// Losses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scallion {

// What one prediction should be: a label, or shares[i] * kept + spread for each class. A label that
// is no class asks nothing.
struct Truth {
  std::int64_t label;
  const float* shares;
  float kept, spread;
  float gamma, delta;  // of the focal losses; of Huber's
  float yes, no;       // what yes and no count
};

// The loss of one prediction, and its slope at the outputs times `weight`.
struct Loss {
  const char* name;
  float (*of)(const float* y, std::int32_t count, const Truth&, float weight, float* slope);
};

struct LossKernels {
  const Loss* losses;
  std::int32_t loss_count;
};

}  // namespace scallion
