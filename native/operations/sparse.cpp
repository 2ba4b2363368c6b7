// The gradients of a convolution in front of a max pooling, of the few slopes that the pooling
// passes on: see kernels/sparse.hpp.
#include <algorithm>
#include <cstring>
#include <vector>

#include "geometry.hpp"
#include "operations.hpp"
#include "sorter.hpp"
#include "windows.hpp"

namespace scallion {
namespace {

// An image's slopes in a buffer of floats; `lowering/sparse.py` counts the same.
Slopes slopes_in(float* memory, int filters) {
  auto* counts = reinterpret_cast<std::int32_t*>(memory);
  float* sums = memory + 2 * filters;
  return {counts, counts + filters, sums, reinterpret_cast<Slope*>(sums + filters)};
}

// The runs of inputs that each place of the output meets, and where they start.
class Reach {
 public:
  explicit Reach(const Geometry& g) {
    groups_ = sorted_outputs(g, g.channels, 1).finish(1, 0, 0);
    const auto places = static_cast<std::size_t>(g.out_height) * g.out_width;
    origins_.resize(places), group_of_.resize(places), at_edge_.resize(places);
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (groups_[i].x.size() > groups_[inside_].x.size()) inside_ = i;
    }
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      for (std::size_t k = 0; k < groups_[i].x.size(); ++k) {
        const auto place = static_cast<std::size_t>(groups_[i].y[k]);
        origins_[place] = groups_[i].x[k];
        group_of_[place] = i;
        at_edge_[place] = i != inside_;
      }
    }
  }

  // Whether a place meets other runs than most do; null where none does.
  const std::uint8_t* at_edge() const { return groups_.size() > 1 ? at_edge_.data() : nullptr; }

  // Calls a kernel for a channel's slopes: those inside together, those at the edge one by one.
  template <class Kernel>
  void each(const Slopes& slopes, int channel, int room, Kernel kernel, const float* from,
            float* to) const {
    const Slope* list = slopes.lists + std::ptrdiff_t{channel} * room;
    const auto call = [&](const Slope* first, int count, const Group& group) {
      kernel(first, count, origins_.data(), group.runs.data(),
             static_cast<std::int32_t>(group.runs.size()), from, to);
    };
    if (slopes.inside[channel] > 0) call(list, slopes.inside[channel], groups_[inside_]);
    for (int i = 0; i < slopes.edge[channel]; ++i) {
      const Slope* one = list + room - 1 - i;
      call(one, 1, groups_[group_of_[static_cast<std::size_t>(one->place)]]);
    }
  }

 private:
  std::vector<Group> groups_;
  std::size_t inside_ = 0;
  std::vector<std::int32_t> origins_;
  std::vector<std::size_t> group_of_;
  std::vector<std::uint8_t> at_edge_;
};

class MaxPoolSlopes final : public Operation {
 public:
  explicit MaxPoolSlopes(const Attributes& a)
      : windows_(a),
        reach_(Geometry(a, "conv_")),
        x_(a.buffer("x")),
        y_(a.buffer("y")),
        dy_(a.buffer("dy")),
        slopes_(a.buffer("sparse_dx")),
        mask_(a.integer("relu_mask") != 0) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().sparse_gradient.max_pool_slopes(
          windows_.windows.data(), windows_.count(), windows_.row, windows_.channels, mask_,
          reach_.at_edge(), task.data(x_) + i * task.stride(x_),
          task.data(y_) + i * task.stride(y_), task.data(dy_) + i * task.stride(dy_),
          slopes_in(task.data(slopes_) + i * task.stride(slopes_), windows_.channels));
    }
  }

 private:
  Windows windows_;
  Reach reach_;
  int x_, y_, dy_, slopes_;
  bool mask_;
};

