// Activations on their own, and softmax over rows.
#include <string_view>

#include "operations.hpp"

namespace scallion {
namespace {

const Activation& activation(const Attributes& a, std::string_view name) {
  const Kernels& k = kernels();
  for (int i = 0; i < k.activation.activation_count; ++i) {
    if (name == k.activation.activations[i].name) return k.activation.activations[i];
  }
  a.fail("unknown operation");
  return k.activation.activations[0];
}

Bend bend(const Attributes& a) {
  const auto get = [&](const char* name) { return a.values.contains(name) ? a.real(name) : 0.0f; };
  return {get("negative_slope"), get("max_value"), get("threshold"), get("alpha"), get("scale")};
}

class Activate final : public Operation {
 public:
  explicit Activate(const Attributes& a)
      : activation_(activation(a, a.kind)), bend_(bend(a)), x_(a.buffer("x")), y_(a.buffer("y")) {}

  void run(const Task& task) const override {
    activation_.forward(task.data(x_), floats(task, x_), bend_, task.data(y_));
  }

 private:
  const Activation& activation_;
  Bend bend_;
  int x_, y_;
};

// Reads `y` where the slope follows from the output, else `x`.
class ActivateDx final : public Operation {
 public:
  explicit ActivateDx(const Attributes& a)
      : activation_(activation(a, std::string_view(a.kind).substr(0, a.kind.size() - 3))),
        bend_(bend(a)),
        at_(a.buffer(a.buffers.contains("y") ? "y" : "x")),
        dy_(a.buffer("dy")),
        dx_(a.buffer("dx")) {}

  void run(const Task& task) const override {
    activation_.backward(task.data(at_), task.data(dy_), floats(task, at_), bend_, task.data(dx_));
  }

 private:
  const Activation& activation_;
  Bend bend_;
  int at_, dy_, dx_;
};

// Softmax, or its logarithm, over rows of `channels`.
class Soften final : public Operation {
 public:
  explicit Soften(const Attributes& a)
      : soften_(a.kind == "softmax" ? kernels().activation.softmax
                                    : kernels().activation.log_softmax),
        x_(a.buffer("x")),
        y_(a.buffer("y")),
        channels_(a.integer("channels")) {}

  void run(const Task& task) const override {
    soften_(task.data(x_), floats(task, x_) / channels_, static_cast<std::int32_t>(channels_),
            task.data(y_));
  }

 private:
  void (*soften_)(const float*, std::int64_t, std::int32_t, float*);
  int x_, y_;
  std::int64_t channels_;
};

class SoftenDx final : public Operation {
 public:
  explicit SoftenDx(const Attributes& a)
      : backward_(a.kind == "softmax_dx" ? kernels().activation.softmax_backward
                                         : kernels().activation.log_softmax_backward),
        y_(a.buffer("y")),
        dy_(a.buffer("dy")),
        dx_(a.buffer("dx")),
        channels_(a.integer("channels")) {}

  void run(const Task& task) const override {
    backward_(task.data(y_), task.data(dy_), floats(task, y_) / channels_,
              static_cast<std::int32_t>(channels_), task.data(dx_));
  }

 private:
  void (*backward_)(const float*, const float*, std::int64_t, std::int32_t, float*);
  int y_, dy_, dx_;
  std::int64_t channels_;
};

}  // namespace

Made make_activation(const Attributes& a, const Program&) {
  if (a.kind.ends_with("_dx")) return std::make_unique<ActivateDx>(a);
  return std::make_unique<Activate>(a);
}
Made make_softmax(const Attributes& a, const Program&) { return std::make_unique<Soften>(a); }
Made make_softmax_dx(const Attributes& a, const Program&) { return std::make_unique<SoftenDx>(a); }

}  // namespace scallion
