// A 3x3 convolution of few channels together with the 2x2 max pooling behind it, for prediction:
// see kernels/pooled.hpp. The convolution's own outputs are never stored.
#include <algorithm>

#include "geometry.hpp"
#include "operations.hpp"

namespace scallion {
namespace {

constexpr int kSide = 4, kTaps = 3;  // frequencies along an axis, and weights

class Pooled final : public Operation {
 public:
  explicit Pooled(const Attributes& a)
      : geometry_(a),
        x_(a.buffer("x")),
        y_(a.buffer("y")),
        weights_(a.buffer("packed")),
        bias_(a.buffer_or_none("bias")),
        relu_(a.integer("relu") != 0) {}

  void run(const Task& task) const override {
    const Geometry& g = geometry_;
    const Panels weights{task.data(weights_), kSide * kSide * g.channels, g.filters};
    const float* bias = bias_ < 0 ? nullptr : task.data(bias_);
    const int windows = g.out_width / 2, row = g.width * g.channels;
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * task.stride(x_);
      float* y = task.data(y_) + i * task.stride(y_);
      for (int top = -g.pad_y; top < g.out_height - g.pad_y; top += 2) {
        Band band{{}, row, g.pad_x * g.channels};
        for (int r = 0; r < kSide; ++r) {
          const int at = top + r;
          band.rows[r] = at >= 0 && at < g.height ? x + std::ptrdiff_t{at} * row : nullptr;
        }
        kernels().convolution_max_pool.convolve_and_pool(band, windows, g.channels, weights, bias,
                                                         y, relu_);
        y += std::ptrdiff_t{windows} * g.filters;
      }
    }
  }

 private:
  Geometry geometry_;
  int x_, y_, weights_, bias_;
  bool relu_;
};

// The weights' frequencies: panels of one register of filters.
class PooledPack final : public Operation {
 public:
  explicit PooledPack(const Attributes& a)
      : weights_(a.buffer("weights")),
        packed_(a.buffer("packed")),
        factor_(a.buffer_or_none("filter_scale")),
        inputs_(static_cast<int>(a.integer("inputs"))),
        outputs_(static_cast<int>(a.integer("outputs"))) {}

  void run(const Task& task) const override {
    const auto [begin, end] = part_of(task, outputs_);
    for (int filter = static_cast<int>(begin); filter < end; ++filter) {
      for (int input = 0; input < inputs_; ++input) spread(task, input, filter);
    }
  }

 private:
  static void spread(const float (&g)[kTaps], float (&u)[kSide]) {
    const float even = 0.5f * (g[0] + g[2]), odd = 0.5f * g[1];
    u[0] = g[0], u[1] = even + odd, u[2] = even - odd, u[3] = g[2];
  }

  void spread(const Task& task, int input, int filter) const {
    const float* w = task.data(weights_) + std::ptrdiff_t{input} * outputs_ + filter;
    const float factor = factor_ < 0 ? 1.0f : task.data(factor_)[filter];
    const std::ptrdiff_t tap = std::ptrdiff_t{inputs_} * outputs_;
    float half[kTaps][kSide];  // down each column of the weights
    for (int x = 0; x < kTaps; ++x) {
      const float column[kTaps] = {w[x * tap] * factor, w[(kTaps + x) * tap] * factor,
                                   w[(2 * kTaps + x) * tap] * factor};
      spread(column, half[x]);
    }
    const int width = kernels().width, all = padded(outputs_, width);
    const int column = filter / width * width, panel = std::min(width, all - column);
    float* to = task.data(packed_) + std::ptrdiff_t{column} * kSide * kSide * inputs_ +
                std::ptrdiff_t{input} * panel + filter - column;
    for (int y = 0; y < kSide; ++y) {
      float u[kSide];
      spread({half[0][y], half[1][y], half[2][y]}, u);
      for (int x = 0; x < kSide; ++x) {
        to[(std::ptrdiff_t{x} * kSide + y) * inputs_ * panel] = u[x];
      }
    }
  }

  int weights_, packed_, factor_;
  int inputs_, outputs_;
};

}  // namespace

Made make_pooled(const Attributes& a, const Program&) { return std::make_unique<Pooled>(a); }
Made make_pooled_pack(const Attributes& a, const Program&) {
  return std::make_unique<PooledPack>(a);
}

}  // namespace scallion
