// Convolution and dense layers (a dense layer is a 1x1 convolution of its rows). Before the first
// step the pixels are sorted by which weights they meet, so that borders cost only what they use.
#include <algorithm>
#include <vector>

#include "geometry.hpp"
#include "operations.hpp"
#include "sorter.hpp"

namespace scallion {
namespace {

// What forward and backward to the data share: groups of pixels against packed weights.
class Product : public Operation {
 public:
  Product(const Attributes& a, const char* from, const char* to)
      : geometry_(a),
        from_(a.buffer(from)),
        to_(a.buffer(to)),
        weights_(a.buffer("packed")),
        images_(static_cast<int>(a.integer("images"))) {}

 protected:
  bool asks() const override { return true; }

  void multiply(const Task& task, int rows, int columns, int from_step, int to_step,
                const float* bias, Store store) const {
    const auto& k = kernels();
    std::ptrdiff_t rounds = 0;
    for (const Group& group : groups_) rounds += group.rounds();
    Ahead asking =
        ahead(task, rounds / images_ * task.count / k.tile * geometry_.groups * panels_of(columns));
    const std::ptrdiff_t panel = std::ptrdiff_t{rows} * padded(columns, k.width);
    for (int g = 0; g < geometry_.groups; ++g) {
      const Panels panels{task.data(weights_) + g * panel, rows, columns};
      const float* from = task.data(from_) + g * from_step;
      float* to = task.data(to_) + g * to_step;
      for (const Group& group : groups_) {
        const auto places = static_cast<std::int32_t>(group.x.size()) / images_ * task.count;
        const Pixels pixels{group.runs.data(), static_cast<std::int32_t>(group.runs.size()),
                            group.x.data(), group.y.data(), places};
        k.gemm.multiply(pixels, from, panels, bias ? bias + g * to_step : nullptr, to, store,
                        asking);
      }
    }
  }

  Geometry geometry_;
  int from_, to_, weights_;
  int images_;
  std::vector<Group> groups_;
};

class Convolution final : public Product {
 public:
  Convolution(const Attributes& a, const Program& program)
      : Product(a, "x", "y"), bias_(a.buffer_or_none("bias")), relu_(a.integer("relu") != 0) {
    const Geometry& g = geometry_;
    const Sorter sorter = sorted_outputs(g, g.group_channels(), g.filters);
    groups_ = sorter.finish(images_, program.plan().buffers[static_cast<std::size_t>(from_)].size,
                            program.plan().buffers[static_cast<std::size_t>(to_)].size);
  }

  void run(const Task& task) const override {
    const Geometry& g = geometry_;
    multiply(task, g.taps() * g.group_channels(), g.group_filters(), g.group_channels(),
             g.group_filters(), bias_ < 0 ? nullptr : task.data(bias_),
             relu_ ? Store::kRelu : Store::kSet);
  }

 private:
  int bias_;
  bool relu_;
};

class ConvolutionDx final : public Product {
 public:
  ConvolutionDx(const Attributes& a, const Program& program)
      : Product(a, "dy", "dx"), add_(a.integer("accumulate") != 0) {
    const Geometry& g = geometry_;
    Sorter sorter({g.out_width, g.filters, g.kernel_width, g.group_filters(), g.taps()});
    for (int y = 0; y < g.height; ++y) {
      const auto rows =
          backward_taps(y, g.out_height, g.kernel_height, g.stride_y, g.dilation_y, g.pad_y);
      for (int x = 0; x < g.width; ++x) {
        sorter.add(rows,
                   backward_taps(x, g.out_width, g.kernel_width, g.stride_x, g.dilation_x, g.pad_x),
                   (y * g.width + x) * g.channels);
      }
    }
    groups_ = sorter.finish(images_, program.plan().buffers[static_cast<std::size_t>(from_)].size,
                            program.plan().buffers[static_cast<std::size_t>(to_)].size);
  }

  void run(const Task& task) const override {
    const Geometry& g = geometry_;
    multiply(task, g.taps() * g.group_filters(), g.group_channels(), g.group_filters(),
             g.group_channels(), nullptr, add_ ? Store::kAdd : Store::kSet);
  }

