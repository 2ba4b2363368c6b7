// What training minimises, and its slope.
#include "operations.hpp"

namespace scallion {
namespace {

// Cross-entropy of scores against a label or a share a class.
class CrossEntropy final : public Operation {
 public:
  explicit CrossEntropy(const Attributes& a)
      : x_(a.buffer("x")),
        dx_(a.buffer("dx")),
        output_(static_cast<int>(a.integer("output"))),
        sparse_(a.integer("sparse") != 0),
        weight_(a.real("weight")) {}

  void run(const Task& task) const override {
    const std::ptrdiff_t classes = task.stride(x_);
    const void* targets = task.step.targets[static_cast<std::size_t>(output_)];
    const float* factors = task.step.factors[static_cast<std::size_t>(output_)];
    const float even = 1.0f / static_cast<float>(task.step.images);
    double& total = task.program.lane_loss(task.lane, output_);
    for (int i = 0; i < task.count; ++i) {
      const std::ptrdiff_t at = task.first + i;
      const float factor = factors ? factors[at] : even;
      const float loss = kernels().cross_entropy(
          task.data(x_) + i * classes, static_cast<std::int32_t>(classes),
          sparse_ ? static_cast<const std::int64_t*>(targets)[at] : -1,
          sparse_ ? nullptr : static_cast<const float*>(targets) + at * classes, factor * weight_,
          task.data(dx_) + i * classes);
      total += static_cast<double>(loss) * static_cast<double>(factor);
    }
  }

 private:
  int x_, dx_, output_;
  bool sparse_;
  float weight_;
};

}  // namespace

Made make_cross_entropy(const Attributes& a, const Program&) {
  return std::make_unique<CrossEntropy>(a);
}

}  // namespace scallion
