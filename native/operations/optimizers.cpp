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
      : size_(a.number("size")),
        lanes_(a.lanes("lanes", size_)),
        gradient_(a.array("gradient", size_)) {}

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
  std::int64_t size_;
  int lanes_, gradient_;
};

class SGD final : public Operation {
 public:
  explicit SGD(const Attributes& a)
      : size_(a.number("size")),
        w_(a.array("w", size_)),
        gradient_(a.array("gradient", size_)),
        velocity_(a.array_or_none("momentum", size_)),
        momentum_(a.real("momentum")),
        nesterov_(a.flag("nesterov")) {
    a.need_scalars(1);
  }

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.sgd(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                            velocity_ < 0 ? nullptr : task.data(velocity_) + r.begin,
                            r.end - r.begin, task.step.scalars[0], momentum_, nesterov_);
  }

 private:
  std::int64_t size_;
  int w_, gradient_, velocity_;
  float momentum_;
  bool nesterov_;
};

class Adam final : public Operation {
 public:
  explicit Adam(const Attributes& a)
      : size_(a.number("size")),
        w_(a.array("w", size_)),
        gradient_(a.array("gradient", size_)),
        momentum_(a.array("momentum", size_)),
        velocity_(a.array("velocity", size_)),
        velocity_hat_(a.array_or_none("velocity_hat", size_)),
        one_minus_beta_1_(a.real("one_minus_beta_1")),
        one_minus_beta_2_(a.real("one_minus_beta_2")),
        epsilon_(a.real("epsilon")) {
    a.need_scalars(1);
  }

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.adam(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                             task.data(momentum_) + r.begin, task.data(velocity_) + r.begin,
                             velocity_hat_ < 0 ? nullptr : task.data(velocity_hat_) + r.begin,
                             r.end - r.begin, task.step.scalars[0], one_minus_beta_1_,
                             one_minus_beta_2_, epsilon_);
  }

 private:
  std::int64_t size_;
  int w_, gradient_, momentum_, velocity_, velocity_hat_;
  float one_minus_beta_1_, one_minus_beta_2_, epsilon_;
};

class RMSprop final : public Operation {
 public:
  explicit RMSprop(const Attributes& a)
      : size_(a.number("size")),
        w_(a.array("w", size_)),
        gradient_(a.array("gradient", size_)),
        velocity_(a.array("velocity", size_)),
        momentum_buffer_(a.array_or_none("momentum", size_)),
        mean_(a.array_or_none("average_gradient", size_)),
        rho_(a.real("rho")),
        one_minus_rho_(a.real("one_minus_rho")),
        momentum_(a.real("momentum")),
        epsilon_(a.real("epsilon")) {
    a.need_scalars(1);
  }

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.rmsprop(
        task.data(w_) + r.begin, task.data(gradient_) + r.begin, task.data(velocity_) + r.begin,
        momentum_buffer_ < 0 ? nullptr : task.data(momentum_buffer_) + r.begin,
        mean_ < 0 ? nullptr : task.data(mean_) + r.begin, r.end - r.begin, task.step.scalars[0],
        rho_, one_minus_rho_, momentum_, epsilon_);
  }

 private:
  std::int64_t size_;
  int w_, gradient_, velocity_, momentum_buffer_, mean_;
  float rho_, one_minus_rho_, momentum_, epsilon_;
};

class Adagrad final : public Operation {
 public:
  explicit Adagrad(const Attributes& a)
      : size_(a.number("size")),
        w_(a.array("w", size_)),
        gradient_(a.array("gradient", size_)),
        accumulator_(a.array("accumulator", size_)),
        epsilon_(a.real("epsilon")) {
    a.need_scalars(1);
  }

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.adagrad(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                                task.data(accumulator_) + r.begin, r.end - r.begin,
                                task.step.scalars[0], epsilon_);
  }

 private:
  std::int64_t size_;
  int w_, gradient_, accumulator_;
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
