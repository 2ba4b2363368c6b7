// Numbers that change their place: padding, cropping, repeating, permuting, joining, and the sums
// that lead back from what was repeated.
#pragma once

#include "sums.hpp"
#include "table.hpp"

namespace {

using scallion::Box;

// One innermost row of a box.
inline void move_row(const float* x, std::ptrdiff_t x_step, float* y, std::ptrdiff_t y_step,
                     std::int32_t count, bool add) {
  if (x_step == 1 && y_step == 1) {
    each_vector(count, [&](std::int64_t i, int n) {
      const Full value = load_full(x + i, n);
      store_full(y + i, add ? load_full(y + i, n) + value : value, n);
    });
  } else if (add && x_step == 1 && y_step == 0) {
    *y += sum_along(count, [&](int i, int n) { return load_full(x + i, n); });
  } else if (add) {
    for (std::int32_t i = 0; i < count; ++i) y[i * y_step] += x[i * x_step];
  } else {
    for (std::int32_t i = 0; i < count; ++i) y[i * y_step] = x[i * x_step];
  }
}

// y[place in y] = x[place in x], or += it, for all places of the box in their order.
void move(const Box& b, const float* x, float* y, bool add) {
  for (std::ptrdiff_t i = 0; i < b.sides[0]; ++i) {
    for (std::ptrdiff_t j = 0; j < b.sides[1]; ++j) {
      for (std::ptrdiff_t k = 0; k < b.sides[2]; ++k) {
        const float* from = x + i * b.x_steps[0] + j * b.x_steps[1] + k * b.x_steps[2];
        float* to = y + i * b.y_steps[0] + j * b.y_steps[1] + k * b.y_steps[2];
        for (std::ptrdiff_t l = 0; l < b.sides[3]; ++l) {
          move_row(from + l * b.x_steps[3], b.x_steps[4], to + l * b.y_steps[3], b.y_steps[4],
                   b.sides[4], add);
        }
      }
    }
  }
}

}  // namespace
