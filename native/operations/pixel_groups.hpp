// Groups of output pixels that read the same kernel positions, made once per program: interior
// pixels need no test of the image's borders, and edge pixels compute only what they use.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "convolution_geometry.hpp"

namespace scallion {

// A group with its memory, for all images of a micro-batch: image by image, the same pixels in
// each.
struct OwnedPixelGroup {
  std::vector<InputSpan> spans;
  std::vector<std::int32_t> x, y;

  // The group of the first `count` pixels.
  PixelGroup pixels(std::int32_t count) const {
    return {spans.data(), static_cast<std::int32_t>(spans.size()), x.data(), y.data(), count};
  }

  // Pairs of a pixel and an input of it.
  std::ptrdiff_t inputs() const {
    std::ptrdiff_t length = 0;
    for (const InputSpan& span : spans) length += span.length;
    return length * static_cast<std::ptrdiff_t>(x.size());
  }
};

// Offsets of a pixel in what is read and in what is written.
struct PixelOffsets {
  std::int32_t x, y;
};

inline void append_images(OwnedPixelGroup& group, const std::vector<PixelOffsets>& pixels,
                          int images, std::ptrdiff_t x_image, std::ptrdiff_t y_image) {
  for (int i = 0; i < images; ++i) {
    for (const auto& [x, y] : pixels) {
      group.x.push_back(static_cast<std::int32_t>(x + i * x_image));
      group.y.push_back(static_cast<std::int32_t>(y + i * y_image));
    }
  }
}

// The layout of the image (..., width, channels) that a kernel of some width reads. Each kernel
// position takes `span` consecutive channels and rows of the packed weights.
struct ReadLayout {
  int width, channels;
  int kernel_width, span;
  int rotated_positions;  // all kernel positions where weights are packed last position first, or 0
};

class PixelGrouper {
 public:
  explicit PixelGrouper(ReadLayout layout) : layout_(layout) {}

  // Adds the pixel whose output is at `y` and which reads all pairs of these rows and columns.
  void add(const std::vector<AxisRead>& rows, const std::vector<AxisRead>& columns,
           std::int32_t y) {
    if (rows.empty() || columns.empty()) {
      groups_[{}].push_back({0, y});
      return;
    }
    const int origin = (rows[0].source * layout_.width + columns[0].source) * layout_.channels;
    std::vector<InputSpan> spans;
    for (const AxisRead& row : rows) {
      for (const AxisRead& column : columns) {
        const int position = row.kernel * layout_.kernel_width + column.kernel;
        const int packed =
            layout_.rotated_positions ? layout_.rotated_positions - 1 - position : position;
        const InputSpan span{
            (row.source * layout_.width + column.source) * layout_.channels - origin,
            packed * layout_.span, layout_.span};
        if (!spans.empty() && spans.back().x + spans.back().length == span.x &&
            spans.back().w_row + spans.back().length == span.w_row) {
          spans.back().length += span.length;
        } else {
          spans.push_back(span);
        }
      }
    }
    groups_[spans].push_back({origin, y});
  }

  // The groups for so many images, `x_image` and `y_image` floats apart.
  std::vector<OwnedPixelGroup> groups(int images, std::ptrdiff_t x_image,
                                      std::ptrdiff_t y_image) const {
    std::vector<OwnedPixelGroup> result;
    for (const auto& [spans, pixels] : groups_) {
      append_images(result.emplace_back(OwnedPixelGroup{spans, {}, {}}), pixels, images, x_image,
                    y_image);
    }
    return result;
  }

 private:
  ReadLayout layout_;
  std::map<std::vector<InputSpan>, std::vector<PixelOffsets>> groups_;
};

// The outputs of a convolution, `y_stride` floats apart, each of which reads `channels` inputs per
// kernel position: those of one of the convolution's groups.
inline PixelGrouper group_outputs(const ConvolutionGeometry& g, int channels, int y_stride) {
  PixelGrouper grouper({g.width, g.channels, g.kernel_width, channels, 0});
  for (int y = 0; y < g.out_height; ++y) {
    const auto rows =
        forward_reads(y, g.height, g.kernel_height, g.stride_y, g.dilation_y, g.pad_y);
    for (int x = 0; x < g.out_width; ++x) {
      const auto columns =
          forward_reads(x, g.width, g.kernel_width, g.stride_x, g.dilation_x, g.pad_x);
      grouper.add(rows, columns, (y * g.out_width + x) * y_stride);
    }
  }
  return grouper;
}

}  // namespace scallion
