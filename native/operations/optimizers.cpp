// The sum of the lanes' gradients, and optimizer updates. Both process the same part of an array in
// the same task, so that the sum is still in the first-level cache when the optimizer reads it.
//
// The first scalar of a step is the learning rate, with the bias corrections of Adam included.
#include "operations.hpp"

namespace scallion {
namespace {

// gradient = the sum of the lanes' gradients, in lane order
class SumLanes final : public Operation {
 public:
  explicit SumLanes(const Attributes& a)
      : lanes_(a.buffer("lanes")), gradient_(a.buffer("gradient")), size_(a.integer("size")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    if (r.begin == r.end) return;
    const float* gradients[kLanes];
    int count = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      if (!task.lane_is_empty(lane)) gradients[count++] = task.lane_data(lanes_, lane) + r.begin;
    }
    kernels().optimizer.sum_lanes(gradients, count, r.end - r.begin,
                                  task.data(gradient_) + r.begin);
  }

 private:
  int lanes_, gradient_;
  std::int64_t size_;
};

class SGD final : public Operation {
 public:
  explicit SGD(const Attributes& a)
      : w_(a.buffer("w")),
        gradient_(a.buffer("gradient")),
        velocity_(a.buffer_or_none("momentum")),
        size_(a.integer("size")),
        momentum_(a.real("momentum")),
        nesterov_(a.integer("nesterov") != 0) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.sgd(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                            velocity_ < 0 ? nullptr : task.data(velocity_) + r.begin,
                            r.end - r.begin, task.step.scalars[0], momentum_, nesterov_);
  }

 private:
  int w_, gradient_, velocity_;
  std::int64_t size_;
  float momentum_;
  bool nesterov_;
};

class Adam final : public Operation {
 public:
  explicit Adam(const Attributes& a)
      : w_(a.buffer("w")),
        gradient_(a.buffer("gradient")),
        momentum_(a.buffer("momentum")),
        velocity_(a.buffer("velocity")),
        velocity_hat_(a.buffer_or_none("velocity_hat")),
        size_(a.integer("size")),
        one_minus_beta_1_(a.real("one_minus_beta_1")),
        one_minus_beta_2_(a.real("one_minus_beta_2")),
        epsilon_(a.real("epsilon")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.adam(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                             task.data(momentum_) + r.begin, task.data(velocity_) + r.begin,
                             velocity_hat_ < 0 ? nullptr : task.data(velocity_hat_) + r.begin,
                             r.end - r.begin, task.step.scalars[0], one_minus_beta_1_,
                             one_minus_beta_2_, epsilon_);
  }

 private:
  int w_, gradient_, momentum_, velocity_, velocity_hat_;
  std::int64_t size_;
  float one_minus_beta_1_, one_minus_beta_2_, epsilon_;
};

class RMSprop final : public Operation {
 public:
  explicit RMSprop(const Attributes& a)
      : w_(a.buffer("w")),
        gradient_(a.buffer("gradient")),
        velocity_(a.buffer("velocity")),
        momentum_buffer_(a.buffer_or_none("momentum")),
        mean_(a.buffer_or_none("average_gradient")),
        size_(a.integer("size")),
        rho_(a.real("rho")),
        one_minus_rho_(a.real("one_minus_rho")),
        momentum_(a.real("momentum")),
        epsilon_(a.real("epsilon")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.rmsprop(
        task.data(w_) + r.begin, task.data(gradient_) + r.begin, task.data(velocity_) + r.begin,
        momentum_buffer_ < 0 ? nullptr : task.data(momentum_buffer_) + r.begin,
        mean_ < 0 ? nullptr : task.data(mean_) + r.begin, r.end - r.begin, task.step.scalars[0],
        rho_, one_minus_rho_, momentum_, epsilon_);
  }

 private:
  int w_, gradient_, velocity_, momentum_buffer_, mean_;
  std::int64_t size_;
  float rho_, one_minus_rho_, momentum_, epsilon_;
};

class Adagrad final : public Operation {
 public:
  explicit Adagrad(const Attributes& a)
      : w_(a.buffer("w")),
        gradient_(a.buffer("gradient")),
        accumulator_(a.buffer("accumulator")),
        size_(a.integer("size")),
        epsilon_(a.real("epsilon")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.adagrad(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                                task.data(accumulator_) + r.begin, r.end - r.begin,
                                task.step.scalars[0], epsilon_);
  }

 private:
  int w_, gradient_, accumulator_;
  std::int64_t size_;
  float epsilon_;
};

}  // namespace

OperationKinds optimizer_operations() {
  static constexpr OperationKind kKinds[] = {
      {"sum_lanes", make<SumLanes>}, {"sgd", make<SGD>},         {"adam", make<Adam>},
      {"rmsprop", make<RMSprop>},    {"adagrad", make<Adagrad>},
  };
  return kKinds;
}

}  // namespace scallion
