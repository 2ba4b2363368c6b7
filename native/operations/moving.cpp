// Numbers that change their place; see `lowering/moving.py` for what is made of it.
#include <cstring>

#include "operations.hpp"

namespace scallion {
namespace {

class Move final : public Operation {
 public:
  Move(const Attributes& a, const Program& program)
      : x_(a.buffer("x")),
        y_(a.buffer("y")),
        from_(a.integer("x_offset")),
        to_(a.integer("y_offset")),
        clear_(a.integer("zero_fill") != 0),
        add_(a.integer("accumulate") != 0) {
    const Buffer& x = program.plan().buffers[static_cast<std::size_t>(x_)];
    // A weight is the same for every image.
    x_image_ = x.scope == Scope::kImage || x.scope == Scope::kBatch ? x.size : 0;
    for (int axis = 0; axis < kAxes; ++axis) {
      const auto get = [&](const char* name) {
        return static_cast<std::int32_t>(a.integer(name + std::to_string(axis)));
      };
      box_.sides[axis] = get("shape");
      box_.x_steps[axis] = get("x_stride");
      box_.y_steps[axis] = get("y_stride");
    }
  }

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* y = task.data(y_) + i * task.stride(y_);
      if (clear_) std::memset(y, 0, static_cast<std::size_t>(task.stride(y_)) * sizeof(float));
      kernels().elementwise.move(box_, task.data(x_) + i * x_image_ + from_, y + to_, add_);
    }
  }

 private:
  int x_, y_;
  std::int64_t from_, to_, x_image_;
  bool clear_, add_;
  Box box_{};
};

}  // namespace

Made make_move(const Attributes& a, const Program& p) { return std::make_unique<Move>(a, p); }

}  // namespace scallion
