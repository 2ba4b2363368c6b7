// Softmax and cross-entropy of one image's scores.
#pragma once

#include "functions.hpp"
#include "table.hpp"

namespace {

// y = softmax(x); returns log of the sum of exp, so that -log p of a class is that minus its score.
float softmax(const float* x, std::int32_t classes, float* y) {
  float largest = x[0];
  for (int i = 1; i < classes; ++i) largest = x[i] > largest ? x[i] : largest;
  float total = 0.0f;
  for (int i = 0; i < classes; ++i) total += y[i] = exponential(x[i] - largest);
  const float inverse = 1.0f / total;
  for (int i = 0; i < classes; ++i) y[i] *= inverse;
  return largest + logarithm(total);
}

// The loss of one image, and its slope at the scores times `weight`. `target` gives each class
// its share; where it is null, `label` has all of it.
float cross_entropy(const float* scores, std::int32_t classes, std::int64_t label,
                    const float* target, float weight, float* slope) {
  const float log_total = softmax(scores, classes, slope);
  float loss = 0.0f, mass = 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float share = target ? target[i] : (i == label ? 1.0f : 0.0f);
    if (share != 0.0f) loss = fma(share, log_total - scores[i], loss);
    mass += share;
  }
  for (int i = 0; i < classes; ++i) {
    const float share = target ? target[i] : (i == label ? 1.0f : 0.0f);
    slope[i] = fma(slope[i], mass, -share) * weight;
  }
  return loss;
}

}  // namespace
