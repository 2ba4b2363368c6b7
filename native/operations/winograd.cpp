// Convolution with 3x3 weights and stride 1 by Winograd's F(4x4, 3x3), forward and backward: see
// kernels/winograd.hpp. Tiles are processed in blocks whose transformed inputs and outputs stay in
// the second-level cache.
#include <algorithm>
#include <vector>

#include "convolution_geometry.hpp"
#include "operations.hpp"

namespace scallion {
namespace {

constexpr int kKernelPositions = 9;
// The 36 matrices begin a cache line further than a multiple of a tile's size apart. At a stride of
// a power of two, one tile's elements would share a few sets of the first-level cache.
constexpr int kLine = 16;

int whole_lines(int floats) { return (floats + kLine - 1) / kLine * kLine; }

// The floats from one of the 36 matrices of packed weights to the next.
std::ptrdiff_t weights_stride(int rows, int columns) {
  return std::ptrdiff_t{rows} * whole_lines(columns) + kLine;
}

// The floats of the 36 matrices of so many tiles, or rows of weights.
std::int64_t matrices_size(int rows, int columns) {
  return product({kWinogradElements, product({rows, whole_registers(columns)}) + kLine});
}

// A buffer with exactly so many floats per image: images follow each other without gaps.
int whole_image(const Attributes& a, const char* name, std::int64_t size) {
  a.require(a.floats(name) == size, "its images are of another size");
  return a.per_image(name, size);
}

void require_3x3(const Attributes& a, const ConvolutionGeometry& g) {
  a.require(g.kernel_height == 3 && g.kernel_width == 3 && g.stride_y == 1 && g.stride_x == 1 &&
                g.dilation_y == 1 && g.dilation_x == 1 && g.groups == 1,
            "a 3x3 kernel with stride 1 is needed");
  a.require(g.pad_y <= 2 && g.pad_x <= 2 && g.out_height <= g.height + g.pad_y &&
                g.out_width <= g.width + g.pad_x,
            "more padding than a 3x3 kernel has");
}

// The tiles of a micro-batch, image by image, row by row.
class MicroBatchTiles {
 public:
  MicroBatchTiles() = default;
  // `block`: the most tiles that are processed together.
  MicroBatchTiles(const ConvolutionGeometry& g, int images, int block) : block_(block) {
    for (int i = 0; i < images; ++i) {
      for (int y = 0; y < g.out_height; y += kWinogradOutputs) {
        for (int x = 0; x < g.out_width; x += kWinogradOutputs) add(g, i, y, x);
      }
    }
    per_image_ = static_cast<int>(inputs_.size()) / images;
  }

  // body(inputs, outputs, count) for blocks of about the same size.
  template <class Body>
  void for_each_block(int images, Body&& body) const {
    const int count = per_image_ * images, blocks = (count - 1) / block_ + 1;
    for (int i = 0; i < blocks; ++i) {
      const auto boundary = [&](int b) {
        return static_cast<int>(std::int64_t{count} * b / blocks);
      };
      const int begin = boundary(i);
      body(inputs_.data() + begin, outputs_.data() + begin, boundary(i + 1) - begin);
    }
  }

  int count(int images) const { return per_image_ * images; }

 private:
  void add(const ConvolutionGeometry& g, int image, int y, int x) {
    const int top = y - g.pad_y, left = x - g.pad_x;
    inputs_.push_back({((image * g.height + top) * g.width + left) * g.channels, std::max(0, -top),
                       std::min(kWinogradInputs, g.height - top), std::max(0, -left),
                       std::min(kWinogradInputs, g.width - left)});
    outputs_.push_back({((image * g.out_height + y) * g.out_width + x) * g.filters, 0,
                        std::min(kWinogradOutputs, g.out_height - y), 0,
                        std::min(kWinogradOutputs, g.out_width - x)});
  }

  int block_ = 1, per_image_ = 0;
  std::vector<Tile> inputs_, outputs_;
};

// Divides a thread's scratch memory into matrices of transformed tiles. The lowering's
// convolutions/winograd.py computes the same sizes.
class Scratch {
 public:
  explicit Scratch(float* memory) : next_(memory) {}

  TransformedTiles take(int tiles, int channels) {
    const std::ptrdiff_t tile_stride = whole_lines(channels);
    const std::ptrdiff_t element_stride = tiles * tile_stride + kLine;
    const TransformedTiles taken{next_, element_stride, tile_stride};
    next_ += kWinogradElements * element_stride;
    return taken;
  }

