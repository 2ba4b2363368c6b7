// Augmentation that moves pixels: each image is read where a map of its own says.
#include <array>
#include <cmath>
#include <cstring>

#include "drawing.hpp"

namespace scallion {
namespace {

// Where an output pixel is read: x from a0 * x + a1 * y + a2, y from b0 * x + b1 * y + b2.
struct Map {
  float a0, a1, a2, b0, b1, b2;
};

enum class Fill { kConstant, kNearest, kReflect, kWrap };  // numbers of `lowering/augmentation.py`

constexpr std::int32_t kOutside = -1;

// The place that stands for one outside of 0 to size - 1, or kOutside.
std::int32_t inside(std::int32_t place, std::int32_t size, Fill fill) {
  if (place >= 0 && place < size) return place;
  switch (fill) {
    case Fill::kConstant:
      return kOutside;
    case Fill::kNearest:
      return place < 0 ? 0 : size - 1;
    case Fill::kReflect: {  // d c b a | a b c d | d c b a
      const std::int32_t around = ((place % (2 * size)) + 2 * size) % (2 * size);
      return around < size ? around : 2 * size - 1 - around;
    }
    default:
      return ((place % size) + size) % size;
  }
}

// The two places that a coordinate lies between, and how near it is to the second.
struct Between2 {
  std::int32_t first, second;
  float share;
};

class Warp : public Operation {
 public:
  explicit Warp(const Attributes& a)
      : rows_(static_cast<std::int32_t>(a.integer("rows"))),
        columns_(static_cast<std::int32_t>(a.integer("columns"))),
        drawing_(a),
        x_(a.buffer("x")),
        y_(a.buffer("y")),
        channels_(static_cast<std::int32_t>(a.integer("channels"))),
        out_rows_(static_cast<std::int32_t>(a.integer("out_rows"))),
        out_columns_(static_cast<std::int32_t>(a.integer("out_columns"))),
        fill_(static_cast<Fill>(a.integer("fill_mode"))),
        is_nearest_(a.integer("nearest") != 0),
        value_(a.real("fill_value")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * task.stride(x_);
      float* y = task.data(y_) + i * task.stride(y_);
      const Map map = draw(philox(drawing_.of(task, i), 0));
      if (keeps_the_grid(map)) {
        copy(map, x, y);
      } else {
        sample(map, x, y);
      }
    }
  }

 protected:
  virtual Map draw(const std::array<std::uint32_t, 4>& words) const = 0;

  std::int32_t rows_, columns_;

 private:
  // Whether every output pixel is one input pixel.
  bool keeps_the_grid(const Map& m) const {
    const bool straight =
        m.a1 == 0.0f && m.b0 == 0.0f && std::abs(m.a0) == 1.0f && std::abs(m.b1) == 1.0f;
    return straight && (is_nearest_ || (m.a2 == std::floor(m.a2) && m.b2 == std::floor(m.b2)));
  }

  void copy(const Map& map, const float* x, float* y) const {
    const auto left = static_cast<std::int32_t>(std::nearbyint(map.a2));
    const auto top = static_cast<std::int32_t>(std::nearbyint(map.b2));
    const std::int32_t right = map.a0 < 0.0f ? -1 : 1, down = map.b1 < 0.0f ? -1 : 1;
    for (std::int32_t i = 0; i < out_rows_; ++i) {
      const std::int32_t row = inside(down * i + top, rows_, fill_);
      const float* from = x + static_cast<std::ptrdiff_t>(row) * columns_ * channels_;
      for (std::int32_t j = 0; j < out_columns_; ++j, y += channels_) {
        const std::int32_t column = inside(right * j + left, columns_, fill_);
        const bool is_there = row != kOutside && column != kOutside;
        for (std::int32_t c = 0; c < channels_; ++c) {
          y[c] = is_there ? from[column * channels_ + c] : value_;
        }
      }
    }
  }

  void sample(const Map& m, const float* x, float* y) const {
    for (std::int32_t i = 0; i < out_rows_; ++i) {
      const auto row = static_cast<float>(i);
      for (std::int32_t j = 0; j < out_columns_; ++j, y += channels_) {
        const auto column = static_cast<float>(j);
        mix(x, between(column * m.b0 + row * m.b1 + m.b2, rows_),
            between(column * m.a0 + row * m.a1 + m.a2, columns_), y);
      }
    }
  }

