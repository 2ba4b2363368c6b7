// What training minimises, and its slope.
#include "operations.hpp"

namespace scallion {
namespace {

const Loss& loss(const Attributes& a) {
  const Kernels& k = kernels();
  for (int i = 0; i < k.loss.loss_count; ++i) {
    if (a.kind == k.loss.losses[i].name) return k.loss.losses[i];
  }
  a.fail("unknown operation");
  return k.loss.losses[0];
}

// The mean loss over an image's predictions, each a row of outputs against a label or as many
// targets.
class Lose final : public Operation {
 public:
  explicit Lose(const Attributes& a)
      : loss_(loss(a)),
        x_(a.buffer("x")),
        dx_(a.buffer("dx")),
        output_(static_cast<int>(a.integer("output"))),
        classes_(static_cast<int>(a.integer("classes"))),
        sparse_(a.integer("sparse") != 0),
        kept_(a.real("target_scale")),
        spread_(a.real("target_offset")),
        gamma_(a.real("gamma")),
        delta_(a.real("delta")),
        yes_(a.real("positive_weight")),
        no_(a.real("negative_weight")),
        weight_(a.real("weight")) {}

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_), places = size / classes_;
    const float* factors = task.step.factors[static_cast<std::size_t>(output_)];
    const float even = 1.0f / static_cast<float>(task.step.images);
    double& total = task.program.lane_loss(task.lane, output_);
    for (int i = 0; i < task.count; ++i) {
      const float factor = factors ? factors[task.first + i] : even;
      const float weight = factor * weight_ / static_cast<float>(places);
      const float* x = task.data(x_) + i * size;
      float* dx = task.data(dx_) + i * size;
      double sum = 0.0;
      for (std::ptrdiff_t place = 0; place < places; ++place) {
        const Truth truth = truth_of(task, (task.first + i) * places + place);
        sum += static_cast<double>(
            loss_.of(x + place * classes_, classes_, truth, weight, dx + place * classes_));
      }
      total += sum / static_cast<double>(places) * static_cast<double>(factor);
    }
  }

 private:
  Truth truth_of(const Task& task, std::ptrdiff_t place) const {
    const void* targets = task.step.targets[static_cast<std::size_t>(output_)];
    Truth truth{-1, nullptr, kept_, spread_, gamma_, delta_, yes_, no_};
    if (sparse_) {
      truth.label = static_cast<const std::int64_t*>(targets)[place];
    } else {
      truth.shares = static_cast<const float*>(targets) + place * classes_;
    }
    return truth;
  }

  const Loss& loss_;
  int x_, dx_, output_, classes_;
  bool sparse_;
  float kept_, spread_, gamma_, delta_, yes_, no_, weight_;
};

}  // namespace

Made make_loss(const Attributes& a, const Program&) { return std::make_unique<Lose>(a); }

}  // namespace scallion
