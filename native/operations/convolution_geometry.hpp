// Shapes of a convolution, and which inputs and outputs its kernel connects along each axis.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "../program.hpp"

namespace scallion {

// The floats of a row of packed weights with so many columns, for registers of any width: the
// widest have 16 floats.
inline std::int64_t whole_registers(int columns) { return (std::int64_t{columns} + 15) / 16 * 16; }

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
    const auto get = [&](const char* name) { return a.number(prefix + name, 1); };
    height = get("height"), width = get("width"), channels = get("channels");
    out_height = get("out_height"), out_width = get("out_width"), filters = get("filters");
    kernel_height = get("kernel_height"), kernel_width = get("kernel_width");
    stride_y = get("stride_y"), stride_x = get("stride_x");
    dilation_y = get("dilation_y"), dilation_x = get("dilation_x");
    pad_y = a.number(prefix + "pad_y"), pad_x = a.number(prefix + "pad_x");
    groups = get("groups");
    check(a);
  }

  int group_channels() const { return channels / groups; }
  int group_filters() const { return filters / groups; }
  int kernel_positions() const { return kernel_height * kernel_width; }

  // The floats of x, y and w.
  std::int64_t input_size() const { return std::int64_t{height} * width * channels; }
  std::int64_t output_size() const { return std::int64_t{out_height} * out_width * filters; }
  std::int64_t weight_size() const {
    return std::int64_t{kernel_positions()} * group_channels() * filters;
  }
  // The floats of w as pack_weights.cpp packs it, (rows, columns) per kernel position and group.
  std::int64_t packed_size(int rows, int columns) const {
    return product({groups, kernel_positions(), rows, whole_registers(columns)});
  }

 private:
  // Refuses shapes whose offsets are not numbers of 32 bits, and replaces them by small ones, with
  // which the rest of a constructor does no harm.
  void check(const Attributes& a) {
    constexpr std::int64_t kMost = std::int64_t{1} << 30;
    const auto fits = [&](std::initializer_list<int> factors) {
      std::int64_t product = 1;
      for (const int factor : factors) product = product > kMost ? product : product * factor;
      return product <= kMost;
    };
    const bool valid = fits({height, width, channels}) && fits({out_height, out_width, filters}) &&
                       fits({kernel_height, kernel_width, channels, filters}) &&
                       fits({out_height, stride_y}) && fits({out_width, stride_x}) &&
                       fits({stride_y, width, channels}) && fits({stride_x, channels}) &&
                       fits({kernel_height, dilation_y}) && fits({kernel_width, dilation_x}) &&
                       fits({pad_y}) && fits({pad_x}) && channels % groups == 0 &&
                       filters % groups == 0;
    if (valid) return;
    a.fail("the shapes of the convolution");
    height = width = channels = out_height = out_width = filters = kernel_height = kernel_width = 1;
    stride_y = stride_x = dilation_y = dilation_x = groups = 1;
    pad_y = pad_x = 0;
  }
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
  if (begin >= end) return {0, 0, 0};
  return {begin * stride + shift, begin, end - begin};
}

}  // namespace scallion
