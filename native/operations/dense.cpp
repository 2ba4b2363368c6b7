// Dense layers with many weights, over the whole batch at once: their weights and their gradient
// are streamed once a step instead of once a lane. Work is cut into blocks of rows (of the batch)
// times strips of columns, or into rows of the weights; every sum is still done by one thread, in
// the order in which a lane would do it.
#include <algorithm>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

// y = x * weights (+ bias, relu): forward, and with transposed weights backward to the data.
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
      from_.push_back(row * inputs_);
      to_.push_back(row * outputs_);
    }
  }

  void run(const Task& task) const override {
    const auto& k = kernels();
    Ahead nothing{};
    const int rows = rows_ * task.step.images, strip = 2 * k.width;
    const int blocks = (rows + k.tile - 1) / k.tile, strips = (outputs_ + strip - 1) / strip;
    const std::int64_t items = std::int64_t{blocks} * strips;
    const Run run{0, 0, inputs_};
    for (auto i = items * task.part / task.parts; i < items * (task.part + 1) / task.parts; ++i) {
      const int column = static_cast<int>(i / blocks) * strip;
      const int block = static_cast<int>(i % blocks);
      const int begin = rows * block / blocks, end = rows * (block + 1) / blocks;
      const Pixels pixels{&run, 1, from_.data() + begin, to_.data() + begin, end - begin};
      const Panels panels{task.data(packed_) + std::ptrdiff_t{column} * inputs_, inputs_,
                          std::min(strip, outputs_ - column)};
      k.gemm.multiply(pixels, task.data(x_), panels,
                      bias_ < 0 ? nullptr : task.data(bias_) + column, task.data(y_) + column,
                      relu_ ? Store::kRelu : Store::kSet, nothing);
    }
  }

 private:
  int x_, packed_, bias_, y_;
  int rows_, inputs_, outputs_;  // rows of one image
  bool relu_;
  std::vector<std::int32_t> from_, to_;
};

// The gradient of the weights, a part of their rows at a time, and that of the bias.
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
    Ahead nothing{};
    const int rows = rows_ * task.step.images;
    const int begin = inputs_ * task.part / task.parts,
              end = inputs_ * (task.part + 1) / task.parts;
    // A few tiles' inputs stay in L1 while all strips of columns pass.
    const int block = 4 * k.tile;
    for (int row = begin; row < end; row += block) {
      const Rectangle r{row, 0, 1, rows, 0, inputs_, 0, outputs_, row, std::min(block, end - row)};
      k.gemm_transposed.multiply_transposed(r, task.data(x_), 0, task.data(dy_), 0, 1, outputs_,
                                            outputs_, task.data(dw_), false, nothing);
    }
    if (db_ >= 0 && task.part == 0)
      k.gemm_transposed.sum_rows(task.data(dy_), rows, outputs_, task.data(db_), false);
  }

 private:
  int x_, dy_, dw_, db_;
  int rows_, inputs_, outputs_;
};

}  // namespace

Made make_dense(const Attributes& a, const Program& p) { return std::make_unique<Dense>(a, p); }
Made make_dense_dw(const Attributes& a, const Program&) { return std::make_unique<DenseDw>(a); }

}  // namespace scallion
