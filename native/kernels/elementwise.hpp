// Operations that see one number at a time.
#pragma once

#include "../philox.hpp"
#include "table.hpp"
#include "vector.hpp"

namespace {

void add(const float* a, const float* b, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

void add_relu(const float* a, const float* b, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float sum = a[i] + b[i];
    y[i] = sum < 0.0f ? 0.0f : sum;  // what is no number stays none
  }
}

void scale(const float* x, std::int64_t count, float factor, float shift, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = fma(x[i], factor, shift);
}

// Dropout of one image: what `scallion.engine.random` says, word for word.
void drop(const float* x, std::int64_t count, const scallion::Draw& draw, std::uint32_t threshold,
          float factor, float* y) {
  for (std::int64_t i = 0; i < count; i += 4) {
    const auto words = scallion::philox(draw, static_cast<std::uint32_t>(i / 4));
    for (int k = 0; k < 4 && i + k < count; ++k) {
      y[i + k] = words[k] >= threshold ? x[i + k] * factor : 0.0f;
    }
  }
}

}  // namespace
