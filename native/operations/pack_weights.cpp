// Packing of weights into panels, as the kernels read them: see PackedMatrix in kernels/gemm.hpp.
// In training this happens once per step, in prediction only when a weight has changed.
#include <algorithm>

#include "operations.hpp"

namespace scallion {
namespace {

// Packs w (positions, inputs, groups * outputs), group by group, as a matrix (positions * inputs,
// outputs); `transposed`, for the backward pass, as (positions * outputs, inputs) with the last
// kernel position first. Filters are multiplied by `filter_scale`, if there is one. A task packs a
// part of the rows.
class PackWeights final : public Operation {
 public:
  explicit PackWeights(const Attributes& a)
      : weights_(a.buffer("weights")),
        packed_(a.buffer("packed")),
        filter_scale_(a.buffer_or_none("filter_scale")),
        positions_(static_cast<int>(a.integer("positions"))),
        inputs_(static_cast<int>(a.integer("inputs"))),
        outputs_(static_cast<int>(a.integer("outputs"))),
        groups_(static_cast<int>(a.integer("groups"))),
        transposed_(a.integer("transposed") != 0) {}

  void run(const Task& task) const override {
    const int rows = positions_ * (transposed_ ? outputs_ : inputs_);
    const int columns = transposed_ ? inputs_ : outputs_;
    const std::int64_t group = std::int64_t{rows} * padded_columns(columns, kernels().width);
    const int begin = rows * task.part / task.parts, end = rows * (task.part + 1) / task.parts;
    for (int g = 0; g < groups_; ++g) {
      pack(task, g, begin, end, rows, columns, task.data(packed_) + g * group);
    }
  }

 private:
  // The weight in row `row`, column 0 of a group's matrix.
  const float* source(const Task& task, int group, int row) const {
    const std::int64_t filters = std::int64_t{outputs_} * groups_;
    const float* w = task.data(weights_) + std::int64_t{group} * outputs_;
    if (!transposed_) return w + row * filters;
    const int position = positions_ - 1 - row / outputs_, output = row % outputs_;
    return w + position * inputs_ * filters + output;
  }

  void pack(const Task& task, int group, int begin, int end, int rows, int columns,
            float* to) const {
    const int width = kernels().width, padded = padded_columns(columns, width);
    const std::int64_t stride = transposed_ ? std::int64_t{outputs_} * groups_ : 1;
    const float* scale = filter_scale_ < 0 ? nullptr : task.data(filter_scale_) + group * outputs_;
    for (int column = 0; column < padded;) {
      const int panel = padded - column >= 2 * width ? 2 * width : padded - column;
      const int existing = std::min(panel, columns - column);
      float* out = to + std::int64_t{column} * rows + std::int64_t{begin} * panel;
      for (int row = begin; row < end; ++row, out += panel) {
        const float* w = source(task, group, row) + column * stride;
        for (int i = 0; i < existing; ++i) out[i] = w[i * stride];
        if (scale) {
          for (int i = 0; i < existing; ++i) out[i] *= scale[column + i];
        }
        std::fill(out + existing, out + panel, 0.0f);
      }
      column += panel;
    }
  }

  int weights_, packed_, filter_scale_;
  int positions_, inputs_, outputs_, groups_;  // inputs and outputs of one group
  bool transposed_;
};

}  // namespace

OperationKinds pack_weights_operations() {
  static constexpr OperationKind kKinds[] = {
      {"pack_weights", make<PackWeights>},
  };
  return kKinds;
}

}  // namespace scallion
