// Dropout and random noise.
#include <algorithm>

#include "random_draws.hpp"

namespace scallion {
namespace {

// y = x * scale with probability 1 - rate, else 0. The backward pass is the same operation on dy:
// it draws the same numbers again.
class Dropout final : public Operation {
 public:
  explicit Dropout(const Attributes& a)
      : draws_(a),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        threshold_(static_cast<std::uint32_t>(a.integer("threshold"))),
        scale_(a.real("scale")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().random.dropout(task.data(x_) + i * task.stride(x_), task.stride(x_),
                               draws_.stream(task, i), threshold_, scale_,
                               task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  RandomDraws draws_;
  int x_, y_;
  std::uint32_t threshold_;
  float scale_;
};

// y = scale with probability 1 - rate, else 0
class DropoutMask final : public Operation {
 public:
  explicit DropoutMask(const Attributes& a)
      : draws_(a),
        y_(a.per_image("y", 0)),
        threshold_(static_cast<std::uint32_t>(a.integer("threshold"))),
        scale_(a.real("scale")) {}

  void run(const Task& task) const override {
    const std::int64_t size = task.stride(y_);
    for (int i = 0; i < task.count; ++i) {
      float* y = task.data(y_) + i * size;
      std::fill_n(y, size, 1.0f);
      kernels().random.dropout(y, size, draws_.stream(task, i), threshold_, scale_, y);
    }
  }

 private:
  RandomDraws draws_;
  int y_;
  std::uint32_t threshold_;
  float scale_;
};

// y = normally distributed noise
class RandomNormal final : public Operation {
 public:
  explicit RandomNormal(const Attributes& a)
      : draws_(a), y_(a.per_image("y", 0)), mean_(a.real("mean")), stddev_(a.real("stddev")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().random.normal(task.stride(y_), draws_.stream(task, i), mean_, stddev_,
                              task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  RandomDraws draws_;
  int y_;
  float mean_, stddev_;
};

}  // namespace

OperationKinds dropout_operations() {
  static constexpr OperationKind kKinds[] = {
      {"dropout", make<Dropout>},
      {"dropout_mask", make<DropoutMask>},
      {"random_normal", make<RandomNormal>},
  };
  return kKinds;
}

}  // namespace scallion
