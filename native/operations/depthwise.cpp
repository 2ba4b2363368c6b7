// Depthwise convolution, forward and backward. Pixels are grouped in advance by the kernel
// positions that they read, so that edge pixels compute only what they use.
#include <algorithm>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "convolution_geometry.hpp"
#include "operations.hpp"
#include "pixel_groups.hpp"

namespace scallion {
namespace {

// The pixel groups of a micro-batch, band of rows by band: each group's inputs are still in the
// cache for the next one. Backward with stride 2, neighbouring pixels belong to four groups.
class BandedPixelGroups {
 public:
  // Bands of `band` rows, or one band where it is 0.
  explicit BandedPixelGroups(int band) : band_(band) {}

  // Adds the pixel in `row` whose output is at `y`. What is read has rows of `width` pixels.
  void add(const ConvolutionGeometry& g, const std::vector<AxisRead>& rows,
           const std::vector<AxisRead>& columns, int width, int row, std::int32_t y) {
    const int band = band_ == 0 ? 0 : row / band_;
    if (rows.empty() || columns.empty()) {
      pixels_[{band, {}}].push_back({0, y});
      return;
    }
    const int origin = (rows[0].source * width + columns[0].source) * g.channels;
    std::vector<InputSpan> positions;
    for (const AxisRead& down : rows) {
      for (const AxisRead& across : columns) {
        positions.push_back({(down.source * width + across.source) * g.channels - origin,
                             down.kernel * g.kernel_width + across.kernel, 1});
      }
    }
    pixels_[{band, positions}].push_back({origin, y});
  }

  // Makes the groups for so many images, `x_image` and `y_image` floats apart.
  void finish(int images, std::ptrdiff_t x_image, std::ptrdiff_t y_image) {
    images_ = images;
    for (const auto& [key, pixels] : pixels_) {
      OwnedPixelGroup& group = groups_.emplace_back(OwnedPixelGroup{key.second, {}, {}});
      append_images(group, pixels, images, x_image, y_image);
    }
    pixels_.clear();
  }

  // The number of times that the kernels prefetch while they process so many images.
  std::ptrdiff_t prefetch_steps(int images, int channels) const {
    std::size_t pairs = 0;
    for (const OwnedPixelGroup& group : groups_) pairs += group.spans.size() * group.x.size();
    return static_cast<std::ptrdiff_t>(pairs) / images_ * images / kDepthwiseTile *
           panel_count(channels) * Prefetch::kDepthwiseSteps;
  }

  template <class Body>
  void for_each(int images, Body&& body) const {
    for (const OwnedPixelGroup& group : groups_) {
      body(group.pixels(static_cast<std::int32_t>(group.x.size()) / images_ * images));
    }
  }

 private:
  int band_, images_ = 1;
  std::map<std::pair<int, std::vector<InputSpan>>, std::vector<PixelOffsets>> pixels_;
  std::vector<OwnedPixelGroup> groups_;
};

// Rows of 16 KB: what they read, and a row above and below, stays in the first-level cache (32 KB).
int band_rows(int width, int channels) {
  constexpr int kBand = 4 * 1024;  // floats
  return std::max(1, kBand / (width * channels));
}

// Outputs that read inputs.
BandedPixelGroups forward_groups(const ConvolutionGeometry& g, int images, std::ptrdiff_t x_image,
                                 std::ptrdiff_t y_image, int band) {
  BandedPixelGroups groups(band);
  for (int row = 0; row < g.out_height; ++row) {
    const auto rows =
        forward_reads(row, g.height, g.kernel_height, g.stride_y, g.dilation_y, g.pad_y);
    for (int column = 0; column < g.out_width; ++column) {
      const auto columns =
          forward_reads(column, g.width, g.kernel_width, g.stride_x, g.dilation_x, g.pad_x);
      groups.add(g, rows, columns, g.width, row, (row * g.out_width + column) * g.channels);
    }
  }
  groups.finish(images, x_image, y_image);
  return groups;
}

// Inputs that read the gradients of outputs.
BandedPixelGroups backward_groups(const ConvolutionGeometry& g, int images, std::ptrdiff_t dy_image,
                                  std::ptrdiff_t dx_image, int band) {
  BandedPixelGroups groups(band);
  for (int row = 0; row < g.height; ++row) {
    const auto rows =
        backward_reads(row, g.out_height, g.kernel_height, g.stride_y, g.dilation_y, g.pad_y);
    for (int column = 0; column < g.width; ++column) {
      const auto columns =
          backward_reads(column, g.out_width, g.kernel_width, g.stride_x, g.dilation_x, g.pad_x);
      groups.add(g, rows, columns, g.out_width, row, (row * g.width + column) * g.channels);
    }
  }
  groups.finish(images, dy_image, dx_image);
  return groups;
}

// Each channel is convolved by itself: there are as many filters.
ConvolutionGeometry geometry_of(const Attributes& a) {
  const ConvolutionGeometry g(a);
  a.require(g.filters == g.channels, "as many filters as channels are needed");
  return g;
}

// y = x * w (+ bias, ReLU), and dx = dy * w: both read the same packed weights.
class Depthwise : public Operation {
 public:
  Depthwise(const Attributes& a, bool forward)
      : geometry_(geometry_of(a)),
        from_(forward ? a.per_image("x", geometry_.input_size())
                      : a.per_image("dy", geometry_.output_size())),
        to_(forward ? a.per_image("y", geometry_.output_size())
                    : a.per_image("dx", geometry_.input_size())),
        weights_(
            a.array("packed", geometry_.kernel_positions() * whole_registers(geometry_.channels))),
        bias_(a.array_or_none("bias", geometry_.channels)),
        relu_(forward && a.flag("relu")) {
    const ConvolutionGeometry& g = geometry_;
    const int images = table_images(a);
    if (!a.status().ok()) return;
    groups_ = forward ? forward_groups(g, images, a.floats("x"), a.floats("y"),
                                       band_rows(g.out_width, g.channels))
                      : backward_groups(g, images, a.floats("dy"), a.floats("dx"),
                                        band_rows(g.width, g.channels));
  }

