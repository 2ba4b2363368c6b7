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
      : w_(a.buffer("w")),
        gradient_(a.buffer("gradient")),
        size_(a.integer("size")),
        l1_(a.real("l1")),
        l2_(a.real("l2")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.add_regularization(task.data(w_) + r.begin, r.end - r.begin, l1_, l2_,
                                           task.data(gradient_) + r.begin);
  }

 private:
  int w_, gradient_;
  std::int64_t size_;
  float l1_, l2_;
};

// w -= w * decay * learning rate
class WeightDecay final : public Operation {
 public:
  explicit WeightDecay(const Attributes& a)
      : w_(a.buffer("w")), size_(a.integer("size")), decay_(a.real("decay")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.weight_decay(task.data(w_) + r.begin, r.end - r.begin, decay_,
                                     task.step.scalars[1]);
  }

 private:
  int w_;
  std::int64_t size_;
  float decay_;
};

// average = momentum * average + (1 - momentum) * w; then w = average in some steps
class MovingAverage final : public Operation {
 public:
  explicit MovingAverage(const Attributes& a)
      : w_(a.buffer("w")), average_(a.buffer("average")), size_(a.integer("size")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    float* w = task.data(w_) + r.begin;
    float* average = task.data(average_) + r.begin;
    kernels().optimizer.moving_average(w, average, r.end - r.begin, task.step.scalars[2]);
    if (task.step.scalars[3] != 0.0f) std::copy_n(average, r.end - r.begin, w);
  }

 private:
  int w_, average_;
  std::int64_t size_;
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