 private:
  float* next_;
};

// y = x * w (+ bias, ReLU), and dx = dy * w, with w transposed and rotated.
class Winograd : public Operation {
 public:
  Winograd(const Attributes& a, bool forward)
      : geometry_(a),
        block_(a.number("block_tiles", 1)),
        from_(whole_image(a, forward ? "x" : "dy", geometry_.input_size())),
        to_(whole_image(a, forward ? "y" : "dx", geometry_.output_size())),
        weights_(a.array("packed", matrices_size(geometry_.channels, geometry_.filters))),
        bias_(a.array_or_none("bias", geometry_.filters)),
        scratch_(a.scratch("scratch", matrices_size(block_, geometry_.channels) +
                                          matrices_size(block_, geometry_.filters) + kLine)),
        epilogue_(forward && a.flag("relu") ? Epilogue::kRelu : Epilogue::kStore) {
    require_3x3(a, geometry_);
    const int images = table_images(a);
    if (a.status().ok()) tiles_ = MicroBatchTiles(geometry_, images, block_);
  }

  void run(const Task& task) const override {
    const ConvolutionGeometry& g = geometry_;
    const WinogradKernels& k = kernels().winograd;
    Scratch scratch(task.data(scratch_));
    const TransformedTiles v = scratch.take(block_, g.channels),
                           m = scratch.take(block_, g.filters);
    const PackedMatrix weights{task.data(weights_), g.channels, g.filters};
    const float* bias = bias_ < 0 ? nullptr : task.data(bias_);
    tiles_.for_each_block(task.count, [&](const Tile* inputs, const Tile* outputs, int count) {
      k.transform_input(inputs, count, task.data(from_), g.width * g.channels, g.channels, v);
      k.multiply(v, count, weights, weights_stride(g.channels, g.filters), m);
      k.transform_output(outputs, count, m, bias, task.data(to_), g.out_width * g.filters,
                         g.filters, epilogue_);
    });
  }

 private:
  ConvolutionGeometry geometry_;
  int block_, from_, to_, weights_, bias_, scratch_;
  Epilogue epilogue_;
  MicroBatchTiles tiles_;
};

class WinogradForward final : public Winograd {
 public:
  explicit WinogradForward(const Attributes& a) : Winograd(a, true) {}
};

class WinogradDx final : public Winograd {
 public:
  explicit WinogradDx(const Attributes& a) : Winograd(a, false) {}
};

// dw (+)= the weight gradient, db (+)= sum of dy
class WinogradDw final : public Operation {
 public:
  explicit WinogradDw(const Attributes& a)
      : geometry_(a),
        block_(a.number("block_tiles", 1)),
        block_channels_(a.number("block_channels", 1)),
        x_(whole_image(a, "x", geometry_.input_size())),
        dy_(whole_image(a, "dy", geometry_.output_size())),
        dw_(a.array("dw", geometry_.weight_size())),
        db_(a.array_or_none("db", geometry_.filters)),
        scratch_(a.scratch("scratch", matrices_size(block_, geometry_.channels) +
                                          matrices_size(block_, geometry_.filters) +
                                          matrices_size(block_channels_, geometry_.filters) +
                                          kLine)),
        overwrite_(a.flag("overwrite")) {
    require_3x3(a, geometry_);
    const int images = table_images(a);
    if (a.status().ok()) tiles_ = MicroBatchTiles(geometry_, images, block_);
  }

  bool prefetches() const override { return true; }

