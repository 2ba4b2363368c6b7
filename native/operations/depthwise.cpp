// Convolution of each channel by itself. Pixels are sorted by which taps reach them, so that
// borders cost only what they use; each run of a group is one tap.
#include <algorithm>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "geometry.hpp"
#include "operations.hpp"

namespace scallion {
namespace {

// Pixels, or taps, that the kernels take together.
constexpr int kDepthTile = 6;

// All pixels that the same taps reach at the same distances, for a whole micro-batch. They go
// through in bands of rows: at stride 2 the four kinds of pixels on the way back lie between each
// other.
class Places {
 public:
  // Bands of so many rows, or the whole image at once where it is 0.
  explicit Places(int band) : band_(band) {}

  // `width` is that of what is read.
  void add(const Geometry& g, const std::vector<Tap>& rows, const std::vector<Tap>& columns,
           int width, int row, std::int32_t y) {
    const int band = band_ == 0 ? 0 : row / band_;
    if (rows.empty() || columns.empty()) {
      found_[{band, {}}].push_back({0, y});
      return;
    }
    const int origin = (rows[0].source * width + columns[0].source) * g.channels;
    std::vector<Run> runs;
    for (const Tap& down : rows) {
      for (const Tap& across : columns) {
        runs.push_back({(down.source * width + across.source) * g.channels - origin,
                        down.kernel * g.kernel_width + across.kernel, 1});
      }
    }
    found_[{band, runs}].push_back({origin, y});
  }

  void finish(int images, std::ptrdiff_t x_image, std::ptrdiff_t y_image) {
    images_ = images;
    for (const auto& [kind, places] : found_) {
      Group& group = groups_.emplace_back(Group{kind.second, {}, {}});
      for (int i = 0; i < images; ++i) {
        for (const auto& [x, y] : places) {
          group.x.push_back(static_cast<std::int32_t>(x + i * x_image));
          group.y.push_back(static_cast<std::int32_t>(y + i * y_image));
        }
      }
    }
    found_.clear();
  }

  // How often the kernels ask for memory while they go through so many images.
  std::ptrdiff_t asks(int images, int channels) const {
    std::size_t all = 0;
    for (const Group& group : groups_) all += group.runs.size() * group.x.size();
    return static_cast<std::ptrdiff_t>(all) / images_ * images / kDepthTile * panels_of(channels) *
           Ahead::kDepthwise;
  }

  template <class Body>
  void each(int images, Body&& body) const {
    for (const Group& group : groups_) {
      const auto count = static_cast<std::int32_t>(group.x.size()) / images_ * images;
      body(Pixels{group.runs.data(), static_cast<std::int32_t>(group.runs.size()), group.x.data(),
                  group.y.data(), count});
    }
  }

