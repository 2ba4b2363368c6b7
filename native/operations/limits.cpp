// What may be done to gradients before an update, and to weights around it: penalties, clipping,
// decay, and running averages. The step's scalars: the method's own rate, the learning rate, the
// average's momentum, and whether the average overwrites the weights now.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "operations.hpp"

namespace scallion {
namespace {

// The sum of a part's squares, left in the part's own place.
class Squares final : public Operation {
 public:
  explicit Squares(const Attributes& a)
      : gradient_(a.buffer("gradient")),
        squares_(a.buffer("squares")),
        first_(a.integer("offset")),
        size_(a.integer("size")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    task.data(squares_)[first_ + task.part] =
        kernels().optimizer.sum_of_squares(task.data(gradient_) + r.begin, r.end - r.begin);
  }

 private:
  int gradient_, squares_;
  std::int64_t first_, size_;
};

// Shrinks a gradient so that the norm of what `squares` hold does not exceed the limit.
class ClipNorm final : public Operation {
 public:
  explicit ClipNorm(const Attributes& a)
      : gradient_(a.buffer("gradient")),
        squares_(a.buffer("squares")),
        first_(a.integer("offset")),
        count_(a.integer("count")),
        size_(a.integer("size")),
        limit_(a.real("limit")) {}

  void run(const Task& task) const override {
    double sum = 0.0;
    for (std::int64_t i = first_; i < first_ + count_; ++i) {
      sum += static_cast<double>(task.data(squares_)[i]);
    }
    const auto norm = static_cast<float>(std::sqrt(sum));
    if (norm <= limit_) return;
    const Range r = part_of(task, size_);
    float* gradient = task.data(gradient_) + r.begin;
    kernels().elementwise.scale(gradient, r.end - r.begin, limit_ / norm, 0.0f, gradient);
  }

 private:
  int gradient_, squares_;
  std::int64_t first_, count_, size_;
  float limit_;
};

class Clip final : public Operation {
 public:
  explicit Clip(const Attributes& a)
      : gradient_(a.buffer("gradient")), size_(a.integer("size")), limit_(a.real("limit")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.clip(task.data(gradient_) + r.begin, r.end - r.begin, limit_);
  }

 private:
  int gradient_;
  std::int64_t size_;
  float limit_;
};

// Adds the slope of a penalty on the weights: l1 * sign(w) + l2 * w.
class Penalize final : public Operation {
 public:
  explicit Penalize(const Attributes& a)
      : w_(a.buffer("w")),
        gradient_(a.buffer("gradient")),
        size_(a.integer("size")),
        l1_(a.real("l1")),
        l2_(a.real("l2")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.penalize(task.data(w_) + r.begin, r.end - r.begin, l1_, l2_,
                                 task.data(gradient_) + r.begin);
  }

 private:
  int w_, gradient_;
  std::int64_t size_;
  float l1_, l2_;
};

class Decay final : public Operation {
 public:
  explicit Decay(const Attributes& a)
      : w_(a.buffer("w")), size_(a.integer("size")), share_(a.real("decay")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.decay(task.data(w_) + r.begin, r.end - r.begin, share_,
                              task.step.scalars[1]);
  }

 private:
  int w_;
  std::int64_t size_;
  float share_;
};

class Average final : public Operation {
 public:
  explicit Average(const Attributes& a)
      : w_(a.buffer("w")), average_(a.buffer("average")), size_(a.integer("size")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    float* w = task.data(w_) + r.begin;
    float* average = task.data(average_) + r.begin;
    kernels().optimizer.average(w, average, r.end - r.begin, task.step.scalars[2]);
    if (task.step.scalars[3] != 0.0f) std::copy_n(average, r.end - r.begin, w);
  }

 private:
  int w_, average_;
  std::int64_t size_;
};

}  // namespace

Made make_squares(const Attributes& a, const Program&) { return std::make_unique<Squares>(a); }
Made make_clip_norm(const Attributes& a, const Program&) { return std::make_unique<ClipNorm>(a); }
Made make_clip(const Attributes& a, const Program&) { return std::make_unique<Clip>(a); }
Made make_penalize(const Attributes& a, const Program&) { return std::make_unique<Penalize>(a); }
Made make_decay(const Attributes& a, const Program&) { return std::make_unique<Decay>(a); }
Made make_average(const Attributes& a, const Program&) { return std::make_unique<Average>(a); }

}  // namespace scallion
