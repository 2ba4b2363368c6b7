// Dense layers with many weights, over the whole batch at once: weights and their gradient are read
// and written once per step instead of once per lane. Work is divided into blocks of rows (of the
// batch) times panels of columns, or into rows of the weights. Every sum is still computed by one
// thread, in the order in which a lane would do it.
#include <algorithm>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

// y (rows, outputs) = x (rows, inputs) * w (+ bias, ReLU); also dx = dy * w transposed.
class Dense final : public Operation {
 public:
  Dense(const Attributes& a, const Program& program)
      : x_(a.buffer("x")),
        packed_(a.buffer("packed")),
        bias_(a.buffer_or_none("bias")),
        y_(a.buffer("y")),
        rows_(static_cast<int>(a.integer("rows"))),
        inputs_(static_cast<int>(a.integer("inputs"))),
        outputs_(static_cast<int>(a.integer("outputs"))),
        relu_(a.integer("relu") != 0) {
    for (int row = 0; row < rows_ * program.plan().batch; ++row) {
      x_offsets_.push_back(row * inputs_);
      y_offsets_.push_back(row * outputs_);
    }
  }

  void run(const Task& task) const override {
    const auto& k = kernels();
    Prefetch no_prefetch{};
    const int rows = rows_ * task.step.images, panel = 2 * k.width;
    const int blocks = (rows + k.tile - 1) / k.tile, panels = panel_count(outputs_);
    const std::int64_t items = std::int64_t{blocks} * panels;
    const InputSpan span{0, 0, inputs_};
    for (auto i = items * task.part / task.parts; i < items * (task.part + 1) / task.parts; ++i) {
      const int column = static_cast<int>(i / blocks) * panel;
      const int block = static_cast<int>(i % blocks);
      const int begin = rows * block / blocks, end = rows * (block + 1) / blocks;
      const PixelGroup block_rows{&span, 1, x_offsets_.data() + begin, y_offsets_.data() + begin,
                                  end - begin};
      const PackedMatrix weights{task.data(packed_) + std::ptrdiff_t{column} * inputs_, inputs_,
                                 std::min(panel, outputs_ - column)};
      k.gemm.multiply(block_rows, task.data(x_), weights,
                      bias_ < 0 ? nullptr : task.data(bias_) + column, task.data(y_) + column,
                      relu_ ? Epilogue::kRelu : Epilogue::kStore, no_prefetch);
    }
  }

 private:
  int x_, packed_, bias_, y_;
  int rows_, inputs_, outputs_;  // rows per image
  bool relu_;
  std::vector<std::int32_t> x_offsets_, y_offsets_;  // of each row of the batch
};

// dw (inputs, outputs) = x transposed * dy, a part of its rows, and db = sum of dy
class DenseDw final : public Operation {
 public:
  explicit DenseDw(const Attributes& a)
      : x_(a.buffer("x")),
        dy_(a.buffer("dy")),
        dw_(a.buffer("dw")),
        db_(a.buffer_or_none("db")),
        rows_(static_cast<int>(a.integer("rows"))),
        inputs_(static_cast<int>(a.integer("inputs"))),
        outputs_(static_cast<int>(a.integer("outputs"))) {}

  void run(const Task& task) const override {
    const auto& k = kernels();
    Prefetch no_prefetch{};
    const int rows = rows_ * task.step.images;
    const int begin = inputs_ * task.part / task.parts,
              end = inputs_ * (task.part + 1) / task.parts;
    // The inputs of a few tiles stay in the first-level cache for all panels of columns.
    const int block = 4 * k.tile;
    for (int row = begin; row < end; row += block) {
      const PixelPairs pairs{.x = row,
                             .dy = 0,
                             .rows = 1,
                             .columns = rows,
                             .x_row_stride = 0,
                             .x_column_stride = inputs_,
                             .dy_row_stride = 0,
                             .dy_column_stride = outputs_,
                             .dw_row = row,
                             .dw_rows = std::min(block, end - row)};
      k.gemm_transposed.multiply(pairs, task.data(x_), 0, task.data(dy_), 0, 1, outputs_, outputs_,
                                 task.data(dw_), false, no_prefetch);
    }
    if (db_ >= 0 && task.part == 0) {
      k.gemm_transposed.sum_rows(task.data(dy_), rows, outputs_, task.data(db_), false);
    }
  }

 private:
  int x_, dy_, dw_, db_;
  int rows_, inputs_, outputs_;
};

}  // namespace

OperationKinds dense_operations() {
  static constexpr OperationKind kKinds[] = {
      {"dense", make<Dense>},
      {"dense_dw", make<DenseDw>},
  };
  return kKinds;
}

}  // namespace scallion
