// Geometric augmentation: random flips, translations, crops, rotations and zooms. Each image is
// resampled through a random affine map.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "fill_mode.hpp"
#include "random_draws.hpp"

namespace scallion {
namespace {

// Output pixel (column, row) reads the input at column a0 * column + a1 * row + a2 and at row
// b0 * column + b1 * row + b2, in the notation of Keras.
struct AffineMap {
  float a0, a1, a2, b0, b1, b2;
};

constexpr std::int32_t kOutside = -1;
// Beyond this, floats are too coarse to name a pixel, and casts could overflow.
constexpr float kFar = 1e6f;

// The index in [0, size) that is read for any index, or kOutside for the fill value.
std::int32_t inside(std::int32_t index, std::int32_t size, FillMode fill_mode) {
  if (index >= 0 && index < size) return index;
  switch (fill_mode) {
    case FillMode::kConstant:
      return kOutside;
    case FillMode::kNearest:
      return index < 0 ? 0 : size - 1;
    case FillMode::kReflect: {  // d c b a | a b c d | d c b a
      const std::int32_t folded = ((index % (2 * size)) + 2 * size) % (2 * size);
      return folded < size ? folded : 2 * size - 1 - folded;
    }
    default:
      return ((index % size) + size) % size;
  }
}

// The two indices that a coordinate lies between, and the weight of the second.
struct Neighbours {
  std::int32_t first, second;
  float weight;
};

// x (rows, columns, C), y (out_rows, out_columns, C)
class AffineAugmentation : public Operation {
 public:
  explicit AffineAugmentation(const Attributes& a)
      : rows_(side(a, "rows")),
        columns_(side(a, "columns")),
        draws_(a),
        channels_(side(a, "channels")),
        out_rows_(side(a, "out_rows")),
        out_columns_(side(a, "out_columns")),
        x_(a.per_image("x", std::int64_t{rows_} * columns_ * channels_)),
        y_(a.per_image("y", std::int64_t{out_rows_} * out_columns_ * channels_)),
        fill_mode_(static_cast<FillMode>(a.number("fill_mode"))),
        is_nearest_(a.flag("nearest")),
        fill_value_(a.real("fill_value")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * task.stride(x_);
      float* y = task.data(y_) + i * task.stride(y_);
      const AffineMap map = random_map(philox(draws_.stream(task, i), 0));
      if (keeps_grid(map)) {
        copy(map, x, y);
      } else {
        sample(map, x, y);
      }
    }
  }

 protected:
  // The map for the first four random words of an image.
  virtual AffineMap random_map(const std::array<std::uint32_t, 4>& words) const = 0;

  std::int32_t rows_, columns_;

 private:
  // Returns true if every output pixel is an input pixel, without interpolation.
  bool keeps_grid(const AffineMap& m) const {
    const bool axis_aligned =
        m.a1 == 0.0f && m.b0 == 0.0f && std::abs(m.a0) == 1.0f && std::abs(m.b1) == 1.0f;
    const bool near = std::abs(m.a2) <= kFar && std::abs(m.b2) <= kFar;
    return axis_aligned && near &&
           (is_nearest_ || (m.a2 == std::floor(m.a2) && m.b2 == std::floor(m.b2)));
  }

  void copy(const AffineMap& map, const float* x, float* y) const {
    const auto left = static_cast<std::int32_t>(std::nearbyint(map.a2));
    const auto top = static_cast<std::int32_t>(std::nearbyint(map.b2));
    const std::int32_t right = map.a0 < 0.0f ? -1 : 1, down = map.b1 < 0.0f ? -1 : 1;
    for (std::int32_t i = 0; i < out_rows_; ++i) {
      const std::int32_t row = inside(down * i + top, rows_, fill_mode_);
      const float* from = x + static_cast<std::ptrdiff_t>(row) * columns_ * channels_;
      for (std::int32_t j = 0; j < out_columns_; ++j, y += channels_) {
        const std::int32_t column = inside(right * j + left, columns_, fill_mode_);
        const bool is_inside = row != kOutside && column != kOutside;
        for (std::int32_t c = 0; c < channels_; ++c) {
          y[c] = is_inside ? from[column * channels_ + c] : fill_value_;
        }
      }
    }
  }

  void sample(const AffineMap& m, const float* x, float* y) const {
    for (std::int32_t i = 0; i < out_rows_; ++i) {
      const auto row = static_cast<float>(i);
      for (std::int32_t j = 0; j < out_columns_; ++j, y += channels_) {
        const auto column = static_cast<float>(j);
        interpolate(x, neighbours(column * m.b0 + row * m.b1 + m.b2, rows_),
                    neighbours(column * m.a0 + row * m.a1 + m.a2, columns_), y);
      }
    }
  }

  Neighbours neighbours(float position, std::int32_t size) const {
    const float clipped = position > -kFar ? (position < kFar ? position : kFar) : -kFar;
    const float floor = is_nearest_ ? std::nearbyint(clipped) : std::floor(clipped);
    const auto first = static_cast<std::int32_t>(floor);
    return {inside(first, size, fill_mode_), inside(first + 1, size, fill_mode_),
            is_nearest_ ? 0.0f : clipped - floor};
  }

