// Dropout, and the random numbers of its kin.
#include <algorithm>

#include "drawing.hpp"

namespace scallion {
namespace {

// Forward and backward are the same: the numbers are drawn again from where they are used.
class Dropout final : public Operation {
 public:
  explicit Dropout(const Attributes& a)
      : drawing_(a),
        x_(a.buffer("x")),
        y_(a.buffer("y")),
        threshold_(static_cast<std::uint32_t>(a.integer("threshold"))),
        factor_(a.real("scale")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().random.drop(task.data(x_) + i * task.stride(x_), task.stride(x_),
                            drawing_.of(task, i), threshold_, factor_,
                            task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  Drawing drawing_;
  int x_, y_;
  std::uint32_t threshold_;
  float factor_;
};

// What dropout multiplies with: `factor`, or 0.
class DrawKept final : public Operation {
 public:
  explicit DrawKept(const Attributes& a)
      : drawing_(a),
        y_(a.buffer("y")),
        threshold_(static_cast<std::uint32_t>(a.integer("threshold"))),
        factor_(a.real("scale")) {}

  void run(const Task& task) const override {
    const std::int64_t size = task.stride(y_);
    for (int i = 0; i < task.count; ++i) {
      float* y = task.data(y_) + i * size;
      std::fill_n(y, size, 1.0f);
      kernels().random.drop(y, size, drawing_.of(task, i), threshold_, factor_, y);
    }
  }

 private:
  Drawing drawing_;
  int y_;
  std::uint32_t threshold_;
  float factor_;
};

class DrawNormal final : public Operation {
 public:
  explicit DrawNormal(const Attributes& a)
      : drawing_(a), y_(a.buffer("y")), mean_(a.real("mean")), deviation_(a.real("stddev")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().random.draw_normal(task.stride(y_), drawing_.of(task, i), mean_, deviation_,
                                   task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  Drawing drawing_;
  int y_;
  float mean_, deviation_;
};

}  // namespace

Made make_dropout(const Attributes& a, const Program&) { return std::make_unique<Dropout>(a); }
Made make_draw_kept(const Attributes& a, const Program&) { return std::make_unique<DrawKept>(a); }
Made make_draw_normal(const Attributes& a, const Program&) {
  return std::make_unique<DrawNormal>(a);
}

}  // namespace scallion
