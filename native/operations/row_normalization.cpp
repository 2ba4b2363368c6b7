// Layer and group normalization of rows of `size` elements, without weights: lowering moves the
// elements that are normalized together into one row.
//
// x, y, dx, dy (rows, size); inverse (rows,).
#include "operations.hpp"

namespace scallion {
namespace {

// y = (x - mean) * inverse, inverse = 1 / sqrt(variance + epsilon)
class NormalizeRows final : public Operation {
 public:
  explicit NormalizeRows(const Attributes& a)
      : size_(a.number("size", 1)),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        inverse_(a.per_image("inverse", a.floats("x") / size_)),
        epsilon_(a.real("epsilon")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().row_normalization.forward(
          task.data(x_) + i * task.stride(x_), task.stride(x_) / size_, size_, epsilon_,
          task.data(y_) + i * task.stride(y_), task.data(inverse_) + i * task.stride(inverse_));
    }
  }

 private:
  int size_, x_, y_, inverse_;
  float epsilon_;
};

class NormalizeRowsDx final : public Operation {
 public:
  explicit NormalizeRowsDx(const Attributes& a)
      : size_(a.number("size", 1)),
        y_(a.per_image("y", 0)),
        dy_(a.per_image("dy", a.floats("y"))),
        inverse_(a.per_image("inverse", a.floats("y") / size_)),
        dx_(a.per_image("dx", a.floats("y"))) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().row_normalization.backward(
          task.data(y_) + i * task.stride(y_), task.data(dy_) + i * task.stride(dy_),
          task.data(inverse_) + i * task.stride(inverse_), task.stride(y_) / size_, size_,
          task.data(dx_) + i * task.stride(dx_));
    }
  }

 private:
  int size_, y_, dy_, inverse_, dx_;
};

}  // namespace

OperationKinds row_normalization_operations() {
  static constexpr OperationKind kKinds[] = {
      {"normalize_rows", make<NormalizeRows>},
      {"normalize_rows_dx", make<NormalizeRowsDx>},
  };
  return kKinds;
}

}  // namespace scallion