  // Bilinear interpolation of one pixel, from the four around it.
  void interpolate(const float* x, const Neighbours& row, const Neighbours& column,
                   float* y) const {
    const std::int32_t rows[2] = {row.first, row.second};
    const std::int32_t columns[2] = {column.first, column.second};
    const float down[2] = {1.0f - row.weight, row.weight};
    const float across[2] = {1.0f - column.weight, column.weight};
    for (std::int32_t c = 0; c < channels_; ++c) y[c] = 0.0f;
    for (int i = 0; i < (is_nearest_ ? 1 : 2); ++i) {
      for (int j = 0; j < (is_nearest_ ? 1 : 2); ++j) {
        const float weight = down[i] * across[j];
        const bool is_inside = rows[i] != kOutside && columns[j] != kOutside;
        const std::ptrdiff_t at =
            is_inside ? (static_cast<std::ptrdiff_t>(rows[i]) * columns_ + columns[j]) * channels_
                      : 0;
        for (std::int32_t c = 0; c < channels_; ++c) {
          y[c] += weight * (is_inside ? x[at + c] : fill_value_);
        }
      }
    }
  }

  // Short enough that twice a side is a number of 32 bits, and the product of three of 64.
  static std::int32_t side(const Attributes& a, const char* name) {
    constexpr int kMost = 1 << 20;
    const int size = a.number(name, 1);
    a.require(size <= kMost, "sides that are too long");
    return std::min(size, kMost);
  }

  RandomDraws draws_;
  std::int32_t channels_, out_rows_, out_columns_;
  int x_, y_;
  FillMode fill_mode_;
  bool is_nearest_;
  float fill_value_;
};

using Words = std::array<std::uint32_t, 4>;

class RandomFlip final : public AffineAugmentation {
 public:
  explicit RandomFlip(const Attributes& a)
      : AffineAugmentation(a),
        is_horizontal_(a.flag("horizontal")),
        is_vertical_(a.flag("vertical")) {}

 private:
  AffineMap random_map(const Words& words) const override {
    const bool across = is_horizontal_ && uniform(words[0]) < 0.5f;
    const bool down = is_vertical_ && uniform(words[1]) < 0.5f;
    return {across ? -1.0f : 1.0f,
            0.0f,
            across ? static_cast<float>(columns_ - 1) : 0.0f,
            0.0f,
            down ? -1.0f : 1.0f,
            down ? static_cast<float>(rows_ - 1) : 0.0f};
  }

  bool is_horizontal_, is_vertical_;
};

// Shifts down by `height` and right by `width` pixels
class RandomTranslation final : public AffineAugmentation {
 public:
  explicit RandomTranslation(const Attributes& a)
      : AffineAugmentation(a), height_(a, "height"), width_(a, "width") {}

 private:
  AffineMap random_map(const Words& words) const override {
    return {1.0f, 0.0f, -width_(words[1]), 0.0f, 1.0f, -height_(words[0])};
  }

  UniformRange height_, width_;
};

// A window at a random integer position, `height` pixels down and `width` pixels right
class RandomCrop final : public AffineAugmentation {
 public:
  explicit RandomCrop(const Attributes& a)
      : AffineAugmentation(a), height_(a, "height"), width_(a, "width") {}

 private:
  AffineMap random_map(const Words& words) const override {
    return {1.0f, 0.0f, std::floor(width_(words[1])), 0.0f, 1.0f, std::floor(height_(words[0]))};
  }

  UniformRange height_, width_;
};

// Rotates counter-clockwise around the centre by `turns` full turns
class RandomRotation final : public AffineAugmentation {
 public:
  explicit RandomRotation(const Attributes& a) : AffineAugmentation(a), turns_(a, "turns") {}

 private:
  AffineMap random_map(const Words& words) const override {
    const Direction d = direction(static_cast<double>(turns_(words[0])));
    const auto cosine = static_cast<float>(d.cosine), sine = static_cast<float>(d.sine);
    const float x = static_cast<float>(columns_ - 1) / 2, y = static_cast<float>(rows_ - 1) / 2;
    return {cosine, -sine, x - x * cosine + y * sine, sine, cosine, y - x * sine - y * cosine};
  }

  UniformRange turns_;
};

// Zooms around the centre: the output shows `height` and `width` times the input's height and
// width. With `keep_aspect_ratio` both are `height`.
class RandomZoom final : public AffineAugmentation {
 public:
  explicit RandomZoom(const Attributes& a)
      : AffineAugmentation(a),
        height_(a, "height"),
        width_(a, "width"),
        keep_aspect_ratio_(a.flag("keep_aspect_ratio")) {}

 private:
  AffineMap random_map(const Words& words) const override {
    const float down = height_(words[0]);
    const float across = keep_aspect_ratio_ ? down : width_(words[1]);
    return {across, 0.0f, static_cast<float>(columns_ - 1) / 2 * (1.0f - across),
            0.0f,   down, static_cast<float>(rows_ - 1) / 2 * (1.0f - down)};
  }

  UniformRange height_, width_;
  bool keep_aspect_ratio_;
};

}  // namespace

OperationKinds geometric_augmentation_operations() {
  static constexpr OperationKind kKinds[] = {
      {"random_flip", make<RandomFlip>}, {"random_translation", make<RandomTranslation>},
      {"random_crop", make<RandomCrop>}, {"random_rotation", make<RandomRotation>},
      {"random_zoom", make<RandomZoom>},
  };
  return kKinds;
}

}  // namespace scallion
