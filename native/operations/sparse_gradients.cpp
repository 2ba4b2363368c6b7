// The backward pass of a convolution that is followed by max pooling, with sparse gradients: see
// kernels/sparse_gradient.hpp.
#include <algorithm>
#include <bit>
#include <vector>

#include "convolution_geometry.hpp"
#include "operations.hpp"
#include "pixel_groups.hpp"
#include "pooling_windows.hpp"

namespace scallion {
namespace {

// The gradient lists of one image in a buffer of floats. The lowering's
// convolutions/sparse_gradients.py computes the same size.
GradientLists lists_in(float* memory, int filters) {
  auto* counts = reinterpret_cast<std::int32_t*>(memory);
  float* sums = memory + 2 * filters;
  return {counts, counts + filters, sums, reinterpret_cast<GradientEntry*>(sums + filters)};
}

// The floats of one image's lists.
std::int64_t lists_size(int filters, std::int64_t windows) {
  return std::int64_t{filters} * (3 + 2 * windows);
}

// The input spans of each output pixel, in groups: interior pixels, and several kinds of edge
// pixels. Lists are read from the program's memory, and a program may come from anywhere: whatever
// they hold, kernels stay inside the image.
class OutputPixels {
 public:
  OutputPixels() = default;
  explicit OutputPixels(const ConvolutionGeometry& g) {
    groups_ = group_outputs(g, g.channels, 1).groups(1, 0, 0);
    const auto pixels = static_cast<std::size_t>(g.out_height) * g.out_width;
    origins_.resize(pixels), group_of_.resize(pixels), is_edge_.resize(pixels);
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (groups_[i].x.size() > groups_[interior_].x.size()) interior_ = i;
    }
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      for (std::size_t k = 0; k < groups_[i].x.size(); ++k) {
        const auto pixel = static_cast<std::size_t>(groups_[i].y[k]);
        origins_[pixel] = groups_[i].x[k];
        group_of_[pixel] = i;
        is_edge_[pixel] = i != interior_;
      }
    }
    interior_origins_.resize(std::bit_ceil(pixels), groups_[interior_].x[0]);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      if (!is_edge_[pixel]) interior_origins_[pixel] = origins_[pixel];
    }
  }

  // Per pixel: true if it has other spans than most; null where none has.
  const std::uint8_t* is_edge() const { return groups_.size() > 1 ? is_edge_.data() : nullptr; }

  // Calls a kernel for a filter's entries: those of interior pixels together, then those of edge
  // pixels one by one. `windows` is the room of a list.
  template <class Kernel>
  void for_each_entry(const GradientLists& lists, int filter, int windows, Kernel kernel,
                      const float* from, float* to) const {
    const GradientEntry* entries = lists.entries + std::ptrdiff_t{filter} * windows;
    const int interior = std::clamp(lists.interior_counts[filter], 0, windows);
    const int edge = std::clamp(lists.edge_counts[filter], 0, windows - interior);
    const auto call = [&](const GradientEntry* first, int count, const OwnedPixelGroup& group,
                          const PixelOrigins& origins) {
      kernel(first, count, origins, group.spans.data(),
             static_cast<std::int32_t>(group.spans.size()), from, to);
    };
    if (interior > 0) {
      const auto mask = static_cast<std::int32_t>(interior_origins_.size() - 1);
      call(entries, interior, groups_[interior_], {interior_origins_.data(), mask});
    }
    for (int i = 0; i < edge; ++i) {
      const GradientEntry* entry = entries + windows - 1 - i;
      const auto pixel = static_cast<std::size_t>(entry->index);
      if (pixel >= origins_.size()) continue;
      call(entry, 1, groups_[group_of_[pixel]], {origins_.data(), -1});
    }
  }

 private:
  std::vector<OwnedPixelGroup> groups_;
  std::size_t interior_ = 0;  // the largest group
  std::vector<std::int32_t> origins_;
  // The same for interior pixels, and the origin of one of them everywhere else: a power of two of
  // them, so that the last bits of any number are an index.
  std::vector<std::int32_t> interior_origins_;
  std::vector<std::size_t> group_of_;
  std::vector<std::uint8_t> is_edge_;
};

// The convolution whose output a pooling reads.
ConvolutionGeometry convolution_before(const PoolingWindows& windows, const Attributes& a) {
  const ConvolutionGeometry g(a, "conv_");
  a.require(g.filters == windows.channels && g.out_width * g.filters == windows.row &&
                g.output_size() == windows.input_size(),
            "the pooling reads another shape than the convolution has");
  return g;
}

// The gradient of max pooling, as lists
class MaxPoolSparseDx final : public Operation {
 public:
  explicit MaxPoolSparseDx(const Attributes& a)
      : windows_(a),
        x_(a.per_image("x", windows_.input_size())),
        y_(a.per_image("y", windows_.output_size())),
        dy_(a.per_image("dy", windows_.output_size())),
        lists_(a.per_image("sparse_dx", lists_size(windows_.channels, windows_.window_count()))),
        relu_mask_(a.flag("relu_mask")) {
    const ConvolutionGeometry g = convolution_before(windows_, a);
    windows_.list(a);
    if (a.status().ok()) pixels_ = OutputPixels(g);
  }

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().sparse_gradient.max_pool_backward(
          windows_.windows.data(), windows_.count(), windows_.row, windows_.channels, relu_mask_,
          pixels_.is_edge(), task.data(x_) + i * task.stride(x_),
          task.data(y_) + i * task.stride(y_), task.data(dy_) + i * task.stride(dy_),
          lists_in(task.data(lists_) + i * task.stride(lists_), windows_.channels));
    }
  }

 private:
  PoolingWindows windows_;
  OutputPixels pixels_;
  int x_, y_, dy_, lists_;
  bool relu_mask_;
};

