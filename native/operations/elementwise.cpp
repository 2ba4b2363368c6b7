// Operations that see one number at a time, and dropout.
#include "operations.hpp"

namespace scallion {
namespace {

// y = a + b, then relu if asked.
class Add final : public Operation {
 public:
  explicit Add(const Attributes& a)
      : a_(a.buffer("a")), b_(a.buffer("b")), y_(a.buffer("y")), relu_(a.integer("relu") != 0) {}
  void run(const Task& task) const override {
    const auto add = relu_ ? kernels().add_relu : kernels().add;
    add(task.data(a_), task.data(b_), floats(task, a_), task.data(y_));
  }

 private:
  int a_, b_, y_;
  bool relu_;
};

// y = x * factor + shift.
class Scale final : public Operation {
 public:
  explicit Scale(const Attributes& a)
      : x_(a.buffer("x")), y_(a.buffer("y")), factor_(a.real("factor")), shift_(a.real("shift")) {}
  void run(const Task& task) const override {
    kernels().scale(task.data(x_), floats(task, x_), factor_, shift_, task.data(y_));
  }

 private:
  int x_, y_;
  float factor_, shift_;
};

// Forward and backward are the same: the numbers are drawn again from where they are used.
class Dropout final : public Operation {
 public:
  explicit Dropout(const Attributes& a)
      : x_(a.buffer("x")),
        y_(a.buffer("y")),
        operation_(static_cast<std::uint32_t>(a.integer("operation"))),
        threshold_(static_cast<std::uint32_t>(a.integer("threshold"))),
        factor_(a.real("factor")),
        has_seed_(a.integer("has_seed") != 0),
        seed_(static_cast<std::uint64_t>(a.integer("seed"))) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      const Draw draw{has_seed_ ? seed_ : task.step.seed,
                      static_cast<std::uint32_t>(task.first + i), operation_, task.step.number};
      kernels().drop(task.data(x_) + i * task.stride(x_), task.stride(x_), draw, threshold_,
                     factor_, task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  int x_, y_;
  std::uint32_t operation_, threshold_;
  float factor_;
  bool has_seed_;
  std::uint64_t seed_;
};

}  // namespace

Made make_add(const Attributes& a, const Program&) { return std::make_unique<Add>(a); }
Made make_scale(const Attributes& a, const Program&) { return std::make_unique<Scale>(a); }
Made make_dropout(const Attributes& a, const Program&) { return std::make_unique<Dropout>(a); }

}  // namespace scallion
