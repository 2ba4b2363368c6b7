// Dense layers with many weights, over the whole batch at once: weights and their gradient are read
// and written once per step instead of once per lane. Work is divided into blocks of rows (of the
// batch) times panels of columns, or into rows of the weights. Every sum is still computed by one
// thread, in the order in which a lane would do it.
#include <algorithm>
#include <limits>
#include <vector>

#include "convolution_geometry.hpp"
#include "operations.hpp"

namespace scallion {
namespace {

// The buffer that holds all images of a batch as one matrix, with `rows` rows per image. Offsets in
// it are numbers of 32 bits.
int batch_matrix(const Attributes& a, const char* name, int rows, int columns) {
  const std::int64_t floats = std::int64_t{rows} * columns;
  a.require(a.floats(name) == floats &&
                floats <= std::numeric_limits<std::int32_t>::max() / a.plan().batch,
            "the batch is no matrix");
  return a.per_image(name, floats);
}

// y (rows, outputs) = x (rows, inputs) * w (+ bias, ReLU); also dx = dy * w transposed.
class Dense final : public Operation {
 public:
  explicit Dense(const Attributes& a)
      : rows_(a.number("rows", 1)),
        inputs_(a.number("inputs", 1)),
        outputs_(a.number("outputs", 1)),
        x_(batch_matrix(a, "x", rows_, inputs_)),
        packed_(a.array("packed", inputs_ * whole_registers(outputs_))),
        bias_(a.array_or_none("bias", outputs_)),
        y_(batch_matrix(a, "y", rows_, outputs_)),
        relu_(a.flag("relu")) {
    if (!a.status().ok()) return;
    for (int row = 0; row < rows_ * a.plan().batch; ++row) {
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
      const auto boundary = [&](int b) {
        return static_cast<int>(std::int64_t{rows} * b / blocks);
      };
      const int begin = boundary(block), end = boundary(block + 1);
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
  int rows_, inputs_, outputs_;  // rows per image
  int x_, packed_, bias_, y_;
  bool relu_;
  std::vector<std::int32_t> x_offsets_, y_offsets_;  // of each row of the batch
};

// dw (inputs, outputs) = x transposed * dy, a part of its rows, and db = sum of dy
class DenseDw final : public Operation {
 public:
  explicit DenseDw(const Attributes& a)
      : rows_(a.number("rows", 1)),
        inputs_(a.number("inputs", 1)),
        outputs_(a.number("outputs", 1)),
        x_(batch_matrix(a, "x", rows_, inputs_)),
        dy_(batch_matrix(a, "dy", rows_, outputs_)),
        dw_(a.array("dw", std::int64_t{inputs_} * outputs_)),
        db_(a.array_or_none("db", outputs_)) {}

  void run(const Task& task) const override {
    const auto& k = kernels();
    Prefetch no_prefetch{};
    const int rows = rows_ * task.step.images;
    const auto [begin, end] = rows_of_part(task, inputs_);
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
  int rows_, inputs_, outputs_;
  int x_, dy_, dw_, db_;
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
