// Elementwise operations of one or two arrays, and their gradients.
#include <string>

#include "operations.hpp"

namespace scallion {
namespace {

using BinaryKernel = void (*)(const float* a, const float* b, std::int64_t count, float* y);

BinaryKernel kernel_of(const std::string& kind) {
  if (kind == "subtract") return kernels().elementwise.subtract;
  if (kind == "multiply") return kernels().elementwise.multiply;
  if (kind == "divide") return kernels().elementwise.divide;
  return kind == "maximum" ? kernels().elementwise.maximum : kernels().elementwise.minimum;
}

// y = f(a, b): subtract, multiply, divide, maximum or minimum
class Binary final : public Operation {
 public:
  explicit Binary(const Attributes& a)
      : kernel_(kernel_of(a.kind)),
        a_(a.per_image("a", 0)),
        b_(a.per_image("b", a.floats("a"))),
        y_(a.per_image("y", a.floats("a"))) {}

  void run(const Task& task) const override {
    kernel_(task.data(a_), task.data(b_), floats(task, a_), task.data(y_));
  }

 private:
  BinaryKernel kernel_;
  int a_, b_, y_;
};

// The gradient of the maximum or minimum of a and b with respect to a
class SelectDx final : public Operation {
 public:
  explicit SelectDx(const Attributes& a)
      : a_(a.per_image("a", 0)),
        b_(a.per_image("b", a.floats("a"))),
        dy_(a.per_image("dy", a.floats("a"))),
        dx_(a.per_image("dx", a.floats("a"))),
        is_maximum_(a.kind == "maximum_dx") {}

  void run(const Task& task) const override {
    kernels().elementwise.select_gradient(task.data(a_), task.data(b_), task.data(dy_),
                                          floats(task, a_), is_maximum_, task.data(dx_));
  }

 private:
  int a_, b_, dy_, dx_;
  bool is_maximum_;
};

// y = a + b, then max(y, 0) where `relu` is set
class Add final : public Operation {
 public:
  explicit Add(const Attributes& a)
      : a_(a.per_image("a", 0)),
        b_(a.per_image("b", a.floats("a"))),
        y_(a.per_image("y", a.floats("a"))),
        relu_(a.flag("relu")) {}

  void run(const Task& task) const override {
    const auto add = relu_ ? kernels().elementwise.add_relu : kernels().elementwise.add;
    add(task.data(a_), task.data(b_), floats(task, a_), task.data(y_));
  }

 private:
  int a_, b_, y_;
  bool relu_;
};

// y = x * scale + offset
class Rescale final : public Operation {
 public:
  explicit Rescale(const Attributes& a)
      : x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        scale_(a.real("scale")),
        offset_(a.real("offset")) {}

  void run(const Task& task) const override {
    kernels().elementwise.rescale(task.data(x_), floats(task, x_), scale_, offset_, task.data(y_));
  }

 private:
  int x_, y_;
  float scale_, offset_;
};

}  // namespace

OperationKinds elementwise_operations() {
  static constexpr OperationKind kKinds[] = {
      {"add", make<Add>},
      {"subtract", make<Binary>},
      {"multiply", make<Binary>},
      {"divide", make<Binary>},
      {"maximum", make<Binary>},
      {"minimum", make<Binary>},
      {"maximum_dx", make<SelectDx>},
      {"minimum_dx", make<SelectDx>},
      {"rescale", make<Rescale>},
  };
  return kKinds;
}

}  // namespace scallion