  bool prefetches() const override { return true; }

  void run(const Task& task) const override {
    Prefetch prefetch =
        prefetch_share(task, groups_.prefetch_steps(task.count, geometry_.channels));
    const PackedMatrix weights{task.data(weights_), geometry_.kernel_positions(),
                               geometry_.channels};
    const float* bias = bias_ < 0 ? nullptr : task.data(bias_);
    groups_.for_each(task.count, [&](const PixelGroup& pixels) {
      kernels().depthwise.convolve(pixels, task.data(from_), weights, bias, task.data(to_), relu_,
                                   prefetch);
    });
  }

 private:
  ConvolutionGeometry geometry_;
  int from_, to_, weights_, bias_;
  bool relu_;
  BandedPixelGroups groups_{0};
};

class DepthwiseForward final : public Depthwise {
 public:
  explicit DepthwiseForward(const Attributes& a) : Depthwise(a, true) {}
};

class DepthwiseDx final : public Depthwise {
 public:
  explicit DepthwiseDx(const Attributes& a) : Depthwise(a, false) {}
};

// dw (+)= x transposed * dy per channel, db (+)= sum of dy
class DepthwiseDw final : public Operation {
 public:
  explicit DepthwiseDw(const Attributes& a)
      : geometry_(geometry_of(a)),
        x_(a.per_image("x", geometry_.input_size())),
        dy_(a.per_image("dy", geometry_.output_size())),
        dw_(a.array("dw", std::int64_t{geometry_.kernel_positions()} * geometry_.channels)),
        db_(a.array_or_none("db", geometry_.channels)),
        overwrite_(a.flag("overwrite")) {
    const int images = table_images(a);
    if (!a.status().ok()) return;
    groups_ = forward_groups(geometry_, images, a.floats("x"), a.floats("dy"), 0);
  }

  bool prefetches() const override { return true; }

  void run(const Task& task) const override {
    const ConvolutionGeometry& g = geometry_;
    Prefetch prefetch = prefetch_share(task, groups_.prefetch_steps(task.count, g.channels));
    const bool accumulate = !(overwrite_ && task.fresh);
    float* dw = task.data(dw_);
    const float *x = task.data(x_), *dy = task.data(dy_);
    const auto size =
        static_cast<std::size_t>(g.kernel_positions()) * static_cast<std::size_t>(g.channels);
    if (!accumulate) std::memset(dw, 0, size * sizeof(float));
    groups_.for_each(task.count, [&](const PixelGroup& pixels) {
      kernels().depthwise.weight_gradient(pixels, x, dy, g.channels, dw, prefetch);
    });
    if (db_ >= 0) {
      const std::int64_t rows = std::int64_t{task.count} * g.out_height * g.out_width;
      kernels().gemm_transposed.sum_rows(dy, rows, g.channels, task.data(db_), accumulate);
    }
  }

 private:
  ConvolutionGeometry geometry_;
  int x_, dy_, dw_, db_;
  bool overwrite_;
  BandedPixelGroups groups_{0};
};

}  // namespace

OperationKinds depthwise_operations() {
  static constexpr OperationKind kKinds[] = {
      {"depthwise", make<DepthwiseForward>},
      {"depthwise_dx", make<DepthwiseDx>},
      {"depthwise_dw", make<DepthwiseDw>},
  };
  return kKinds;
}

}  // namespace scallion
