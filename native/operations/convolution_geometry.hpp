// Shapes of a convolution, and which inputs and outputs its kernel connects along each axis.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "../program.hpp"

namespace scallion {

// x (height, width, channels), w (kernel_height, kernel_width, channels / groups, filters),
// y (out_height, out_width, filters).
struct ConvolutionGeometry {
  int height, width, channels;
  int out_height, out_width, filters;
  int kernel_height, kernel_width;
  int stride_y, stride_x, dilation_y, dilation_x;
  int pad_y, pad_x;  // before the image; the padding after it follows from the shapes
  int groups;

  // `prefix` precedes the names where an operation has another geometry, too.
  explicit ConvolutionGeometry(const Attributes& a, const std::string& prefix = "") {
    const auto get = [&](const char* name) { return static_cast<int>(a.integer(prefix + name)); };
    height = get("height"), width = get("width"), channels = get("channels");
    out_height = get("out_height"), out_width = get("out_width"), filters = get("filters");
    kernel_height = get("kernel_height"), kernel_width = get("kernel_width");
    stride_y = get("stride_y"), stride_x = get("stride_x");
    dilation_y = get("dilation_y"), dilation_x = get("dilation_x");
    pad_y = get("pad_y"), pad_x = get("pad_x");
    groups = get("groups");
  }

  int group_channels() const { return channels / groups; }
  int group_filters() const { return filters / groups; }
  int kernel_positions() const { return kernel_height * kernel_width; }
};

// Along one axis: a position in the kernel, and the index that is read through it.
struct AxisRead {
  int kernel, source;
};

// Forward, output `index` reads inputs index * stride + kernel * dilation - pad: those in the
// image.
inline std::vector<AxisRead> forward_reads(int index, int size, int kernel, int stride,
                                           int dilation, int pad) {
  std::vector<AxisRead> reads;
  for (int k = 0; k < kernel; ++k) {
    const int source = index * stride + k * dilation - pad;
    if (source >= 0 && source < size) reads.push_back({k, source});
  }
  return reads;
}

// Backward, input `index` reads the gradients of the outputs that it contributes to. Kernel
// positions go down, so that the outputs go up.
inline std::vector<AxisRead> backward_reads(int index, int out_size, int kernel, int stride,
                                            int dilation, int pad) {
  std::vector<AxisRead> reads;
  for (int k = kernel - 1; k >= 0; --k) {
    const int scaled = index + pad - k * dilation;
    if (scaled >= 0 && scaled % stride == 0 && scaled / stride < out_size) {
      reads.push_back({k, scaled / stride});
    }
  }
  return reads;
}

// Along one axis: the first input, the first output, and how many.
struct AxisRange {
  int input, output, count;
};

// The outputs whose input at kernel position `k` is in the image.
inline AxisRange axis_range(int k, int size, int out_size, int stride, int dilation, int pad) {
  const int shift = k * dilation - pad;
  const int begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const int end = size - 1 - shift < 0 ? 0 : std::min(out_size, (size - 1 - shift) / stride + 1);
  return {begin * stride + shift, begin, std::max(0, end - begin)};
}

}  // namespace scallion
