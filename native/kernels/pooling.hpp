// Pooling over windows. `Window` lists each output's window clipped to the image.
#pragma once

#include "channels.hpp"
#include "table.hpp"

namespace {

using scallion::Window;

void max_pool(const Window* windows, std::int32_t count, std::int32_t row, std::int32_t channels,
              const float* x, float* y) {
  for (int i = 0; i < count; ++i, y += channels) {
    const Window w = windows[i];
    const float* from = x + w.x;
    each_channel_vector(channels, [&](int c, int lanes) {
      Full largest = load_full(from + c, lanes);
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k) {
          const Full value = load_full(from + r * row + k * channels + c, lanes);
          largest = value > largest ? value : largest;
        }
      }
      store_full(y + c, largest, lanes);
    });
  }
}

// The gradient goes to the first place of the window that holds the maximum, row by row. Where
// `mask` is set, the pooled values came out of a relu: those that are not positive pass nothing.
// Windows that do not overlap write each place once; others add.
void max_pool_backward(const Window* windows, std::int32_t count, std::int32_t row,
                       std::int32_t channels, bool overlap, bool mask, const float* x,
                       const float* y, const float* dy, float* dx) {
  const Full zero{};
  for (int i = 0; i < count; ++i, y += channels, dy += channels) {
    const Window w = windows[i];
    const float* from = x + w.x;
    float* to = dx + w.x;
    each_channel_vector(channels, [&](int c, int lanes) {
      const Full largest = load_full(y + c, lanes);
      Full left = load_full(dy + c, lanes);
      if (mask) left = largest > zero ? left : zero;
      for (int r = 0; r < w.rows; ++r) {
        for (int k = 0; k < w.columns; ++k) {
          const std::ptrdiff_t at = r * row + k * channels + c;
          const auto hit = load_full(from + at, lanes) == largest;
          Full given = hit ? left : zero;
          left = hit ? zero : left;
          if (overlap) given += load_full(to + at, lanes);
          store_full(to + at, given, lanes);
        }
      }
    });
  }
}

}  // namespace
