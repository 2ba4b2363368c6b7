// Convolution and small dense layers (a dense layer is a 1x1 convolution of its rows) as matrix
// products, forward and backward. Pixels are grouped in advance: see pixel_groups.hpp.
#include <algorithm>
#include <vector>

#include "convolution_geometry.hpp"
#include "operations.hpp"
#include "pixel_groups.hpp"

namespace scallion {
namespace {

// The product of groups of pixels and packed weights, which the forward pass and the backward pass
// to the input share.
class ConvolutionProduct : public Operation {
 public:
  ConvolutionProduct(const Attributes& a, bool forward)
      : geometry_(a),
        from_(forward ? a.per_image("x", geometry_.input_size())
                      : a.per_image("dy", geometry_.output_size())),
        to_(forward ? a.per_image("y", geometry_.output_size())
                    : a.per_image("dx", geometry_.input_size())),
        weights_(a.array("packed", forward ? geometry_.packed_size(geometry_.group_channels(),
                                                                   geometry_.group_filters())
                                           : geometry_.packed_size(geometry_.group_filters(),
                                                                   geometry_.group_channels()))),
        images_(table_images(a)) {}

 protected:
  bool prefetches() const override { return true; }

  // The product for each of the convolution's groups: its weights are (rows, columns), its inputs
  // and outputs begin `from_group` and `to_group` floats after those of the group before.
  void multiply(const Task& task, int rows, int columns, int from_group, int to_group,
                const float* bias, Epilogue epilogue) const {
    const auto& k = kernels();
    std::ptrdiff_t inputs = 0;
    for (const OwnedPixelGroup& group : groups_) inputs += group.inputs();
    Prefetch prefetch = prefetch_share(
        task, inputs / images_ * task.count / k.tile * geometry_.groups * panel_count(columns));
    const std::ptrdiff_t packed = std::ptrdiff_t{rows} * padded_columns(columns, k.width);
    for (int g = 0; g < geometry_.groups; ++g) {
      const PackedMatrix weights{task.data(weights_) + g * packed, rows, columns};
      const float* from = task.data(from_) + g * from_group;
      float* to = task.data(to_) + g * to_group;
      for (const OwnedPixelGroup& group : groups_) {
        const auto count = static_cast<std::int32_t>(group.x.size()) / images_ * task.count;
        k.gemm.multiply(group.pixels(count), from, weights, bias ? bias + g * to_group : nullptr,
                        to, epilogue, prefetch);
      }
    }
  }

  ConvolutionGeometry geometry_;
  int from_, to_, weights_;
  int images_;  // of a micro-batch
  std::vector<OwnedPixelGroup> groups_;
};

// y = x * w (+ bias, ReLU)
class Convolution final : public ConvolutionProduct {
 public:
  explicit Convolution(const Attributes& a)
      : ConvolutionProduct(a, true),
        bias_(a.array_or_none("bias", geometry_.filters)),
        relu_(a.flag("relu")) {
    if (!a.status().ok()) return;
    groups_ = group_outputs(geometry_, geometry_.group_channels(), geometry_.filters)
                  .groups(images_, a.floats("x"), a.floats("y"));
  }

  void run(const Task& task) const override {
    const ConvolutionGeometry& g = geometry_;
    multiply(task, g.kernel_positions() * g.group_channels(), g.group_filters(), g.group_channels(),
             g.group_filters(), bias_ < 0 ? nullptr : task.data(bias_),
             relu_ ? Epilogue::kRelu : Epilogue::kStore);
  }

 private:
  int bias_;
  bool relu_;
};

// dx (+)= dy * w, with w packed transposed and its kernel rotated
class ConvolutionDx final : public ConvolutionProduct {
 public:
  explicit ConvolutionDx(const Attributes& a)
      : ConvolutionProduct(a, false), accumulate_(a.flag("accumulate")) {
    if (!a.status().ok()) return;
    const ConvolutionGeometry& g = geometry_;
    PixelGrouper grouper(
        {g.out_width, g.filters, g.kernel_width, g.group_filters(), g.kernel_positions()});
    for (int y = 0; y < g.height; ++y) {
      const auto rows =
          backward_reads(y, g.out_height, g.kernel_height, g.stride_y, g.dilation_y, g.pad_y);
      for (int x = 0; x < g.width; ++x) {
        const auto columns =
            backward_reads(x, g.out_width, g.kernel_width, g.stride_x, g.dilation_x, g.pad_x);
        grouper.add(rows, columns, (y * g.width + x) * g.channels);
      }
    }
    groups_ = grouper.groups(images_, a.floats("dy"), a.floats("dx"));
  }

  void run(const Task& task) const override {
    const ConvolutionGeometry& g = geometry_;
    multiply(task, g.kernel_positions() * g.group_filters(), g.group_channels(), g.group_filters(),
             g.group_channels(), nullptr, accumulate_ ? Epilogue::kAccumulate : Epilogue::kStore);
  }

