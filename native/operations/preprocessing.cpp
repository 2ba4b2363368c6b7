// What is done to every image alike: other sizes, and numbers around 0.
#include <algorithm>
#include <cmath>

#include "operations.hpp"

namespace scallion {
namespace {

// How one side is read: each output is a sum over `taps` neighbours from `start` on.
struct Side {
  int start, weights, inside;  // buffers; starts are whole numbers, kept as floats
  std::int64_t taps, from, to;
  Side(const Attributes& a, const std::string& name)
      : start(a.buffer(name + "_starts")),
        weights(a.buffer(name + "_weights")),
        inside(a.buffer(name + "_coverage")),
        taps(a.integer(name + "_weight_count")),
        from(a.integer(name + "_in")),
        to(a.integer(name + "_out")) {}
};

// Rows first, then columns. Where less than the whole of a sum lies inside, the rest is `value`.
class Resize final : public Operation {
 public:
  explicit Resize(const Attributes& a)
      : x_(a.buffer("x")),
        y_(a.buffer("y")),
        scratch_(a.buffer("scratch")),
        channels_(a.integer("channels")),
        value_(a.real("fill_value")),
        down_(a, "rows"),
        across_(a, "columns") {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* between = task.data(scratch_) + i * task.stride(scratch_);
      resize_rows(task, task.data(x_) + i * task.stride(x_), between);
      resize_columns(task, between, task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  void resize_rows(const Task& task, const float* x, float* y) const {
    const std::int64_t row = across_.from * channels_;
    for (std::int64_t i = 0; i < down_.to; ++i, y += row) {
      const float* weights = task.data(down_.weights) + i * down_.taps;
      const float* from = x + static_cast<std::int64_t>(task.data(down_.start)[i]) * row;
      for (std::int64_t p = 0; p < row; ++p) y[p] = weights[0] * from[p];
      for (std::int64_t k = 1; k < down_.taps; ++k) {
        for (std::int64_t p = 0; p < row; ++p) y[p] += weights[k] * from[k * row + p];
      }
    }
  }

  void resize_columns(const Task& task, const float* x, float* y) const {
    for (std::int64_t i = 0; i < down_.to; ++i, x += across_.from * channels_) {
      for (std::int64_t j = 0; j < across_.to; ++j, y += channels_) {
        const float* weights = task.data(across_.weights) + j * across_.taps;
        const float* from = x + static_cast<std::int64_t>(task.data(across_.start)[j]) * channels_;
        const float outside = 1.0f - task.data(down_.inside)[i] * task.data(across_.inside)[j];
        for (std::int64_t c = 0; c < channels_; ++c) {
          float sum = weights[0] * from[c];
          for (std::int64_t k = 1; k < across_.taps; ++k) {
            sum += weights[k] * from[k * channels_ + c];
          }
          y[c] = sum + outside * value_;
        }
      }
    }
  }

  int x_, y_, scratch_;
  std::int64_t channels_;
  float value_;
  Side down_, across_;
};

// What numbers are divided by: the root of their variance, and never 0.
class Spread final : public Operation {
 public:
  explicit Spread(const Attributes& a) : variance_(a.buffer("variance")), y_(a.buffer("y")) {}

  void run(const Task& task) const override {
    for (std::int64_t i = 0; i < task.stride(y_); ++i) {
      task.data(y_)[i] = std::max(std::sqrt(task.data(variance_)[i]), 1e-7f);
    }
  }

 private:
  int variance_, y_;
};

// y = (x - mean) / spread, or back; each of the `period` means holds for `inner` neighbours.
class Standardize final : public Operation {
 public:
  explicit Standardize(const Attributes& a)
      : x_(a.buffer("x")),
        y_(a.buffer("y")),
        mean_(a.buffer("mean")),
        spread_(a.buffer("stddev")),
        inner_(a.integer("inner")),
        period_(a.integer("period")),
        is_back_(a.integer("invert") != 0) {}

  void run(const Task& task) const override {
    const float *mean = task.data(mean_), *spread = task.data(spread_);
    const float* x = task.data(x_);
    float* y = task.data(y_);
    const std::int64_t all = floats(task, x_);
    for (std::int64_t i = 0, k = 0; i < all; i += inner_, k = k + 1 == period_ ? 0 : k + 1) {
      for (std::int64_t p = i; p < i + inner_; ++p) {
        y[p] = is_back_ ? x[p] * spread[k] + mean[k] : (x[p] - mean[k]) / spread[k];
      }
    }
  }

 private:
  int x_, y_, mean_, spread_;
  std::int64_t inner_, period_;
  bool is_back_;
};

}  // namespace

Made make_resize(const Attributes& a, const Program&) { return std::make_unique<Resize>(a); }
Made make_spread(const Attributes& a, const Program&) { return std::make_unique<Spread>(a); }
Made make_standardize(const Attributes& a, const Program&) {
  return std::make_unique<Standardize>(a);
}

}  // namespace scallion
