// Losses and their gradients with respect to the network's outputs.
#include <string_view>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

// The kernel of a loss. `make_operation` knows no other names.
const Loss& loss(std::string_view name) {
  const LossKernels& k = kernels().loss;
  int i = 0;
  while (i + 1 < k.function_count && name != k.functions[i].name) ++i;
  return k.functions[i];
}

// The mean loss over the predictions of an image. Each prediction has `classes` outputs, and a
// label or as many targets.
class LossOperation final : public Operation {
 public:
  explicit LossOperation(const Attributes& a)
      : loss_(loss(a.kind)),
        x_(a.per_image("x", 0)),
        dx_(a.per_image("dx", a.floats("x"))),
        output_(a.number("output")),
        classes_(a.number("classes", 1)),
        sparse_(a.flag("sparse")),
        weight_(a.real("weight")),
        target_{.label = -1,
                .values = nullptr,
                .scale = a.real("target_scale"),
                .offset = a.real("target_offset"),
                .gamma = a.real("gamma"),
                .delta = a.real("delta"),
                .positive_weight = a.real("positive_weight"),
                .negative_weight = a.real("negative_weight")} {
    a.require(output_ < a.plan().losses, "the program has no such output");
    a.require(!sparse_ || a.kind.starts_with("cross_entropy"), "its targets are no labels");
    if (!a.status().ok()) return;
    const Port& output = a.plan().outputs[static_cast<std::size_t>(output_)];
    a.require(output.size == a.floats("x") && output.classes == (sparse_ ? classes_ : 0) &&
                  output.size % classes_ == 0,
              "the size of its output");
  }

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_), predictions = size / classes_;
    const float* factors = task.step.factors[static_cast<std::size_t>(output_)];
    const float even = 1.0f / static_cast<float>(task.step.images);
    double& total = task.program.lane_loss(task.lane, output_);
    for (int i = 0; i < task.count; ++i) {
      const float factor = factors ? factors[task.first + i] : even;
      const float weight = factor * weight_ / static_cast<float>(predictions);
      const float* x = task.data(x_) + i * size;
      float* dx = task.data(dx_) + i * size;
      double sum = 0.0;
      for (std::ptrdiff_t p = 0; p < predictions; ++p) {
        const Target target = target_of(task, (task.first + i) * predictions + p);
        sum += static_cast<double>(
            loss_.compute(x + p * classes_, classes_, target, weight, dx + p * classes_));
      }
      total += sum / static_cast<double>(predictions) * static_cast<double>(factor);
    }
  }

 private:
  Target target_of(const Task& task, std::ptrdiff_t prediction) const {
    const void* targets = task.step.targets[static_cast<std::size_t>(output_)];
    Target target = target_;
    if (sparse_) {
      target.label = static_cast<const std::int64_t*>(targets)[prediction];
    } else {
      target.values = static_cast<const float*>(targets) + prediction * classes_;
    }
    return target;
  }

  const Loss& loss_;
  int x_, dx_, output_, classes_;
  bool sparse_;
  float weight_;
  Target target_;  // with everything but the label or the values
};

}  // namespace

OperationKinds loss_operations() {
  static const std::vector<OperationKind> kinds = [] {
    std::vector<OperationKind> all;
    const LossKernels& k = kernels().loss;
    for (int i = 0; i < k.function_count; ++i) {
      all.push_back({k.functions[i].name, make<LossOperation>});
    }
    return all;
  }();
  return kinds;
}

}  // namespace scallion
