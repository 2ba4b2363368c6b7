// Where a convolution's kernel lies on the image.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "../program.hpp"

namespace scallion {

struct Geometry {
  int height, width, channels;         // the input
  int out_height, out_width, filters;  // the output
  int kernel_height, kernel_width;
  int stride_y, stride_x, dilation_y, dilation_x;
  int pad_y, pad_x;  // before; what lies behind follows from the sizes
  int groups;

  // `prefix` stands before the names, in rows that have another geometry, too.
  explicit Geometry(const Attributes& a, const std::string& prefix = "") {
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
  int taps() const { return kernel_height * kernel_width; }
};

// One side of the image: which taps reach a place, and where each of them reads.
struct Tap {
  int kernel, source;
};

// Forward, a place of the output reads the input at place * stride + tap * dilation - pad.
inline std::vector<Tap> forward_taps(int place, int size, int kernel, int stride, int dilation,
                                     int pad) {
  std::vector<Tap> taps;
  for (int k = 0; k < kernel; ++k) {
    const int source = place * stride + k * dilation - pad;
    if (source >= 0 && source < size) taps.push_back({k, source});
  }
  return taps;
}

// Backward, a place of the input reads the output wherever that read it. The last tap reads the
// first place, so going down the taps keeps the reads in order.
inline std::vector<Tap> backward_taps(int place, int out, int kernel, int stride, int dilation,
                                      int pad) {
  std::vector<Tap> taps;
  for (int k = kernel - 1; k >= 0; --k) {
    const int scaled = place + pad - k * dilation;
    if (scaled >= 0 && scaled % stride == 0 && scaled / stride < out) {
      taps.push_back({k, scaled / stride});
    }
  }
  return taps;
}

struct Span {
  int source, place, count;  // the first read, the first output, how many
};

// The outputs whose read through tap `k` lies inside the image.
inline Span span(int k, int size, int out, int stride, int dilation, int pad) {
  const int shift = k * dilation - pad;
  const int begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const int end = size - 1 - shift < 0 ? 0 : std::min(out, (size - 1 - shift) / stride + 1);
  return {begin * stride + shift, begin, std::max(0, end - begin)};
}

}  // namespace scallion
