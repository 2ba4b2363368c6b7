// A 3x3 convolution of few channels fused with the 2x2 max pooling that follows it, for prediction:
// see kernels/convolution_max_pool.hpp. The convolution's own outputs are never stored.
#include <algorithm>

#include "convolution_geometry.hpp"
#include "operations.hpp"

namespace scallion {
namespace {

constexpr int kInputs = 4, kWeights = 3;  // of a tile along an axis: inputs, weights

constexpr int kMaxChannels = 64;  // that the kernel's memory has room for

// The floats of packed weights.
std::int64_t packed_size(int channels, int filters) {
  return product({kInputs, kInputs, channels, whole_registers(filters)});
}

// y = max pooling of x * w (+ bias, ReLU). The geometry is the convolution's.
class ConvolutionMaxPool final : public Operation {
 public:
  explicit ConvolutionMaxPool(const Attributes& a)
      : geometry_(a),
        x_(a.per_image("x", geometry_.input_size())),
        y_(a.per_image("y", pooled_size())),
        weights_(a.array("packed", packed_size(geometry_.channels, geometry_.filters))),
        bias_(a.array_or_none("bias", geometry_.filters)),
        relu_(a.flag("relu")) {
    a.require(geometry_.channels <= kMaxChannels, "too many channels");
  }

  void run(const Task& task) const override {
    const ConvolutionGeometry& g = geometry_;
    const PackedMatrix weights{task.data(weights_), kInputs * kInputs * g.channels, g.filters};
    const float* bias = bias_ < 0 ? nullptr : task.data(bias_);
    const int windows = g.out_width / 2, row = g.width * g.channels;
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * task.stride(x_);
      float* y = task.data(y_) + i * task.stride(y_);
      const bool is_finite = kernels().elementwise.is_finite(x, geometry_.input_size());
      const PoolingEpilogue epilogue{.relu = relu_, .keep_nan = !is_finite};
      for (int top = -g.pad_y; top < g.out_height - g.pad_y; top += 2) {
        RowBand band{{}, row, g.pad_x * g.channels};
        for (int r = 0; r < kInputs; ++r) {
          const int at = top + r;
          band.rows[r] = at >= 0 && at < g.height ? x + std::ptrdiff_t{at} * row : nullptr;
        }
        kernels().convolution_max_pool.forward(band, windows, g.channels, weights, bias, y,
                                               epilogue);
        y += std::ptrdiff_t{windows} * g.filters;
      }
    }
  }

 private:
  std::int64_t pooled_size() const {
    const ConvolutionGeometry& g = geometry_;
    return std::int64_t{(g.out_height + 1) / 2} * (g.out_width / 2) * g.filters;
  }

  ConvolutionGeometry geometry_;
  int x_, y_, weights_, bias_;
  bool relu_;
};

// The transformed weights U = G g Gt, packed in panels of one register of filters: a part of the
// filters.
class ConvolutionMaxPoolWeights final : public Operation {
 public:
  explicit ConvolutionMaxPoolWeights(const Attributes& a)
      : inputs_(a.number("inputs", 1)),
        outputs_(a.number("outputs", 1)),
        weights_(a.array("weights", product({kWeights, kWeights, inputs_, outputs_}))),
        packed_(a.array("packed", packed_size(inputs_, outputs_))),
        filter_scale_(a.array_or_none("filter_scale", outputs_)) {}

  void run(const Task& task) const override {
    const auto [begin, end] = part_of(task, outputs_);
    for (int filter = static_cast<int>(begin); filter < end; ++filter) {
      for (int input = 0; input < inputs_; ++input) transform(task, input, filter);
    }
  }

 private:
  // u = G g
  static void transform(const float (&g)[kWeights], float (&u)[kInputs]) {
    const float even = 0.5f * (g[0] + g[2]), odd = 0.5f * g[1];
    u[0] = g[0], u[1] = even + odd, u[2] = even - odd, u[3] = g[2];
  }

  void transform(const Task& task, int input, int filter) const {
    const float* w = task.data(weights_) + std::ptrdiff_t{input} * outputs_ + filter;
    const float scale = filter_scale_ < 0 ? 1.0f : task.data(filter_scale_)[filter];
    const std::ptrdiff_t position = std::ptrdiff_t{inputs_} * outputs_;
    float columns[kWeights][kInputs];  // each column of the weights, transformed
    for (int x = 0; x < kWeights; ++x) {
      const float column[kWeights] = {w[x * position] * scale, w[(kWeights + x) * position] * scale,
                                      w[(2 * kWeights + x) * position] * scale};
      transform(column, columns[x]);
    }
    const int width = kernels().width, padded = padded_columns(outputs_, width);
    const int first = filter / width * width, panel = std::min(width, padded - first);
    float* to = task.data(packed_) + std::ptrdiff_t{first} * kInputs * kInputs * inputs_ +
                std::ptrdiff_t{input} * panel + filter - first;
    for (int y = 0; y < kInputs; ++y) {
      float u[kInputs];
      transform({columns[0][y], columns[1][y], columns[2][y]}, u);
      for (int x = 0; x < kInputs; ++x) {
        to[(std::ptrdiff_t{x} * kInputs + y) * inputs_ * panel] = u[x];
      }
    }
  }

  int inputs_, outputs_;
  int weights_, packed_, filter_scale_;
};

}  // namespace

OperationKinds convolution_max_pool_operations() {
  static constexpr OperationKind kKinds[] = {
      {"conv_max_pool", make<ConvolutionMaxPool>},
      {"conv_max_pool_weights", make<ConvolutionMaxPoolWeights>},
  };
  return kKinds;
}

}  // namespace scallion
