// Augmentation that leaves pixels where they are: contrast, brightness, erased parts.
#include <algorithm>
#include <cmath>

#include "drawing.hpp"

namespace scallion {
namespace {

float clipped(float x, float low, float high) { return std::min(std::max(x, low), high); }

// y = (x - mean) * factor + mean, a channel at a time, within `clip`.
class Contrast final : public Operation {
 public:
  explicit Contrast(const Attributes& a)
      : drawing_(a),
        x_(a.buffer("x")),
        y_(a.buffer("y")),
        channels_(a.integer("channels")),
        factor_(a, "factor"),
        clip_(a, "clip") {}

  void run(const Task& task) const override {
    const std::int64_t size = task.stride(x_);
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * size;
      float* y = task.data(y_) + i * size;
      const float factor = factor_(philox(drawing_.of(task, i), 0)[0]);
      for (std::int64_t c = 0; c < channels_; ++c) {
        double sum = 0.0;
        for (std::int64_t p = c; p < size; p += channels_) sum += static_cast<double>(x[p]);
        const auto mean = static_cast<float>(sum / static_cast<double>(size / channels_));
        for (std::int64_t p = c; p < size; p += channels_) {
          y[p] = clipped((x[p] - mean) * factor + mean, clip_.low, clip_.high);
        }
      }
    }
  }

 private:
  Drawing drawing_;
  int x_, y_;
  std::int64_t channels_;
  Between factor_, clip_;
};

// y = x + delta, within `clip`.
class Brighten final : public Operation {
 public:
  explicit Brighten(const Attributes& a)
      : drawing_(a), x_(a.buffer("x")), y_(a.buffer("y")), delta_(a, "delta"), clip_(a, "clip") {}

  void run(const Task& task) const override {
    const std::int64_t size = task.stride(x_);
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * size;
      float* y = task.data(y_) + i * size;
      const float delta = delta_(philox(drawing_.of(task, i), 0)[0]);
      for (std::int64_t p = 0; p < size; ++p) y[p] = clipped(x[p] + delta, clip_.low, clip_.high);
    }
  }

 private:
  Drawing drawing_;
  int x_, y_;
  Between delta_, clip_;
};

// The square root of -2 ln(u): by halves and a series, so that every machine has the same bits.
double radius(double u) {
  int exponent = 0;
  const double part = std::frexp(u, &exponent);  // 0.5 to 1
  const double z = (part - 1.0) / (part + 1.0), square = z * z;
  double series = 0.0;
  for (int n = 41; n >= 1; n -= 2) series = series * square + 1.0 / n;
  return std::sqrt(-2.0 * (2.0 * z * series + exponent * 0.6931471805599453));
}

// A rectangle is overwritten, with one number a channel or with noise.
class Erase final : public Operation {
 public:
  explicit Erase(const Attributes& a)
      : drawing_(a),
        x_(a.buffer("x")),
        y_(a.buffer("y")),
        fill_(a.buffer("fill")),
        rows_(a.integer("rows")),
        columns_(a.integer("columns")),
        channels_(a.integer("channels")),
        chance_(a, "probability"),
        area_(a, "area"),
        clip_(a, "clip"),
        is_noise_(a.integer("noise") != 0) {}

  void run(const Task& task) const override {
    const std::int64_t size = task.stride(x_);
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * size;
      float* y = task.data(y_) + i * size;
      std::copy_n(x, size, y);
      const Draw draw = drawing_.of(task, i);
      const auto first = philox(draw, 0), second = philox(draw, 1);
      if (!(uniform(second[1]) < chance_(second[0]))) continue;
      const Side across = side(first[0], first[2], columns_);
      const Side down = side(first[1], first[3], rows_);
      for (std::int64_t row = down.begin; row < down.end; ++row) {
        for (std::int64_t p = (row * columns_ + across.begin) * channels_;
             p < (row * columns_ + across.end) * channels_; ++p) {
          y[p] = is_noise_ ? noise(draw, p) : task.data(fill_)[p % channels_];
        }
      }
    }
  }

 private:
  struct Side {
    std::int64_t begin, end;
  };

  // The pixels at or behind a start, and before an end, that need not be whole.
  Side side(std::uint32_t of_length, std::uint32_t of_start, std::int64_t size) const {
    const float length = std::sqrt(area_(of_length)) * static_cast<float>(size);
    const float start = uniform(of_start) * (static_cast<float>(size) - length);
    const auto begin = static_cast<std::int64_t>(std::ceil(start));
    const auto end = static_cast<std::int64_t>(std::ceil(start + length));
    return {std::clamp<std::int64_t>(begin, 0, size), std::clamp<std::int64_t>(end, 0, size)};
  }

  // Box and Muller's: two words make a number; pixel p takes half a block, behind the first two.
  float noise(const Draw& draw, std::int64_t p) const {
    const auto words = philox(draw, static_cast<std::uint32_t>(2 + p / 2));
    const std::uint32_t one = words[p % 2 == 0 ? 0 : 2], other = words[p % 2 == 0 ? 1 : 3];
    const double u = (static_cast<double>(one) + 1.0) * 0x1p-32;
    const double normal = radius(u) * direction(static_cast<double>(other) * 0x1p-32).cosine;
    return clipped(static_cast<float>(normal) * clip_.high, clip_.low, clip_.high);
  }

  Drawing drawing_;
  int x_, y_, fill_;
  std::int64_t rows_, columns_, channels_;
  Between chance_, area_, clip_;
  bool is_noise_;
};

}  // namespace

Made make_contrast(const Attributes& a, const Program&) { return std::make_unique<Contrast>(a); }
Made make_brighten(const Attributes& a, const Program&) { return std::make_unique<Brighten>(a); }
Made make_erase(const Attributes& a, const Program&) { return std::make_unique<Erase>(a); }

}  // namespace scallion
