// Strided copies, of which padding, cropping, repeating, permuting and concatenating consist: see
// lowering/data_movement.py.
#include <cstring>

#include "operations.hpp"

namespace scallion {
namespace {

// y = x, or y += x where `accumulate` is set, over the elements of a box; with `zero_fill` the rest
// of y is 0.
class StridedCopy final : public Operation {
 public:
  StridedCopy(const Attributes& a, const Program& program)
      : x_(a.buffer("x")),
        y_(a.buffer("y")),
        x_offset_(a.integer("x_offset")),
        y_offset_(a.integer("y_offset")),
        zero_fill_(a.integer("zero_fill") != 0),
        accumulate_(a.integer("accumulate") != 0) {
    const Buffer& x = program.plan().buffers[static_cast<std::size_t>(x_)];
    // Weights are the same for every image.
    x_image_ = x.scope == Scope::kImage || x.scope == Scope::kBatch ? x.size : 0;
    for (int axis = 0; axis < kMaxAxes; ++axis) {
      const auto get = [&](const char* name) {
        return static_cast<std::int32_t>(a.integer(name + std::to_string(axis)));
      };
      box_.shape[axis] = get("shape");
      box_.x_strides[axis] = get("x_stride");
      box_.y_strides[axis] = get("y_stride");
    }
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
