// The windows of a pooling operation, made once per program.
#pragma once

#include <algorithm>
#include <vector>

#include "../program.hpp"

namespace scallion {

// The window of each output, row by row, clipped to the image.
struct PoolingWindows {
  std::vector<PoolingWindow> windows;  // made by `list`
  int channels;
  int row = 0;               // floats per row of the input
  bool overlap = false;      // windows share inputs
  bool needs_zeros = false;  // windows overlap, or leave out inputs: dx is cleared first

  explicit PoolingWindows(const Attributes& a)
      : channels(a.number("channels", 1)),
        height_(a.number("height", 1)),
        width_(a.number("width", 1)),
        out_height_(a.number("out_height", 1)),
        out_width_(a.number("out_width", 1)),
        window_y_(a.number("window_y", 1)),
        window_x_(a.number("window_x", 1)),
        stride_y_(a.number("stride_y", 1)),
        stride_x_(a.number("stride_x", 1)),
        pad_y_(a.number("pad_y")),
        pad_x_(a.number("pad_x")) {
    // Offsets are numbers of 32 bits.
    constexpr std::int64_t kMost = std::int64_t{1} << 30;
    const auto fits = [](std::int64_t one, std::int64_t other) { return one * other <= kMost; };
    const bool valid =
        fits(height_, width_) && fits(std::int64_t{height_} * width_, channels) &&
        fits(out_height_, out_width_) && fits(std::int64_t{out_height_} * out_width_, channels) &&
        fits(out_height_, stride_y_) && fits(out_width_, stride_x_) && fits(window_y_, 1) &&
        fits(window_x_, 1) && fits(pad_y_, 1) && fits(pad_x_, 1);
    if (!valid) {
      a.fail("the shapes of the pooling");
      return;
    }
    row = width_ * channels;
    overlap = window_y_ > stride_y_ || window_x_ > stride_x_;
    needs_zeros = overlap || stride_y_ > window_y_ || stride_x_ > window_x_ ||
                  out_height_ * stride_y_ < height_ || out_width_ * stride_x_ < width_;
  }

  // The floats of the input and of the output, and the number of windows.
  std::int64_t input_size() const { return std::int64_t{height_} * row; }
  std::int64_t output_size() const { return window_count() * channels; }
  std::int64_t window_count() const { return std::int64_t{out_height_} * out_width_; }

  // Make the windows. The operation's buffers have been looked up before: if they are too small,
  // there is nothing to make.
  void list(const Attributes& a) {
    if (!a.status().ok()) return;
    for (int y = 0; y < out_height_; ++y) {
      const int top = std::max(0, y * stride_y_ - pad_y_);
      const int bottom = std::min(height_, y * stride_y_ - pad_y_ + window_y_);
      for (int x = 0; x < out_width_; ++x) {
        const int left = std::max(0, x * stride_x_ - pad_x_);
        const int right = std::min(width_, x * stride_x_ - pad_x_ + window_x_);
        if (top >= bottom || left >= right) {
          a.fail("a window outside of the image");
          return;
        }
        windows.push_back({top * row + left * channels, bottom - top, right - left});
      }
    }
  }

  std::int32_t count() const { return static_cast<std::int32_t>(windows.size()); }

 private:
  int height_, width_, out_height_, out_width_;
  int window_y_, window_x_, stride_y_, stride_x_, pad_y_, pad_x_;
};

}  // namespace scallion
