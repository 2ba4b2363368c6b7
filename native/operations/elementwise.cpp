// Operations that see one number at a time.
#include "operations.hpp"

namespace scallion {
namespace {

// y = a + b, then relu if asked.
class Add final : public Operation {
 public:
  explicit Add(const Attributes& a)
      : a_(a.buffer("a")), b_(a.buffer("b")), y_(a.buffer("y")), relu_(a.integer("relu") != 0) {}
  void run(const Task& task) const override {
    const auto add = relu_ ? kernels().elementwise.add_relu : kernels().elementwise.add;
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
      : x_(a.buffer("x")), y_(a.buffer("y")), factor_(a.real("scale")), shift_(a.real("offset")) {}
  void run(const Task& task) const override {
    kernels().elementwise.scale(task.data(x_), floats(task, x_), factor_, shift_, task.data(y_));
  }

 private:
  int x_, y_;
  float factor_, shift_;
};

}  // namespace

Made make_add(const Attributes& a, const Program&) { return std::make_unique<Add>(a); }
Made make_scale(const Attributes& a, const Program&) { return std::make_unique<Scale>(a); }

}  // namespace scallion
