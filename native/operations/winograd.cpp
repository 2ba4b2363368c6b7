// Convolution with 3x3 weights, every pixel, by Winograd's F(4x4, 3x3): see kernels/winograd.hpp.
// Backward to the data it is the same operation with the weights turned round; the gradient of the
// weights goes the same way with slopes in the place of weights. Patches go through in blocks whose
// frequencies stay in the second-level cache.
#include <algorithm>
#include <vector>

#include "geometry.hpp"
#include "operations.hpp"

namespace scallion {
namespace {

constexpr int kFrequencies = 36, kSide = 4, kReach = 6, kTaps = 9;
// Frequencies lie a cache line more than a multiple of a patch apart: at a power of two they would
// fall on the same few lines of the first-level cache.
constexpr int kLine = 16;

int whole_lines(int floats) { return (floats + kLine - 1) / kLine * kLine; }

// The floats of one frequency of packed weights.
std::ptrdiff_t panel_step(int rows, int columns) {
  return std::ptrdiff_t{rows} * whole_lines(columns) + kLine;
}

// The tiles of a micro-batch, image by image, row by row.
class Tiles {
 public:
  Tiles(const Geometry& g, int images, int block) : block_(block) {
    for (int i = 0; i < images; ++i) {
      for (int y = 0; y < g.out_height; y += kSide) {
        for (int x = 0; x < g.out_width; x += kSide) add(g, i, y, x);
      }
    }
    per_image_ = static_cast<int>(inputs_.size()) / images;
  }

  // Calls body(inputs, outputs, count) for blocks of about the same size.
  template <class Body>
  void each_block(int images, Body&& body) const {
    const int count = per_image_ * images, blocks = (count + block_ - 1) / block_;
    for (int i = 0; i < blocks; ++i) {
      const int begin = count * i / blocks;
      body(inputs_.data() + begin, outputs_.data() + begin, count * (i + 1) / blocks - begin);
    }
  }

 private:
  void add(const Geometry& g, int image, int y, int x) {
    const int top = y - g.pad_y, left = x - g.pad_x;
    inputs_.push_back({((image * g.height + top) * g.width + left) * g.channels, std::max(0, -top),
                       std::min(kReach, g.height - top), std::max(0, -left),
                       std::min(kReach, g.width - left)});
    outputs_.push_back({((image * g.out_height + y) * g.out_width + x) * g.filters, 0,
                        std::min(kSide, g.out_height - y), 0, std::min(kSide, g.out_width - x)});
  }

  int block_, per_image_;
  std::vector<Patch> inputs_, outputs_;
};

// Cuts a thread's scratch memory into frequencies of `rows` patches each; `lowering/winograd.py`
// counts the same floats.
class Scratch {
 public:
  explicit Scratch(float* memory) : next_(memory) {}

  Frequencies take(int rows, int floats) {
    const std::ptrdiff_t row = whole_lines(floats), step = rows * row + kLine;
    const Frequencies taken{next_, step, row};
    next_ += kFrequencies * step;
    return taken;
  }

 private:
  float* next_;
};

class Winograd final : public Operation {
 public:
  Winograd(const Attributes& a, bool forward)
      : geometry_(a),
        from_(a.buffer(forward ? "x" : "dy")),
        to_(a.buffer(forward ? "y" : "dx")),
        weights_(a.buffer("packed")),
        bias_(a.buffer_or_none("bias")),
        scratch_(a.buffer("scratch")),
        block_(static_cast<int>(a.integer("block_tiles"))),
        store_(forward && a.integer("relu") != 0 ? Store::kRelu : Store::kSet),
        tiles_(geometry_, static_cast<int>(a.integer("images")), block_) {}

  void run(const Task& task) const override {
    const Geometry& g = geometry_;
    const auto& k = kernels();
    Scratch scratch(task.data(scratch_));
    const Frequencies v = scratch.take(block_, g.channels), m = scratch.take(block_, g.filters);
    const Panels weights{task.data(weights_), g.channels, g.filters};
    const float* bias = bias_ < 0 ? nullptr : task.data(bias_);
    tiles_.each_block(task.count, [&](const Patch* inputs, const Patch* outputs, int count) {
      k.winograd.spread_tiles(inputs, count, task.data(from_), g.width * g.channels, g.channels, v);
      k.winograd.multiply_frequencies(v, count, weights, panel_step(g.channels, g.filters), m);
      k.winograd.gather_tiles(outputs, count, m, bias, task.data(to_), g.out_width * g.filters,
                              g.filters, store_);
    });
  }

 private:
  Geometry geometry_;
  int from_, to_, weights_, bias_, scratch_, block_;
  Store store_;
  Tiles tiles_;
};

class WinogradDw final : public Operation {
 public:
  explicit WinogradDw(const Attributes& a)
      : geometry_(a),
        x_(a.buffer("x")),
        dy_(a.buffer("dy")),
        dw_(a.buffer("dw")),
        db_(a.buffer_or_none("db")),
        scratch_(a.buffer("scratch")),
        block_(static_cast<int>(a.integer("block_tiles"))),
        rows_(static_cast<int>(a.integer("block_channels"))),
        first_(a.integer("overwrite") != 0),
        tiles_(geometry_, static_cast<int>(a.integer("images")), block_) {}

