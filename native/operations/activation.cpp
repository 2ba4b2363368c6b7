// Activations as operations of their own, and softmax.
#include <string>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

constexpr std::string_view kBackward = "_dx";

// The kernel of an activation. `make_operation` knows no other names.
const Activation& activation(std::string_view name) {
  const ActivationKernels& k = kernels().activation;
  int i = 0;
  while (i + 1 < k.function_count && name != k.functions[i].name) ++i;
  return k.functions[i];
}

ActivationParameters parameters(const Attributes& a) {
  const auto get = [&](const char* name) { return a.real_or(name, 0.0f); };
  return {get("negative_slope"), get("max_value"), get("threshold"), get("alpha"), get("scale")};
}

// y = f(x)
class ActivationForward final : public Operation {
 public:
  explicit ActivationForward(const Attributes& a)
      : activation_(activation(a.kind)),
        parameters_(parameters(a)),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))) {}

  void run(const Task& task) const override {
    activation_.forward(task.data(x_), floats(task, x_), parameters_, task.data(y_));
  }

 private:
  const Activation& activation_;
  ActivationParameters parameters_;
  int x_, y_;
};

// dx = dy * f'(x). It reads y where the derivative follows from y, else x.
class ActivationDx final : public Operation {
 public:
  explicit ActivationDx(const Attributes& a)
      : activation_(
            activation(std::string_view(a.kind).substr(0, a.kind.size() - kBackward.size()))),
        parameters_(parameters(a)),
        saved_(a.per_image(saved(a), 0)),
        dy_(a.per_image("dy", a.floats(saved(a)))),
        dx_(a.per_image("dx", a.floats(saved(a)))) {}

  void run(const Task& task) const override {
    activation_.backward(task.data(saved_), task.data(dy_), floats(task, saved_), parameters_,
                         task.data(dx_));
  }

 private:
  static const char* saved(const Attributes& a) { return a.has_buffer("y") ? "y" : "x"; }

  const Activation& activation_;
  ActivationParameters parameters_;
  int saved_, dy_, dx_;
};

// Softmax, or its logarithm, over rows of `channels`.
class Softmax final : public Operation {
 public:
  explicit Softmax(const Attributes& a)
      : forward_(a.kind == "softmax" ? kernels().activation.softmax
                                     : kernels().activation.log_softmax),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        channels_(a.number("channels", 1)) {}

  void run(const Task& task) const override {
    forward_(task.data(x_), floats(task, x_) / channels_, static_cast<std::int32_t>(channels_),
             task.data(y_));
  }

 private:
  void (*forward_)(const float*, std::int64_t, std::int32_t, float*);
  int x_, y_;
  std::int64_t channels_;
};

class SoftmaxDx final : public Operation {
 public:
  explicit SoftmaxDx(const Attributes& a)
      : backward_(a.kind == "softmax_dx" ? kernels().activation.softmax_backward
                                         : kernels().activation.log_softmax_backward),
        y_(a.per_image("y", 0)),
        dy_(a.per_image("dy", a.floats("y"))),
        dx_(a.per_image("dx", a.floats("y"))),
        channels_(a.number("channels", 1)) {}

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

OperationKinds activation_operations() {
  // The kernels' functions, each with its backward pass, and softmax.
  static const std::vector<std::string> backward = [] {
    std::vector<std::string> names;
    const ActivationKernels& k = kernels().activation;
    for (int i = 0; i < k.function_count; ++i) {
      names.push_back(k.functions[i].name + std::string(kBackward));
    }
    return names;
  }();
  static const std::vector<OperationKind> kinds = [] {
    std::vector<OperationKind> all{{"softmax", make<Softmax>},
                                   {"softmax_dx", make<SoftmaxDx>},
                                   {"log_softmax", make<Softmax>},
                                   {"log_softmax_dx", make<SoftmaxDx>}};
    const ActivationKernels& k = kernels().activation;
    for (int i = 0; i < k.function_count; ++i) {
      all.push_back({k.functions[i].name, make<ActivationForward>});
      all.push_back({backward[static_cast<std::size_t>(i)], make<ActivationDx>});
    }
    return all;
  }();
  return kinds;
}

}  // namespace scallion
