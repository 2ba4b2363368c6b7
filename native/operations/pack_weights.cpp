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
      : positions_(a.number("positions", 1)),
        inputs_(a.number("inputs", 1)),
        outputs_(a.number("outputs", 1)),
        groups_(a.number("groups", 1)),
        transposed_(a.flag("transposed")),
        weights_(a.array("weights", 0)) {
    const std::int64_t rows = std::int64_t{positions_} * (transposed_ ? outputs_ : inputs_);
    const std::int64_t columns = transposed_ ? inputs_ : outputs_;
    const std::int64_t filters = std::int64_t{groups_} * outputs_, weights = a.floats("weights");
    constexpr std::int64_t kMost = std::int64_t{1} << 30;
    a.require(weights <= kMost && rows <= weights && filters <= weights &&
                  rows * columns <= weights && rows * columns * groups_ <= weights,
              "the shape of the weights");
    if (!a.status().ok()) return;
    const int padded = padded_columns(static_cast<int>(columns), kernels().width);
    packed_ = a.array("packed", groups_ * rows * padded);
    filter_scale_ = a.array_or_none("filter_scale", filters);
  }

  void run(const Task& task) const override {
    const int rows = positions_ * (transposed_ ? outputs_ : inputs_);
    const int columns = transposed_ ? inputs_ : outputs_;
    const std::int64_t group = std::int64_t{rows} * padded_columns(columns, kernels().width);
    const auto [begin, end] = rows_of_part(task, rows);
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

  int positions_, inputs_, outputs_, groups_;  // inputs and outputs of one group
  bool transposed_;
  int weights_, packed_ = 0, filter_scale_ = -1;
};

}  // namespace

OperationKinds pack_weights_operations() {
  static constexpr OperationKind kKinds[] = {
      {"pack_weights", make<PackWeights>},
  };
  return kKinds;
}

}  // namespace scallion