  void run(const Task& task) const override {
    const ConvolutionGeometry& g = geometry_;
    const auto& k = kernels();
    const bool accumulate_batch = !(overwrite_ && task.fresh);
    const int row_tiles = (g.channels + block_channels_ - 1) / block_channels_ *
                          ((block_channels_ + k.tile - 1) / k.tile);
    Prefetch prefetch =
        prefetch_share(task, std::ptrdiff_t{kWinogradElements} * tiles_.count(task.count) *
                                 row_tiles * panel_count(g.filters));
    bool accumulate = accumulate_batch;
    Scratch scratch(task.data(scratch_));
    const TransformedTiles v = scratch.take(block_, g.channels),
                           d = scratch.take(block_, g.filters),
                           m = scratch.take(block_channels_, g.filters);
    tiles_.for_each_block(task.count, [&](const Tile* inputs, const Tile* outputs, int count) {
      k.winograd.transform_input(inputs, count, task.data(x_), g.width * g.channels, g.channels, v);
      k.winograd.transform_output_gradient(outputs, count, task.data(dy_), g.out_width * g.filters,
                                           g.filters, d);
      for (int channel = 0; channel < g.channels; channel += block_channels_) {
        const int channels = std::min(block_channels_, g.channels - channel);
        multiply(v, d, m, count, channel, channels, prefetch);
        k.winograd.transform_weight_gradient(m, channels, g.filters,
                                             task.data(dw_) + std::ptrdiff_t{channel} * g.filters,
                                             std::ptrdiff_t{g.channels} * g.filters, accumulate);
      }
      accumulate = true;
    });
    if (db_ >= 0) {
      const std::int64_t pixels = std::int64_t{task.count} * g.out_height * g.out_width;
      k.gemm_transposed.sum_rows(task.data(dy_), pixels, g.filters, task.data(db_),
                                 accumulate_batch);
    }
  }

 private:
  // m (channels, F) = v (tiles, channels) transposed * d (tiles, F), for each of the 36 elements.
  void multiply(const TransformedTiles& v, const TransformedTiles& d, const TransformedTiles& m,
                int tiles, int channel, int channels, Prefetch& prefetch) const {
    const PixelPairs pairs{.x = 0,
                           .dy = 0,
                           .rows = 1,
                           .columns = tiles,
                           .x_row_stride = 0,
                           .x_column_stride = static_cast<std::int32_t>(v.tile_stride),
                           .dy_row_stride = 0,
                           .dy_column_stride = static_cast<std::int32_t>(d.tile_stride),
                           .dw_row = 0,
                           .dw_rows = channels};
    for (int e = 0; e < kWinogradElements; ++e) {
      kernels().gemm_transposed.multiply(pairs, v.data + e * v.element_stride + channel, 0,
                                         d.data + e * d.element_stride, 0, 1, geometry_.filters,
                                         static_cast<std::int32_t>(m.tile_stride),
                                         m.data + e * m.element_stride, false, prefetch);
    }
  }

  ConvolutionGeometry geometry_;
  int block_;
  int block_channels_;  // input channels whose weight gradients are transformed together
  int x_, dy_, dw_, db_, scratch_;
  bool overwrite_;
  MicroBatchTiles tiles_;
};

// The transformed weights, packed: a part of the rows of each matrix.
class WinogradWeights final : public Operation {
 public:
  explicit WinogradWeights(const Attributes& a)
      : inputs_(a.number("inputs", 1)),
        outputs_(a.number("outputs", 1)),
        transposed_(a.flag("transposed")),
        weights_(a.array("weights", product({kKernelPositions, inputs_, outputs_}))),
        packed_(a.array("packed", transposed_ ? matrices_size(outputs_, inputs_)
                                              : matrices_size(inputs_, outputs_))),
        filter_scale_(a.array_or_none("filter_scale", outputs_)) {}

  void run(const Task& task) const override {
    const int rows = transposed_ ? outputs_ : inputs_, columns = transposed_ ? inputs_ : outputs_;
    const auto [begin, end] = rows_of_part(task, rows);
    const std::ptrdiff_t position = std::ptrdiff_t{inputs_} * outputs_;
    const float* w = task.data(weights_);
    const float* scale = filter_scale_ < 0 ? nullptr : task.data(filter_scale_);
    const Weights3x3 weights = transposed_ ? Weights3x3{w + (kKernelPositions - 1) * position,
                                                        -position, 1, outputs_, nullptr}
                                           : Weights3x3{w, position, outputs_, 1, scale};
    kernels().winograd.transform_weights(weights, begin, end, {nullptr, rows, columns},
                                         task.data(packed_), weights_stride(rows, columns));
  }

 private:
  int inputs_, outputs_;
  bool transposed_;
  int weights_, packed_, filter_scale_;
};

}  // namespace

OperationKinds winograd_operations() {
  static constexpr OperationKind kKinds[] = {
      {"winograd", make<WinogradForward>},
      {"winograd_dx", make<WinogradDx>},
      {"winograd_dw", make<WinogradDw>},
      {"winograd_weights", make<WinogradWeights>},
  };
  return kKinds;
}

}  // namespace scallion