  Between2 between(float place, std::int32_t size) const {
    // Further out than this, all fillings repeat or stand still, and a float counts no pixels.
    constexpr float kFar = 1e6f;
    const float near = place < -kFar ? -kFar : place > kFar ? kFar : place;
    const float floor = is_nearest_ ? std::nearbyint(near) : std::floor(near);
    const auto first = static_cast<std::int32_t>(floor);
    return {inside(first, size, fill_), inside(first + 1, size, fill_),
            is_nearest_ ? 0.0f : near - floor};
  }

  // One pixel from the four around it.
  void mix(const float* x, const Between2& row, const Between2& column, float* y) const {
    const std::int32_t rows[2] = {row.first, row.second};
    const std::int32_t columns[2] = {column.first, column.second};
    const float down[2] = {1.0f - row.share, row.share};
    const float across[2] = {1.0f - column.share, column.share};
    for (std::int32_t c = 0; c < channels_; ++c) y[c] = 0.0f;
    for (int i = 0; i < (is_nearest_ ? 1 : 2); ++i) {
      for (int j = 0; j < (is_nearest_ ? 1 : 2); ++j) {
        const float share = down[i] * across[j];
        const bool is_there = rows[i] != kOutside && columns[j] != kOutside;
        const std::ptrdiff_t at =
            is_there ? (static_cast<std::ptrdiff_t>(rows[i]) * columns_ + columns[j]) * channels_
                     : 0;
        for (std::int32_t c = 0; c < channels_; ++c) {
          y[c] += share * (is_there ? x[at + c] : value_);
        }
      }
    }
  }

  Drawing drawing_;
  int x_, y_;
  std::int32_t channels_, out_rows_, out_columns_;
  Fill fill_;
  bool is_nearest_;
  float value_;
};

using Words = std::array<std::uint32_t, 4>;

class Flip final : public Warp {
 public:
  explicit Flip(const Attributes& a)
      : Warp(a),
        is_horizontal_(a.integer("horizontal") != 0),
        is_vertical_(a.integer("vertical") != 0) {}

 private:
  Map draw(const Words& words) const override {
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

// Shifts by `height` and `width`, in pixels.
class Translate final : public Warp {
 public:
  explicit Translate(const Attributes& a) : Warp(a), height_(a, "height"), width_(a, "width") {}

 private:
  Map draw(const Words& words) const override {
    return {1.0f, 0.0f, -width_(words[1]), 0.0f, 1.0f, -height_(words[0])};
  }

  Between height_, width_;
};

// A window of whole pixels, each of its `height` and `width` places as likely as another.
class Crop final : public Warp {
 public:
  explicit Crop(const Attributes& a) : Warp(a), height_(a, "height"), width_(a, "width") {}

 private:
  Map draw(const Words& words) const override {
    return {1.0f, 0.0f, std::floor(width_(words[1])), 0.0f, 1.0f, std::floor(height_(words[0]))};
  }

  Between height_, width_;
};

// Around the middle: `turns` counter-clockwise.
class Rotate final : public Warp {
 public:
  explicit Rotate(const Attributes& a) : Warp(a), turns_(a, "turns") {}

 private:
  Map draw(const Words& words) const override {
    const Direction d = direction(static_cast<double>(turns_(words[0])));
    const auto cosine = static_cast<float>(d.cosine), sine = static_cast<float>(d.sine);
    const float x = static_cast<float>(columns_ - 1) / 2, y = static_cast<float>(rows_ - 1) / 2;
    return {cosine, -sine, x - x * cosine + y * sine, sine, cosine, y - x * sine - y * cosine};
  }

  Between turns_;
};

// Around the middle, where 1 is the size that it had and more shows more: smaller things.
class Zoom final : public Warp {
 public:
  explicit Zoom(const Attributes& a)
      : Warp(a),
        height_(a, "height"),
        width_(a, "width"),
        is_alike_(a.integer("keep_aspect_ratio") != 0) {}

 private:
  Map draw(const Words& words) const override {
    const float down = height_(words[0]);
    const float across = is_alike_ ? down : width_(words[1]);
    return {across, 0.0f, static_cast<float>(columns_ - 1) / 2 * (1.0f - across),
            0.0f,   down, static_cast<float>(rows_ - 1) / 2 * (1.0f - down)};
  }

  Between height_, width_;
  bool is_alike_;
};

}  // namespace

Made make_flip(const Attributes& a, const Program&) { return std::make_unique<Flip>(a); }
Made make_translate(const Attributes& a, const Program&) { return std::make_unique<Translate>(a); }
Made make_crop(const Attributes& a, const Program&) { return std::make_unique<Crop>(a); }
Made make_rotate(const Attributes& a, const Program&) { return std::make_unique<Rotate>(a); }
Made make_zoom(const Attributes& a, const Program&) { return std::make_unique<Zoom>(a); }

}  // namespace scallion
