// Operations that see one number at a time, and dropout.
#include "operations.hpp"

namespace scallion {
namespace {

// All floats of the task's images in a buffer, which lie side by side.
std::int64_t floats(const Task& task, int buffer) { return task.stride(buffer) * task.count; }

class Relu final : public Operation {
 public:
  explicit Relu(const Attributes& a) : x_(a.buffer("x")), y_(a.buffer("y")) {}
  void run(const Task& task) const override {
    kernels().relu(task.data(x_), floats(task, x_), task.data(y_));
  }

 private:
  int x_, y_;
};

class ReluDx final : public Operation {
 public:
  explicit ReluDx(const Attributes& a)
      : y_(a.buffer("y")), dy_(a.buffer("dy")), dx_(a.buffer("dx")) {}
  void run(const Task& task) const override {
    kernels().relu_backward(task.data(y_), task.data(dy_), floats(task, y_), task.data(dx_));
  }

 private:
  int y_, dy_, dx_;
};

class Add final : public Operation {
 public:
  explicit Add(const Attributes& a) : a_(a.buffer("a")), b_(a.buffer("b")), y_(a.buffer("y")) {}
  void run(const Task& task) const override {
    kernels().add(task.data(a_), task.data(b_), floats(task, a_), task.data(y_));
  }

 private:
  int a_, b_, y_;
};

// Forward and backward are the same: the numbers are drawn again from where they are used.
class Dropout final : public Operation {
 public:
  explicit Dropout(const Attributes& a)
      : x_(a.buffer("x")),
        y_(a.buffer("y")),
        operation_(static_cast<std::uint32_t>(a.integer("operation"))),
        threshold_(static_cast<std::uint32_t>(a.integer("threshold"))),
        factor_(a.real("factor")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      const Draw draw{task.step.seed, static_cast<std::uint32_t>(task.first + i), operation_,
                      task.step.number};
      kernels().drop(task.data(x_) + i * task.stride(x_), task.stride(x_), draw, threshold_,
                     factor_, task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  int x_, y_;
  std::uint32_t operation_, threshold_;
  float factor_;
};

}  // namespace

Made make_relu(const Attributes& a, const Program&) { return std::make_unique<Relu>(a); }
Made make_relu_dx(const Attributes& a, const Program&) { return std::make_unique<ReluDx>(a); }
Made make_add(const Attributes& a, const Program&) { return std::make_unique<Add>(a); }
Made make_dropout(const Attributes& a, const Program&) { return std::make_unique<Dropout>(a); }

}  // namespace scallion
