// The pixels of a convolution, sorted by which weights they meet, so that borders cost only what
// they use.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "geometry.hpp"

namespace scallion {

// All pixels that meet the same weights at the same distances.
struct Group {
  std::vector<Run> runs;
  std::vector<std::int32_t> x, y;  // for as many images as a micro-batch may have

  // Pixels by inputs.
  std::ptrdiff_t rounds() const {
    std::ptrdiff_t inputs = 0;
    for (const Run& run : runs) inputs += run.length;
    return inputs * static_cast<std::ptrdiff_t>(x.size());
  }
};

struct Plane {
  int width, channels;                   // of what is read
  int kernel_width, run, reversed_taps;  // `reversed_taps` > 0: weights are packed last tap first
};

class Sorter {
 public:
  explicit Sorter(Plane plane) : plane_(plane) {}

  void add(const std::vector<Tap>& rows, const std::vector<Tap>& columns, std::int32_t y) {
    if (rows.empty() || columns.empty()) {
      groups_[{}].push_back({0, y});
      return;
    }
    const int origin = (rows[0].source * plane_.width + columns[0].source) * plane_.channels;
    std::vector<Run> runs;
    for (const Tap& row : rows) {
      for (const Tap& column : columns) {
        const int tap = row.kernel * plane_.kernel_width + column.kernel;
        const int packed = plane_.reversed_taps ? plane_.reversed_taps - 1 - tap : tap;
        const Run run{(row.source * plane_.width + column.source) * plane_.channels - origin,
                      packed * plane_.run, plane_.run};
        if (!runs.empty() && runs.back().x + runs.back().length == run.x &&
            runs.back().row + runs.back().length == run.row) {
          runs.back().length += run.length;
        } else {
          runs.push_back(run);
        }
      }
    }
    groups_[runs].push_back({origin, y});
  }

  std::vector<Group> finish(int images, std::ptrdiff_t x_image, std::ptrdiff_t y_image) const {
    std::vector<Group> groups;
    for (const auto& [runs, places] : groups_) {
      Group group{runs, {}, {}};
      for (int i = 0; i < images; ++i) {
        for (const auto& [x, y] : places) {
          group.x.push_back(static_cast<std::int32_t>(x + i * x_image));
          group.y.push_back(static_cast<std::int32_t>(y + i * y_image));
        }
      }
      groups.push_back(std::move(group));
    }
    return groups;
  }

 private:
  Plane plane_;
  std::map<std::vector<Run>, std::vector<std::pair<std::int32_t, std::int32_t>>> groups_;
};

// The outputs of a convolution, `y_step` floats apart, and the `channels` of each input that a
// group of filters reads.
inline Sorter sorted_outputs(const Geometry& g, int channels, int y_step) {
  Sorter sorter({g.width, g.channels, g.kernel_width, channels, 0});
  for (int y = 0; y < g.out_height; ++y) {
    const auto rows = forward_taps(y, g.height, g.kernel_height, g.stride_y, g.dilation_y, g.pad_y);
    for (int x = 0; x < g.out_width; ++x) {
      sorter.add(rows, forward_taps(x, g.width, g.kernel_width, g.stride_x, g.dilation_x, g.pad_x),
                 (y * g.out_width + x) * y_step);
    }
  }
  return sorter;
}

}  // namespace scallion
