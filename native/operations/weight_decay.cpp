// Regularization, weight decay and moving averages of weights.
//
// Scalars of a step: 1 the learning rate, 2 the momentum of moving averages, 3 whether the averages
// replace the weights in this step.
#include <algorithm>

#include "operations.hpp"

namespace scallion {
namespace {

// gradient += l1 * sign(w) + l2 * w
class Regularize final : public Operation {
 public:
  explicit Regularize(const Attributes& a)
      : size_(a.number("size")),
        w_(a.array("w", size_)),
        gradient_(a.array("gradient", size_)),
        l1_(a.real("l1")),
        l2_(a.real("l2")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.add_regularization(task.data(w_) + r.begin, r.end - r.begin, l1_, l2_,
                                           task.data(gradient_) + r.begin);
  }

 private:
  std::int64_t size_;
  int w_, gradient_;
  float l1_, l2_;
};

// w -= w * decay * learning rate
class WeightDecay final : public Operation {
 public:
  explicit WeightDecay(const Attributes& a)
      : size_(a.number("size")), w_(a.array("w", size_)), decay_(a.real("decay")) {
    a.need_scalars(2);
  }

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.weight_decay(task.data(w_) + r.begin, r.end - r.begin, decay_,
                                     task.step.scalars[1]);
  }

 private:
  std::int64_t size_;
  int w_;
  float decay_;
};

// average = momentum * average + (1 - momentum) * w; then w = average in some steps
class MovingAverage final : public Operation {
 public:
  explicit MovingAverage(const Attributes& a)
      : size_(a.number("size")), w_(a.array("w", size_)), average_(a.array("average", size_)) {
    a.need_scalars(4);
  }

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    float* w = task.data(w_) + r.begin;
    float* average = task.data(average_) + r.begin;
    kernels().optimizer.moving_average(w, average, r.end - r.begin, task.step.scalars[2]);
    if (task.step.scalars[3] != 0.0f) std::copy_n(average, r.end - r.begin, w);
  }

 private:
  std::int64_t size_;
  int w_, average_;
};

}  // namespace

OperationKinds weight_decay_operations() {
  static constexpr OperationKind kKinds[] = {
      {"regularize", make<Regularize>},
      {"weight_decay", make<WeightDecay>},
      {"moving_average", make<MovingAverage>},
  };
  return kKinds;
}

}  // namespace scallion
