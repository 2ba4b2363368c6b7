// Lays weights out as the kernels read them: panels of columns, padded to registers. In
// training this is done once a step, at prediction when a weight has changed: see `settle`.
#include <algorithm>

#include "operations.hpp"

namespace scallion {
namespace {

class Pack final : public Operation {
 public:
  explicit Pack(const Attributes& a)
      : weights_(a.buffer("weights")),
        packed_(a.buffer("packed")),
        factor_(a.buffer_or_none("filter_scale")),
        taps_(static_cast<int>(a.integer("positions"))),
        inputs_(static_cast<int>(a.integer("inputs"))),
        outputs_(static_cast<int>(a.integer("outputs"))),
        groups_(static_cast<int>(a.integer("groups"))),
        transposed_(a.integer("transposed") != 0) {}

  void run(const Task& task) const override {
    const int rows = taps_ * (transposed_ ? outputs_ : inputs_);
    const int columns = transposed_ ? inputs_ : outputs_;
    const std::int64_t group = std::int64_t{rows} * padded(columns, kernels().width);
    const int begin = rows * task.part / task.parts, end = rows * (task.part + 1) / task.parts;
    for (int g = 0; g < groups_; ++g) {
      fill(task, g, begin, end, rows, columns, task.data(packed_) + g * group);
    }
  }

 private:
  // Where row `row` and column 0 come from in the weights (taps, inputs, groups * outputs).
  const float* source(const Task& task, int group, int row) const {
    const std::int64_t all = std::int64_t{outputs_} * groups_;
    const float* w = task.data(weights_) + std::int64_t{group} * outputs_;
    if (!transposed_) return w + row * all;
    const int tap = taps_ - 1 - row / outputs_, output = row % outputs_;
    return w + tap * inputs_ * all + output;
  }

  void fill(const Task& task, int group, int begin, int end, int rows, int columns,
            float* to) const {
    const int width = kernels().width, all = padded(columns, width);
    const std::int64_t step = transposed_ ? std::int64_t{outputs_} * groups_ : 1;
    const float* factor = factor_ < 0 ? nullptr : task.data(factor_) + group * outputs_;
    for (int column = 0; column < all;) {
      const int panel = all - column >= 2 * width ? 2 * width : all - column;
      const int exist = std::min(panel, columns - column);
      float* out = to + std::int64_t{column} * rows + std::int64_t{begin} * panel;
      for (int row = begin; row < end; ++row, out += panel) {
        const float* w = source(task, group, row) + column * step;
        for (int i = 0; i < exist; ++i) out[i] = w[i * step];
        if (factor) {
          for (int i = 0; i < exist; ++i) out[i] *= factor[column + i];
        }
        std::fill(out + exist, out + panel, 0.0f);
      }
      column += panel;
    }
  }

  int weights_, packed_, factor_;
  int taps_, inputs_, outputs_, groups_;  // inputs and outputs of one group
  bool transposed_;
};

}  // namespace

Made make_pack(const Attributes& a, const Program&) { return std::make_unique<Pack>(a); }

}  // namespace scallion