  bool asks() const override { return true; }

  void run(const Task& task) const override {
    const Geometry& g = geometry_;
    const auto& k = kernels();
    const bool kept = !(first_ && task.fresh);
    const int patches = ((g.out_height + 3) / 4) * ((g.out_width + 3) / 4) * task.count;
    const int tiles = (g.channels + rows_ - 1) / rows_ * ((rows_ + k.tile - 1) / k.tile);
    Ahead asking =
        ahead(task, std::ptrdiff_t{kFrequencies} * patches * tiles * panels_of(g.filters));
    bool more = kept;
    Scratch scratch(task.data(scratch_));
    const Frequencies v = scratch.take(block_, g.channels), d = scratch.take(block_, g.filters),
                      m = scratch.take(rows_, g.filters);
    tiles_.each_block(task.count, [&](const Patch* inputs, const Patch* outputs, int count) {
      k.winograd.spread_tiles(inputs, count, task.data(x_), g.width * g.channels, g.channels, v);
      k.winograd.spread_slope_tiles(outputs, count, task.data(dy_), g.out_width * g.filters,
                                    g.filters, d);
      for (int row = 0; row < g.channels; row += rows_) {
        const int rows = std::min(rows_, g.channels - row);
        multiply(v, d, m, count, row, rows, asking);
        k.winograd.gather_weights(m, rows, g.filters,
                                  task.data(dw_) + std::ptrdiff_t{row} * g.filters,
                                  std::ptrdiff_t{g.channels} * g.filters, more);
      }
      more = true;
    });
    if (db_ >= 0) {
      const std::int64_t pixels = std::int64_t{task.count} * g.out_height * g.out_width;
      k.gemm_transposed.sum_rows(task.data(dy_), pixels, g.filters, task.data(db_), kept);
    }
  }

 private:
  // The frequencies of a few inputs' weights: sums over the patches.
  void multiply(const Frequencies& v, const Frequencies& d, const Frequencies& m, int count,
                int row, int rows, Ahead& asking) const {
    const Rectangle r{
        0, 0,   1, count, 0, static_cast<std::int32_t>(v.row), 0, static_cast<std::int32_t>(d.row),
        0, rows};
    for (int f = 0; f < kFrequencies; ++f) {
      kernels().gemm_transposed.multiply_transposed(
          r, v.data + f * v.step + row, 0, d.data + f * d.step, 0, 1, geometry_.filters,
          static_cast<std::int32_t>(m.row), m.data + f * m.step, false, asking);
    }
  }

  Geometry geometry_;
  int x_, dy_, dw_, db_, scratch_, block_;
  int rows_;  // inputs whose weights go together
  bool first_;
  Tiles tiles_;
};

// The weights' frequencies.
class WinogradPack final : public Operation {
 public:
  explicit WinogradPack(const Attributes& a)
      : weights_(a.buffer("weights")),
        packed_(a.buffer("packed")),
        factor_(a.buffer_or_none("filter_scale")),
        inputs_(static_cast<int>(a.integer("inputs"))),
        outputs_(static_cast<int>(a.integer("outputs"))),
        transposed_(a.integer("transposed") != 0) {}

  void run(const Task& task) const override {
    const int rows = transposed_ ? outputs_ : inputs_, columns = transposed_ ? inputs_ : outputs_;
    const int begin = rows * task.part / task.parts, end = rows * (task.part + 1) / task.parts;
    const std::ptrdiff_t tap = std::ptrdiff_t{inputs_} * outputs_;
    const float* w = task.data(weights_);
    const float* factor = factor_ < 0 ? nullptr : task.data(factor_);
    const Kernel3x3 kernel = transposed_
                                 ? Kernel3x3{w + (kTaps - 1) * tap, -tap, 1, outputs_, nullptr}
                                 : Kernel3x3{w, tap, outputs_, 1, factor};
    kernels().winograd.spread_weights(kernel, begin, end, {nullptr, rows, columns},
                                      task.data(packed_), panel_step(rows, columns));
  }

 private:
  int weights_, packed_, factor_;
  int inputs_, outputs_;
  bool transposed_;
};

}  // namespace

Made make_winograd(const Attributes& a, const Program&) {
  return std::make_unique<Winograd>(a, true);
}
Made make_winograd_dx(const Attributes& a, const Program&) {
  return std::make_unique<Winograd>(a, false);
}
Made make_winograd_dw(const Attributes& a, const Program&) {
  return std::make_unique<WinogradDw>(a);
}
Made make_winograd_pack(const Attributes& a, const Program&) {
  return std::make_unique<WinogradPack>(a);
}

}  // namespace scallion