 private:
  bool accumulate_;
};

// dw (+)= x transposed * dy and db (+)= sum of dy, one kernel position (or row) after the other
class ConvolutionDw final : public Operation {
 public:
  explicit ConvolutionDw(const Attributes& a)
      : geometry_(a),
        x_(a.per_image("x", geometry_.input_size())),
        dy_(a.per_image("dy", geometry_.output_size())),
        dw_(a.array("dw", geometry_.weight_size())),
        db_(a.array_or_none("db", geometry_.filters)),
        overwrite_(a.flag("overwrite")) {
    if (!a.status().ok()) return;
    const ConvolutionGeometry& g = geometry_;
    for (int ky = 0; ky < g.kernel_height; ++ky) {
      const AxisRange rows =
          axis_range(ky, g.height, g.out_height, g.stride_y, g.dilation_y, g.pad_y);
      for (int kx = 0; kx < g.kernel_width; ++kx) {
        const AxisRange columns =
            axis_range(kx, g.width, g.out_width, g.stride_x, g.dilation_x, g.pad_x);
        add_position(rows, columns, ky * g.kernel_width + kx);
      }
    }
    const std::int64_t row =
        std::int64_t{g.stride_y} * g.width * g.channels + std::int64_t{g.out_width} * g.filters;
    band_ = row * g.out_height <= kLargeImage
                ? g.out_height
                : static_cast<int>(std::max<std::int64_t>(1, (kBand + row / 2) / row));
  }

  bool prefetches() const override { return true; }

  void run(const Task& task) const override {
    const ConvolutionGeometry& g = geometry_;
    const auto& k = kernels();
    const bool accumulate = !(overwrite_ && task.fresh);
    float* dw = task.data(dw_);
    const float *x = task.data(x_), *dy = task.data(dy_);
    std::ptrdiff_t rounds = 0;
    for (const PixelPairs& p : pairs_) {
      rounds += std::ptrdiff_t{p.rows} * p.columns * ((p.dw_rows + k.tile - 1) / k.tile);
    }
    Prefetch prefetch =
        prefetch_share(task, rounds * task.count * g.groups * panel_count(g.group_filters()));
    if (band_ >= g.out_height) {
      add_band(task, x, dy, task.count, 0, g.out_height, dw, accumulate, prefetch);
    } else {
      for (int i = 0; i < task.count; ++i, x += task.stride(x_), dy += task.stride(dy_)) {
        for (int row = 0; row < g.out_height; row += band_) {
          add_band(task, x, dy, 1, row, std::min(row + band_, g.out_height), dw,
                   accumulate || i > 0 || row > 0, prefetch);
        }
      }
      dy = task.data(dy_);
    }
    if (db_ >= 0) {
      const std::int64_t rows = std::int64_t{task.count} * g.out_height * g.out_width;
      k.gemm_transposed.sum_rows(dy, rows, g.filters, task.data(db_), accumulate);
    }
  }

 private:
  // An image of more than 96 KB, x and dy together, is processed in bands of rows of about 40 KB,
  // so that most of what one tile of dw reads is still in the first-level cache (32 KB) for the
  // next.
  static constexpr int kLargeImage = 24 * 1024, kBand = 10 * 1024;  // floats

  // Adds the contribution of the output rows [begin, end).
  void add_band(const Task& task, const float* x, const float* dy, int images, int begin, int end,
                float* dw, bool accumulate, Prefetch& prefetch) const {
    const ConvolutionGeometry& g = geometry_;
    for (int group = 0; group < g.groups; ++group) {
      for (const PixelPairs& all : pairs_) {
        const int first = all.dy / all.dy_row_stride;
        const int from = std::max(begin, first), to = std::min(end, first + all.rows);
        if (from >= to && accumulate) continue;
        PixelPairs band = all;
        band.x += (from - first) * band.x_row_stride;
        band.dy += (from - first) * band.dy_row_stride;
        band.rows = std::max(0, to - from);
        kernels().gemm_transposed.multiply(band, x + group * g.group_channels(), task.stride(x_),
                                           dy + group * g.group_filters(), task.stride(dy_), images,
                                           g.group_filters(), g.filters,
                                           dw + group * g.group_filters(), accumulate, prefetch);
      }
    }
  }

  void add_position(const AxisRange& rows, const AxisRange& columns, int position) {
    const ConvolutionGeometry& g = geometry_;
    const int channels = g.group_channels();
    const PixelPairs next{.x = (rows.input * g.width + columns.input) * g.channels,
                          .dy = (rows.output * g.out_width + columns.output) * g.filters,
                          .rows = rows.count,
                          .columns = columns.count,
                          .x_row_stride = g.stride_y * g.width * g.channels,
                          .x_column_stride = g.stride_x * g.channels,
                          .dy_row_stride = g.out_width * g.filters,
                          .dy_column_stride = g.filters,
                          .dw_row = position * channels,
                          .dw_rows = channels};
    // Neighbouring positions over the same outputs read neighbouring inputs: together they have
    // more rows of dw.
    if (!pairs_.empty()) {
      PixelPairs& last = pairs_.back();
      if (last.dy == next.dy && last.rows == next.rows && last.columns == next.columns &&
          last.x + last.dw_rows == next.x && last.dw_row + last.dw_rows == next.dw_row) {
        last.dw_rows += channels;
        return;
      }
    }
    pairs_.push_back(next);
  }

  ConvolutionGeometry geometry_;
  int x_, dy_, dw_, db_;
  bool overwrite_;
  int band_ = 1;  // output rows that are processed together
  std::vector<PixelPairs> pairs_;
};

}  // namespace

OperationKinds convolution_operations() {
  static constexpr OperationKind kKinds[] = {
      {"convolution", make<Convolution>},
      {"convolution_dx", make<ConvolutionDx>},
      {"convolution_dw", make<ConvolutionDw>},
  };
  return kKinds;
}

}  // namespace scallion
