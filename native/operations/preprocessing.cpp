// Preprocessing that is the same for every image: resizing and standardizing.
#include <algorithm>
#include <cmath>

#include "operations.hpp"

namespace scallion {
namespace {

// Resampling along one axis, from `in` to `out` elements: output i is the sum of `weight_count`
// neighbours from starts[i] on, times weights[i]. coverage[i] is the sum of weights[i].
struct AxisResampling {
  std::int64_t weight_count, in, out;
  int starts, weights, coverage;  // buffers; starts are integers stored as floats
  AxisResampling(const Attributes& a, const std::string& name)
      : weight_count(a.number(name + "_weight_count", 1)),
        in(a.number(name + "_in", 1)),
        out(a.number(name + "_out", 1)),
        starts(a.array(name + "_starts", out)),
        weights(a.array(name + "_weights", out * weight_count)),
        coverage(a.array(name + "_coverage", out)) {
    a.require(weight_count <= in, "more weights than an image has pixels");
  }

  // starts[i], in the image whatever the caller's array holds.
  std::int64_t start(const Task& task, std::int64_t i) const {
    const float value = task.data(starts)[i];
    const std::int64_t last = in - weight_count;
    if (!(value > 0.0f)) return 0;
    return value < static_cast<float>(last) ? static_cast<std::int64_t>(value) : last;
  }
};

// y (H', W', C) = x (H, W, C) resampled, rows first, then columns. Where the weights inside the
// image do not add up to 1, `fill_value` has the rest of the weight.
class Resize final : public Operation {
 public:
  explicit Resize(const Attributes& a)
      : channels_(a.number("channels", 1)),
        fill_value_(a.real("fill_value")),
        rows_(a, "rows"),
        columns_(a, "columns") {
    constexpr std::int64_t kMost = std::int64_t{1} << 20;  // products of three have 60 bits
    a.require(channels_ <= kMost && rows_.in <= kMost && columns_.in <= kMost &&
                  rows_.out <= kMost && columns_.out <= kMost,
              "sides that are too long");
    if (!a.status().ok()) return;
    x_ = a.per_image("x", rows_.in * columns_.in * channels_);
    y_ = a.per_image("y", rows_.out * columns_.out * channels_);
    scratch_ = a.per_image("scratch", rows_.out * columns_.in * channels_);
  }

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* rows = task.data(scratch_) + i * task.stride(scratch_);
      resize_rows(task, task.data(x_) + i * task.stride(x_), rows);
      resize_columns(task, rows, task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  void resize_rows(const Task& task, const float* x, float* y) const {
    const std::int64_t row = columns_.in * channels_;
    for (std::int64_t i = 0; i < rows_.out; ++i, y += row) {
      const float* weights = task.data(rows_.weights) + i * rows_.weight_count;
      const float* from = x + rows_.start(task, i) * row;
      for (std::int64_t p = 0; p < row; ++p) y[p] = weights[0] * from[p];
      for (std::int64_t k = 1; k < rows_.weight_count; ++k) {
        for (std::int64_t p = 0; p < row; ++p) y[p] += weights[k] * from[k * row + p];
      }
    }
  }

  void resize_columns(const Task& task, const float* x, float* y) const {
    for (std::int64_t i = 0; i < rows_.out; ++i, x += columns_.in * channels_) {
      for (std::int64_t j = 0; j < columns_.out; ++j, y += channels_) {
        const float* weights = task.data(columns_.weights) + j * columns_.weight_count;
        const float* from = x + columns_.start(task, j) * channels_;
        const float outside = 1.0f - task.data(rows_.coverage)[i] * task.data(columns_.coverage)[j];
        for (std::int64_t c = 0; c < channels_; ++c) {
          float sum = weights[0] * from[c];
          for (std::int64_t k = 1; k < columns_.weight_count; ++k) {
            sum += weights[k] * from[k * channels_ + c];
          }
          y[c] = sum + outside * fill_value_;
        }
      }
    }
  }

  std::int64_t channels_;
  float fill_value_;
  AxisResampling rows_, columns_;
  int x_ = 0, y_ = 0, scratch_ = 0;
};

// y = sqrt(variance), at least 1e-7
class StandardDeviation final : public Operation {
 public:
  explicit StandardDeviation(const Attributes& a)
      : variance_(a.array("variance", a.floats("y"))), y_(a.array("y", 0)) {}

  void run(const Task& task) const override {
    for (std::int64_t i = 0; i < task.stride(y_); ++i) {
      task.data(y_)[i] = std::max(std::sqrt(task.data(variance_)[i]), 1e-7f);
    }
  }

 private:
  int variance_, y_;
};

// y = (x - mean) / stddev or, inverted, y = x * stddev + mean. Each of the `period` means and
// deviations applies to `inner` consecutive elements; then they repeat.
class Standardize final : public Operation {
 public:
  explicit Standardize(const Attributes& a)
      : inner_(a.number("inner", 1)),
        period_(a.number("period", 1)),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        mean_(a.array("mean", period_)),
        stddev_(a.array("stddev", period_)),
        invert_(a.flag("invert")) {
    a.require(a.floats("x") % inner_ == 0, "the image's size is no multiple of 'inner'");
  }

  void run(const Task& task) const override {
    const float *mean = task.data(mean_), *stddev = task.data(stddev_);
    const float* x = task.data(x_);
    float* y = task.data(y_);
    const std::int64_t all = floats(task, x_);
    for (std::int64_t i = 0, k = 0; i < all; i += inner_, k = k + 1 == period_ ? 0 : k + 1) {
      for (std::int64_t p = i; p < i + inner_; ++p) {
        y[p] = invert_ ? x[p] * stddev[k] + mean[k] : (x[p] - mean[k]) / stddev[k];
      }
    }
  }

 private:
  std::int64_t inner_, period_;
  int x_, y_, mean_, stddev_;
  bool invert_;
};

}  // namespace

OperationKinds preprocessing_operations() {
  static constexpr OperationKind kKinds[] = {
      {"resize", make<Resize>},
      {"stddev", make<StandardDeviation>},
      {"standardize", make<Standardize>},
  };
  return kKinds;
}

}  // namespace scallion
