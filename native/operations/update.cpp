// Gradients of all lanes become one, and weights follow it. A part of an array at a time, so that
// what was just added up is still in L1 when the optimizer reads it.
#include "operations.hpp"

namespace scallion {
namespace {

// Adds the lanes' gradients in lane order, whichever thread had which.
class Merge final : public Operation {
 public:
  explicit Merge(const Attributes& a)
      : lanes_(a.buffer("lanes")), gradient_(a.buffer("gradient")), size_(a.integer("size")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    if (r.begin == r.end) return;
    const float* filled[kLanes];
    int count = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      if (!task.lane_is_empty(lane)) filled[count++] = task.lane_data(lanes_, lane) + r.begin;
    }
    kernels().optimizer.add_lanes(filled, count, r.end - r.begin, task.data(gradient_) + r.begin);
  }

 private:
  int lanes_, gradient_;
  std::int64_t size_;
};

// The learning rate, with what the optimizer folds into it, is the step's first scalar.
class Sgd final : public Operation {
 public:
  explicit Sgd(const Attributes& a)
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
        largest_(a.buffer_or_none("velocity_hat")),
        size_(a.integer("size")),
        new_1_(a.real("one_minus_beta_1")),
        new_2_(a.real("one_minus_beta_2")),
        epsilon_(a.real("epsilon")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.adam(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                             task.data(momentum_) + r.begin, task.data(velocity_) + r.begin,
                             largest_ < 0 ? nullptr : task.data(largest_) + r.begin,
                             r.end - r.begin, task.step.scalars[0], new_1_, new_2_, epsilon_);
  }

 private:
  int w_, gradient_, momentum_, velocity_, largest_;
  std::int64_t size_;
  float new_1_, new_2_, epsilon_;
};

class Rmsprop final : public Operation {
 public:
  explicit Rmsprop(const Attributes& a)
      : w_(a.buffer("w")),
        gradient_(a.buffer("gradient")),
        velocity_(a.buffer("velocity")),
        momentum_(a.buffer_or_none("momentum")),
        mean_(a.buffer_or_none("average_gradient")),
        size_(a.integer("size")),
        rho_(a.real("rho")),
        rest_(a.real("one_minus_rho")),
        pull_(a.real("momentum")),
        epsilon_(a.real("epsilon")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.rmsprop(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                                task.data(velocity_) + r.begin,
                                momentum_ < 0 ? nullptr : task.data(momentum_) + r.begin,
                                mean_ < 0 ? nullptr : task.data(mean_) + r.begin, r.end - r.begin,
                                task.step.scalars[0], rho_, rest_, pull_, epsilon_);
  }

 private:
  int w_, gradient_, velocity_, momentum_, mean_;
  std::int64_t size_;
  float rho_, rest_, pull_, epsilon_;
};

class Adagrad final : public Operation {
 public:
  explicit Adagrad(const Attributes& a)
      : w_(a.buffer("w")),
        gradient_(a.buffer("gradient")),
        total_(a.buffer("accumulator")),
        size_(a.integer("size")),
        epsilon_(a.real("epsilon")) {}

  void run(const Task& task) const override {
    const Range r = part_of(task, size_);
    kernels().optimizer.adagrad(task.data(w_) + r.begin, task.data(gradient_) + r.begin,
                                task.data(total_) + r.begin, r.end - r.begin, task.step.scalars[0],
                                epsilon_);
  }

 private:
  int w_, gradient_, total_;
  std::int64_t size_;
  float epsilon_;
};

}  // namespace

Made make_merge(const Attributes& a, const Program&) { return std::make_unique<Merge>(a); }
Made make_sgd(const Attributes& a, const Program&) { return std::make_unique<Sgd>(a); }
Made make_adam(const Attributes& a, const Program&) { return std::make_unique<Adam>(a); }
Made make_rmsprop(const Attributes& a, const Program&) { return std::make_unique<Rmsprop>(a); }
Made make_adagrad(const Attributes& a, const Program&) { return std::make_unique<Adagrad>(a); }

}  // namespace scallion