class SparseDw final : public Operation {
 public:
  explicit SparseDw(const Attributes& a)
      : geometry_(a),
        reach_(geometry_),
        x_(a.buffer("x")),
        slopes_(a.buffer("sparse_dy")),
        dw_(a.buffer("dw")),
        db_(a.buffer_or_none("db")),
        scratch_(a.buffer("scratch")),
        room_(static_cast<int>(a.integer("windows"))),
        first_(a.integer("overwrite") != 0) {}

  void run(const Task& task) const override {
    const auto& k = kernels();
    const int filters = geometry_.filters, rows = geometry_.taps() * geometry_.channels;
    const bool more = !(first_ && task.fresh);
    float* sums = task.data(scratch_);
    std::fill_n(sums, std::ptrdiff_t{filters} * rows, 0.0f);
    if (db_ >= 0 && !more) std::fill_n(task.data(db_), filters, 0.0f);
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * task.stride(x_);
      const Slopes slopes = slopes_in(task.data(slopes_) + i * task.stride(slopes_), filters);
      for (int c = 0; c < filters; ++c) {
        reach_.each(slopes, c, room_, k.sparse_gradient.gather_slopes, x,
                    sums + std::ptrdiff_t{c} * rows);
      }
      if (db_ >= 0) k.elementwise.add(task.data(db_), slopes.sums, filters, task.data(db_));
    }
    k.sparse_gradient.add_turned(sums, rows, filters, task.data(dw_), more);
  }

 private:
  Geometry geometry_;
  Reach reach_;
  int x_, slopes_, dw_, db_, scratch_;
  int room_;  // of a list
  bool first_;
};

class SparseDx final : public Operation {
 public:
  explicit SparseDx(const Attributes& a)
      : geometry_(a),
        reach_(geometry_),
        slopes_(a.buffer("sparse_dy")),
        turned_(a.buffer("transposed_weights")),
        dx_(a.buffer("dx")),
        room_(static_cast<int>(a.integer("windows"))) {}

  void run(const Task& task) const override {
    const int filters = geometry_.filters, rows = geometry_.taps() * geometry_.channels;
    const float* w = task.data(turned_);
    for (int i = 0; i < task.count; ++i) {
      float* dx = task.data(dx_) + i * task.stride(dx_);
      std::fill_n(dx, task.stride(dx_), 0.0f);
      const Slopes slopes = slopes_in(task.data(slopes_) + i * task.stride(slopes_), filters);
      for (int c = 0; c < filters; ++c) {
        reach_.each(slopes, c, room_, kernels().sparse_gradient.scatter_slopes,
                    w + std::ptrdiff_t{c} * rows, dx);
      }
    }
  }

 private:
  Geometry geometry_;
  Reach reach_;
  int slopes_, turned_, dx_;
  int room_;
};

// A matrix with its rows as columns: the weights of each filter lie together.
class Turn final : public Operation {
 public:
  explicit Turn(const Attributes& a)
      : weights_(a.buffer("weights")),
        turned_(a.buffer("transposed_weights")),
        rows_(static_cast<int>(a.integer("rows"))),
        columns_(static_cast<int>(a.integer("columns"))) {}

  void run(const Task& task) const override {
    const float* from = task.data(weights_);
    float* to = task.data(turned_);
    const int end = columns_ * (task.part + 1) / task.parts;
    for (int column = columns_ * task.part / task.parts; column < end; ++column) {
      for (int row = 0; row < rows_; ++row) {
        to[std::ptrdiff_t{column} * rows_ + row] = from[std::ptrdiff_t{row} * columns_ + column];
      }
    }
  }

 private:
  int weights_, turned_;
  int rows_, columns_;
};

}  // namespace

Made make_max_pool_slopes(const Attributes& a, const Program&) {
  return std::make_unique<MaxPoolSlopes>(a);
}
Made make_sparse_dw(const Attributes& a, const Program&) { return std::make_unique<SparseDw>(a); }
Made make_sparse_dx(const Attributes& a, const Program&) { return std::make_unique<SparseDx>(a); }
Made make_turn(const Attributes& a, const Program&) { return std::make_unique<Turn>(a); }

}  // namespace scallion
