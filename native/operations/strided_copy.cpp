// Strided copies, of which padding, cropping, repeating, permuting and concatenating consist: see
// lowering/base/data_movement.py.
#include <algorithm>
#include <cstring>
#include <string>

#include "operations.hpp"

namespace scallion {
namespace {

// y = x, or y += x where `accumulate` is set, over the elements of a box; with `zero_fill` the rest
// of y is 0.
class StridedCopy final : public Operation {
 public:
  explicit StridedCopy(const Attributes& a)
      : x_offset_(a.number("x_offset")),
        y_offset_(a.number("y_offset")),
        zero_fill_(a.flag("zero_fill")),
        accumulate_(a.flag("accumulate")) {
    std::int64_t x_last = x_offset_, y_last = y_offset_, copies = 1;
    for (int axis = 0; axis < kMaxAxes; ++axis) {
      const auto get = [&](const char* name) { return a.number(name + std::to_string(axis)); };
      box_.shape[axis] = get("shape");
      box_.x_strides[axis] = get("x_stride");
      box_.y_strides[axis] = get("y_stride");
      const std::int64_t steps = std::max(box_.shape[axis] - 1, 0);
      x_last += steps * box_.x_strides[axis];
      y_last += steps * box_.y_strides[axis];
      copies = std::min(copies, kMaxCopies + 1) * box_.shape[axis];
    }
    a.require(copies <= kMaxCopies, "too many elements");
    // Weights are the same for every image.
    const bool per_image = a.is_per_image("x");
    x_ = per_image ? a.per_image("x", x_last + 1) : a.array("x", x_last + 1);
    y_ = a.per_image("y", y_last + 1);
    x_image_ = per_image ? a.floats("x") : 0;
  }

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* y = task.data(y_) + i * task.stride(y_);
      if (zero_fill_) std::memset(y, 0, static_cast<std::size_t>(task.stride(y_)) * sizeof(float));
      kernels().elementwise.strided_copy(box_, task.data(x_) + i * x_image_ + x_offset_,
                                         y + y_offset_, accumulate_);
    }
  }

 private:
  static constexpr std::int64_t kMaxCopies = std::int64_t{1} << 31;

  int x_, y_;
  std::int64_t x_offset_, y_offset_, x_image_;
  bool zero_fill_, accumulate_;
  StridedBox box_{};
};

}  // namespace

OperationKinds strided_copy_operations() {
  static constexpr OperationKind kKinds[] = {
      {"strided_copy", make<StridedCopy>},
  };
  return kKinds;
}

}  // namespace scallion