 private:
  struct Group {
    std::vector<Run> runs;
    std::vector<std::int32_t> x, y;
  };
  int band_, images_ = 1;
  std::map<std::pair<int, std::vector<Run>>, std::vector<std::pair<std::int32_t, std::int32_t>>>
      found_;
  std::vector<Group> groups_;
};

// Rows of 16 KB: what they read, and a row above and below, stays in the first-level cache (32 KB).
int band_of(int width, int channels) {
  constexpr int kBand = 4 * 1024;  // floats
  return std::max(1, kBand / (width * channels));
}

Places forward_places(const Geometry& g, int images, std::ptrdiff_t x, std::ptrdiff_t y, int band) {
  Places places(band);
  for (int row = 0; row < g.out_height; ++row) {
    const auto rows =
        forward_taps(row, g.height, g.kernel_height, g.stride_y, g.dilation_y, g.pad_y);
    for (int column = 0; column < g.out_width; ++column) {
      const auto columns =
          forward_taps(column, g.width, g.kernel_width, g.stride_x, g.dilation_x, g.pad_x);
      places.add(g, rows, columns, g.width, row, (row * g.out_width + column) * g.channels);
    }
  }
  places.finish(images, x, y);
  return places;
}

Places backward_places(const Geometry& g, int images, std::ptrdiff_t dy, std::ptrdiff_t dx,
                       int band) {
  Places places(band);
  for (int row = 0; row < g.height; ++row) {
    const auto rows =
        backward_taps(row, g.out_height, g.kernel_height, g.stride_y, g.dilation_y, g.pad_y);
    for (int column = 0; column < g.width; ++column) {
      const auto columns =
          backward_taps(column, g.out_width, g.kernel_width, g.stride_x, g.dilation_x, g.pad_x);
      places.add(g, rows, columns, g.out_width, row, (row * g.width + column) * g.channels);
    }
  }
  places.finish(images, dy, dx);
  return places;
}

std::ptrdiff_t size_of(const Program& program, int buffer) {
  return program.plan().buffers[static_cast<std::size_t>(buffer)].size;
}

// Forward and backward to the data read the same packed weights.
class Depthwise final : public Operation {
 public:
  Depthwise(const Attributes& a, const Program& program, bool forward)
      : geometry_(a),
        from_(a.buffer(forward ? "x" : "dy")),
        to_(a.buffer(forward ? "y" : "dx")),
        weights_(a.buffer("packed")),
        bias_(a.buffer_or_none("bias")),
        relu_(forward && a.integer("relu") != 0),
        places_((forward ? forward_places : backward_places)(
            geometry_, static_cast<int>(a.integer("images")), size_of(program, from_),
            size_of(program, to_),
            band_of(forward ? geometry_.out_width : geometry_.width, geometry_.channels))) {}

  bool asks() const override { return true; }

  void run(const Task& task) const override {
    Ahead asking = ahead(task, places_.asks(task.count, geometry_.channels));
    const Panels panels{task.data(weights_), geometry_.taps(), geometry_.channels};
    const float* bias = bias_ < 0 ? nullptr : task.data(bias_);
    places_.each(task.count, [&](const Pixels& pixels) {
      kernels().depthwise.depthwise(pixels, task.data(from_), panels, bias, task.data(to_), relu_,
                                    asking);
    });
  }

 private:
  Geometry geometry_;
  int from_, to_, weights_, bias_;
  bool relu_;
  Places places_;
};

class DepthwiseDw final : public Operation {
 public:
  DepthwiseDw(const Attributes& a, const Program& program)
      : geometry_(a),
        x_(a.buffer("x")),
        dy_(a.buffer("dy")),
        dw_(a.buffer("dw")),
        db_(a.buffer_or_none("db")),
        first_(a.integer("overwrite") != 0),
        places_(forward_places(geometry_, static_cast<int>(a.integer("images")),
                               size_of(program, x_), size_of(program, dy_), 0)) {}

  bool asks() const override { return true; }

  void run(const Task& task) const override {
    const Geometry& g = geometry_;
    Ahead asking = ahead(task, places_.asks(task.count, geometry_.channels));
    const bool more = !(first_ && task.fresh);
    float* dw = task.data(dw_);
    const float *x = task.data(x_), *dy = task.data(dy_);
    const auto size = static_cast<std::size_t>(g.taps()) * static_cast<std::size_t>(g.channels);
    if (!more) std::memset(dw, 0, size * sizeof(float));
    places_.each(task.count, [&](const Pixels& pixels) {
      kernels().depthwise.depthwise_transposed(pixels, x, dy, g.channels, dw, asking);
    });
    if (db_ >= 0) {
      const std::int64_t rows = std::int64_t{task.count} * g.out_height * g.out_width;
      kernels().gemm_transposed.sum_rows(dy, rows, g.channels, task.data(db_), more);
    }
  }

 private:
  Geometry geometry_;
  int x_, dy_, dw_, db_;
  bool first_;
  Places places_;
};

}  // namespace

Made make_depthwise(const Attributes& a, const Program& p) {
  return std::make_unique<Depthwise>(a, p, true);
}
Made make_depthwise_dx(const Attributes& a, const Program& p) {
  return std::make_unique<Depthwise>(a, p, false);
}
Made make_depthwise_dw(const Attributes& a, const Program& p) {
  return std::make_unique<DepthwiseDw>(a, p);
}

}  // namespace scallion
