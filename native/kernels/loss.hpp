// Losses of one prediction and their gradients: the interface of loss.cpp.
#pragma once

#include <cstdint>

namespace scallion {

// The target of one prediction, and a loss function's own parameters.
struct Target {
  // The class where targets are labels. A label that is no class has loss and gradient 0.
  std::int64_t label;
  // (count,), or null where `label` counts. The target of output i is values[i] * scale + offset,
  // which is how labels are smoothed.
  const float* values;
  float scale, offset;
  float gamma;                             // of the focal losses
  float delta;                             // of the Huber loss
  float positive_weight, negative_weight;  // of the focal losses: weights of targets 1 and 0
};

// Computes the loss of one prediction x (count,) and writes its gradient times `weight` to
// dx (count,).
struct Loss {
  const char* name;
  float (*compute)(const float* x, std::int32_t count, const Target&, float weight, float* dx);
};

struct LossKernels {
  const Loss* functions;
  std::int32_t function_count;
};

}  // namespace scallion