// dw (+)= the weight gradient, db (+)= sum of dy
class SparseDw final : public Operation {
 public:
  explicit SparseDw(const Attributes& a)
      : geometry_(a),
        windows_(a.number("windows", 1)),
        x_(a.per_image("x", geometry_.input_size())),
        lists_(a.per_image("sparse_dy", lists_size(geometry_.filters, windows_))),
        dw_(a.array("dw", geometry_.weight_size())),
        db_(a.array_or_none("db", geometry_.filters)),
        scratch_(a.scratch("scratch", geometry_.weight_size())),
        overwrite_(a.flag("overwrite")) {
    a.require(geometry_.groups == 1, "it has no groups");
    if (a.status().ok()) pixels_ = OutputPixels(geometry_);
  }

  void run(const Task& task) const override {
    const auto& k = kernels();
    const int filters = geometry_.filters, rows = geometry_.kernel_positions() * geometry_.channels;
    const bool accumulate = !(overwrite_ && task.fresh);
    float* sums = task.data(scratch_);  // (filters, rows)
    std::fill_n(sums, std::ptrdiff_t{filters} * rows, 0.0f);
    if (db_ >= 0 && !accumulate) std::fill_n(task.data(db_), filters, 0.0f);
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * task.stride(x_);
      const GradientLists lists = lists_in(task.data(lists_) + i * task.stride(lists_), filters);
      for (int filter = 0; filter < filters; ++filter) {
        pixels_.for_each_entry(lists, filter, windows_, k.sparse_gradient.weight_gradient, x,
                               sums + std::ptrdiff_t{filter} * rows);
      }
      if (db_ >= 0) k.elementwise.add(task.data(db_), lists.sums, filters, task.data(db_));
    }
    k.sparse_gradient.add_transposed(sums, rows, filters, task.data(dw_), accumulate);
  }

 private:
  ConvolutionGeometry geometry_;
  OutputPixels pixels_;
  int windows_;  // of the pooling
  int x_, lists_, dw_, db_, scratch_;
  bool overwrite_;
};

// dx = the input gradient
class SparseDx final : public Operation {
 public:
  explicit SparseDx(const Attributes& a)
      : geometry_(a),
        windows_(a.number("windows", 1)),
        lists_(a.per_image("sparse_dy", lists_size(geometry_.filters, windows_))),
        transposed_weights_(a.array("transposed_weights", geometry_.weight_size())),
        dx_(a.per_image("dx", geometry_.input_size())) {
    a.require(geometry_.groups == 1, "it has no groups");
    if (a.status().ok()) pixels_ = OutputPixels(geometry_);
  }

  void run(const Task& task) const override {
    const int filters = geometry_.filters, rows = geometry_.kernel_positions() * geometry_.channels;
    const float* w = task.data(transposed_weights_);  // (filters, rows)
    for (int i = 0; i < task.count; ++i) {
      float* dx = task.data(dx_) + i * task.stride(dx_);
      std::fill_n(dx, task.stride(dx_), 0.0f);
      const GradientLists lists = lists_in(task.data(lists_) + i * task.stride(lists_), filters);
      for (int filter = 0; filter < filters; ++filter) {
        pixels_.for_each_entry(lists, filter, windows_, kernels().sparse_gradient.input_gradient,
                               w + std::ptrdiff_t{filter} * rows, dx);
      }
    }
  }

 private:
  ConvolutionGeometry geometry_;
  OutputPixels pixels_;
  int windows_;
  int lists_, transposed_weights_, dx_;
};

// The transpose of the weights (rows, columns), so that each filter's are contiguous: a part of
// them
class TransposeWeights final : public Operation {
 public:
  explicit TransposeWeights(const Attributes& a)
      : rows_(a.number("rows", 1)),
        columns_(a.number("columns", 1)),
        weights_(a.array("weights", std::int64_t{rows_} * columns_)),
        transposed_(a.array("transposed_weights", std::int64_t{rows_} * columns_)) {}

  void run(const Task& task) const override {
    const float* from = task.data(weights_);
    float* to = task.data(transposed_);
    const auto [begin, end] = rows_of_part(task, columns_);
    for (int column = begin; column < end; ++column) {
      for (int row = 0; row < rows_; ++row) {
        to[std::ptrdiff_t{column} * rows_ + row] = from[std::ptrdiff_t{row} * columns_ + column];
      }
    }
  }

 private:
  int rows_, columns_;
  int weights_, transposed_;
};

}  // namespace

OperationKinds sparse_gradient_operations() {
  static constexpr OperationKind kKinds[] = {
      {"max_pool_sparse_dx", make<MaxPoolSparseDx>},
      {"sparse_dw", make<SparseDw>},
      {"sparse_dx", make<SparseDx>},
      {"transpose_weights", make<TransposeWeights>},
  };
  return kKinds;
}

}  // namespace scallion
