// Two arrays become one, number by number, and the ways back that need more than a sign.
#include "operations.hpp"

namespace scallion {
namespace {

using Function = void (*)(const float* a, const float* b, std::int64_t count, float* y);

Function function_of(const std::string& kind) {
  if (kind == "subtract") return kernels().elementwise.subtract;
  if (kind == "multiply") return kernels().elementwise.multiply_each;
  return kind == "maximum" ? kernels().elementwise.largest : kernels().elementwise.smallest;
}

class Combine final : public Operation {
 public:
  explicit Combine(const Attributes& a)
      : function_(function_of(a.kind)), a_(a.buffer("a")), b_(a.buffer("b")), y_(a.buffer("y")) {}

  void run(const Task& task) const override {
    function_(task.data(a_), task.data(b_), floats(task, a_), task.data(y_));
  }

 private:
  Function function_;
  int a_, b_, y_;
};

// The slope of the larger, or smaller, of two at the first of them.
class Choose final : public Operation {
 public:
  explicit Choose(const Attributes& a)
      : a_(a.buffer("a")),
        b_(a.buffer("b")),
        dy_(a.buffer("dy")),
        dx_(a.buffer("dx")),
        larger_(a.kind == "maximum_dx") {}

  void run(const Task& task) const override {
    kernels().elementwise.choose(task.data(a_), task.data(b_), task.data(dy_), floats(task, a_),
                                 larger_, task.data(dx_));
  }

 private:
  int a_, b_, dy_, dx_;
  bool larger_;
};

}  // namespace

Made make_combine(const Attributes& a, const Program&) { return std::make_unique<Combine>(a); }
Made make_choose(const Attributes& a, const Program&) { return std::make_unique<Choose>(a); }

}  // namespace scallion