 private:
  bool add_;
};

// The weight gradient: for each tap the rectangle of pixels that it multiplies.
class ConvolutionDw final : public Operation {
 public:
  explicit ConvolutionDw(const Attributes& a)
      : geometry_(a),
        x_(a.buffer("x")),
        dy_(a.buffer("dy")),
        dw_(a.buffer("dw")),
        db_(a.buffer_or_none("db")),
        first_(a.integer("overwrite") != 0) {
    const Geometry& g = geometry_;
    for (int ky = 0; ky < g.kernel_height; ++ky) {
      const Span rows = span(ky, g.height, g.out_height, g.stride_y, g.dilation_y, g.pad_y);
      for (int kx = 0; kx < g.kernel_width; ++kx) {
        const Span columns = span(kx, g.width, g.out_width, g.stride_x, g.dilation_x, g.pad_x);
        add(rows, columns, ky * g.kernel_width + kx);
      }
    }
    const int row = g.stride_y * g.width * g.channels + g.out_width * g.filters;
    band_ = row * g.out_height <= kLargeImage ? g.out_height : std::max(1, (kBand + row / 2) / row);
  }

  bool asks() const override { return true; }

  void run(const Task& task) const override {
    const Geometry& g = geometry_;
    const auto& k = kernels();
    const bool more = !(first_ && task.fresh);
    float* dw = task.data(dw_);
    const float *x = task.data(x_), *dy = task.data(dy_);
    std::ptrdiff_t rounds = 0;
    for (const Rectangle& r : rectangles_) {
      rounds += std::ptrdiff_t{r.rows} * r.columns * ((r.length + k.tile - 1) / k.tile);
    }
    Ahead asking = ahead(task, rounds * task.count * g.groups * panels_of(g.group_filters()));
    if (band_ >= g.out_height) {
      gather(task, x, dy, task.count, 0, g.out_height, dw, more, asking);
    } else {
      for (int i = 0; i < task.count; ++i, x += task.stride(x_), dy += task.stride(dy_)) {
        for (int row = 0; row < g.out_height; row += band_) {
          gather(task, x, dy, 1, row, std::min(row + band_, g.out_height), dw,
                 more || i > 0 || row > 0, asking);
        }
      }
      dy = task.data(dy_);
    }
    if (db_ >= 0) {
      const std::int64_t rows = std::int64_t{task.count} * g.out_height * g.out_width;
      k.gemm_transposed.sum_rows(dy, rows, g.filters, task.data(db_), more);
    }
  }

 private:
  // An image of more than 96 KB goes through in bands of rows, so that what one tile of weights
  // reads is still in the first-level cache (32 KB) for most of the next one.
  static constexpr int kLargeImage = 24 * 1024, kBand = 10 * 1024;  // floats

  // Adds what the outputs' rows from `begin` to `end` give.
  void gather(const Task& task, const float* x, const float* dy, int images, int begin, int end,
              float* dw, bool more, Ahead& asking) const {
    const Geometry& g = geometry_;
    for (int group = 0; group < g.groups; ++group) {
      for (const Rectangle& whole : rectangles_) {
        const int first = whole.y / whole.y_row;
        const int from = std::max(begin, first), to = std::min(end, first + whole.rows);
        if (from >= to && more) continue;
        Rectangle r = whole;
        r.x += (from - first) * r.x_row;
        r.y += (from - first) * r.y_row;
        r.rows = std::max(0, to - from);
        kernels().gemm_transposed.multiply_transposed(
            r, x + group * g.group_channels(), task.stride(x_), dy + group * g.group_filters(),
            task.stride(dy_), images, g.group_filters(), g.filters, dw + group * g.group_filters(),
            more, asking);
      }
    }
  }

  void add(const Span& rows, const Span& columns, int tap) {
    const Geometry& g = geometry_;
    const int run = g.group_channels();
    const Rectangle next{(rows.source * g.width + columns.source) * g.channels,
                         (rows.place * g.out_width + columns.place) * g.filters,
                         rows.count,
                         columns.count,
                         g.stride_y * g.width * g.channels,
                         g.stride_x * g.channels,
                         g.out_width * g.filters,
                         g.filters,
                         tap * run,
                         run};
    // Neighbouring taps over the same outputs read neighbouring inputs: one longer run.
    if (!rectangles_.empty()) {
      Rectangle& last = rectangles_.back();
      if (last.y == next.y && last.rows == next.rows && last.columns == next.columns &&
          last.x + last.length == next.x && last.weight_row + last.length == next.weight_row) {
        last.length += run;
        return;
      }
    }
    rectangles_.push_back(next);
  }

  Geometry geometry_;
  int x_, dy_, dw_, db_;
  bool first_;
  int band_;  // rows of the output that go together
  std::vector<Rectangle> rectangles_;
};

}  // namespace

Made make_convolution(const Attributes& a, const Program& p) {
  return std::make_unique<Convolution>(a, p);
}
Made make_convolution_dx(const Attributes& a, const Program& p) {
  return std::make_unique<ConvolutionDx>(a, p);
}
Made make_convolution_dw(const Attributes& a, const Program&) {
  return std::make_unique<ConvolutionDw>(a);
}

}  // namespace scallion
