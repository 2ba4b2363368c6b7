// Gradient clipping, by value and by norm.
#include <cmath>

#include "operations.hpp"

namespace scallion {
namespace {

// squares[offset + part] = the sum of squares of a part of the gradient
class SumOfSquares final : public Operation {
 public:
  explicit SumOfSquares(const Attributes& a)
      : size_(a.number("size")),
        offset_(a.number("offset")),
        gradient_(a.array("gradient", size_)),
        squares_(a.array("squares", offset_ + a.parts())) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    task.data(squares_)[offset_ + task.part] =
        kernels().optimizer.sum_of_squares(task.data(gradient_) + r.begin, r.end - r.begin);
  }

 private:
  std::int64_t size_, offset_;
  int gradient_, squares_;
};

// gradient *= limit / norm where the norm exceeds the limit. The norm is the root of the sum of
// `count` partial sums: those of this gradient, or of all gradients (global norm).
class ClipByNorm final : public Operation {
 public:
  explicit ClipByNorm(const Attributes& a)
      : size_(a.number("size")),
        offset_(a.number("offset")),
        count_(a.number("count")),
        gradient_(a.array("gradient", size_)),
        squares_(a.array("squares", offset_ + count_)),
        limit_(a.real("limit")) {}

  void run(const Task& task) const override {
    double sum = 0.0;
    for (std::int64_t i = offset_; i < offset_ + count_; ++i) {
      sum += static_cast<double>(task.data(squares_)[i]);
    }
    const auto norm = static_cast<float>(std::sqrt(sum));
    if (norm <= limit_) return;
    const Range r = part_of(task, size_);
    float* gradient = task.data(gradient_) + r.begin;
    kernels().elementwise.rescale(gradient, r.end - r.begin, limit_ / norm, 0.0f, gradient);
  }

 private:
  std::int64_t size_, offset_, count_;
  int gradient_, squares_;
  float limit_;
};

// gradient = min(max(gradient, -limit), limit)
class ClipByValue final : public Operation {
 public:
  explicit ClipByValue(const Attributes& a)
      : size_(a.number("size")), gradient_(a.array("gradient", size_)), limit_(a.real("limit")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.clip(task.data(gradient_) + r.begin, r.end - r.begin, limit_);
  }

 private:
  std::int64_t size_;
  int gradient_;
  float limit_;
};

}  // namespace

OperationKinds gradient_clipping_operations() {
  static constexpr OperationKind kKinds[] = {
      {"sum_of_squares", make<SumOfSquares>},
      {"clip_by_norm", make<ClipByNorm>},
      {"clip_by_value", make<ClipByValue>},
  };
  return kKinds;
}

}  // namespace scallion
