// The windows of a pooling operation, made once per program.
#pragma once

#include <algorithm>
#include <vector>

#include "../program.hpp"

namespace scallion {

// The window of each output, row by row, clipped to the image.
struct PoolingWindows {
  std::vector<PoolingWindow> windows;
  int row, channels;  // floats per row of the input
  bool overlap;       // windows share inputs
  bool needs_zeros;   // windows overlap, or leave out inputs: dx is cleared first

  explicit PoolingWindows(const Attributes& a) {
    const auto get = [&](const char* name) { return static_cast<int>(a.integer(name)); };
    const int height = get("height"), width = get("width");
    const int out_height = get("out_height"), out_width = get("out_width");
    const int window_y = get("window_y"), window_x = get("window_x");
    const int stride_y = get("stride_y"), stride_x = get("stride_x");
    const int pad_y = get("pad_y"), pad_x = get("pad_x");
    channels = get("channels");
    row = width * channels;
    overlap = window_y > stride_y || window_x > stride_x;
    needs_zeros = overlap || stride_y > window_y || stride_x > window_x ||
                  out_height * stride_y < height || out_width * stride_x < width;
    for (int y = 0; y < out_height; ++y) {
      const int top = std::max(0, y * stride_y - pad_y);
      const int bottom = std::min(height, y * stride_y - pad_y + window_y);
      for (int x = 0; x < out_width; ++x) {
        const int left = std::max(0, x * stride_x - pad_x);
        const int right = std::min(width, x * stride_x - pad_x + window_x);
        windows.push_back({top * row + left * channels, bottom - top, right - left});
      }
    }
  }

  std::int32_t count() const { return static_cast<std::int32_t>(windows.size()); }
};

}  // namespace scallion
