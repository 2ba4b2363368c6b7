// Augmentation of pixel values: random contrast, brightness and erasing.
#include <algorithm>
#include <cmath>

#include "random_draws.hpp"

namespace scallion {
namespace {

float clipped(float x, float low, float high) { return std::min(std::max(x, low), high); }

// y = (x - mean) * factor + mean, channel by channel, clipped to `clip`
class RandomContrast final : public Operation {
 public:
  explicit RandomContrast(const Attributes& a)
      : draws_(a),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        channels_(a.number("channels", 1)),
        factor_(a, "factor"),
        clip_(a, "clip") {
    a.require(a.floats("x") % channels_ == 0, "an image with other channels");
  }

  void run(const Task& task) const override {
    const std::int64_t size = task.stride(x_);
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * size;
      float* y = task.data(y_) + i * size;
      const float factor = factor_(philox(draws_.stream(task, i), 0)[0]);
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
  RandomDraws draws_;
  int x_, y_;
  std::int64_t channels_;
  UniformRange factor_, clip_;
};

// y = x + delta, clipped to `clip`
class RandomBrightness final : public Operation {
 public:
  explicit RandomBrightness(const Attributes& a)
      : draws_(a),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        delta_(a, "delta"),
        clip_(a, "clip") {}

  void run(const Task& task) const override {
    const std::int64_t size = task.stride(x_);
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * size;
      float* y = task.data(y_) + i * size;
      const float delta = delta_(philox(draws_.stream(task, i), 0)[0]);
      for (std::int64_t p = 0; p < size; ++p) y[p] = clipped(x[p] + delta, clip_.low, clip_.high);
    }
  }

 private:
  RandomDraws draws_;
  int x_, y_;
  UniformRange delta_, clip_;
};

// sqrt(-2 * log(u)), the radius in the method of Box and Muller. The logarithm comes from a power
// series: the same bits on every machine.
double radius(double u) {
  int exponent = 0;
  const double fraction = std::frexp(u, &exponent);  // 0.5 to 1
  const double z = (fraction - 1.0) / (fraction + 1.0), square = z * z;
  double series = 0.0;
  for (int n = 41; n >= 1; n -= 2) series = series * square + 1.0 / n;
  return std::sqrt(-2.0 * (2.0 * z * series + exponent * 0.6931471805599453));
}

// Overwrites a random rectangle with one value per channel or with noise, with a random
// probability.
class RandomErasing final : public Operation {
 public:
  explicit RandomErasing(const Attributes& a)
      : draws_(a),
        rows_(a.number("rows", 1)),
        columns_(a.number("columns", 1)),
        channels_(a.number("channels", 1)),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        fill_(a.array("fill", channels_)),
        probability_(a, "probability"),
        area_(a, "area"),
        clip_(a, "clip"),
        is_noise_(a.flag("noise")) {
    const std::int64_t size = a.floats("x");
    a.require(rows_ <= size && columns_ <= size && channels_ <= size && rows_ * columns_ <= size &&
                  rows_ * columns_ * channels_ <= size,
              "the shape of the image");
  }

  void run(const Task& task) const override {
    const std::int64_t size = task.stride(x_);
    for (int i = 0; i < task.count; ++i) {
      const float* x = task.data(x_) + i * size;
      float* y = task.data(y_) + i * size;
      std::copy_n(x, size, y);
      const RandomStream stream = draws_.stream(task, i);
      const auto first = philox(stream, 0), second = philox(stream, 1);
      if (!(uniform(second[1]) < probability_(second[0]))) continue;
      const Interval across = interval(first[0], first[2], columns_);
      const Interval down = interval(first[1], first[3], rows_);
      for (std::int64_t row = down.begin; row < down.end; ++row) {
        for (std::int64_t p = (row * columns_ + across.begin) * channels_;
             p < (row * columns_ + across.end) * channels_; ++p) {
          y[p] = is_noise_ ? noise(stream, p) : task.data(fill_)[p % channels_];
        }
      }
    }
  }

 private:
  struct Interval {
    std::int64_t begin, end;
  };

  // The pixels of a random interval along an axis. Its ends need not be integers: the first pixel
  // is the first at or after its start.
  Interval interval(std::uint32_t length_word, std::uint32_t start_word, std::int64_t size) const {
    const float length = std::sqrt(area_(length_word)) * static_cast<float>(size);
    const float start = uniform(start_word) * (static_cast<float>(size) - length);
    const auto begin = static_cast<std::int64_t>(std::ceil(start));
    const auto end = static_cast<std::int64_t>(std::ceil(start + length));
    return {std::clamp<std::int64_t>(begin, 0, size), std::clamp<std::int64_t>(end, 0, size)};
  }

  // Normally distributed (Box and Muller), from two words per value. Element p uses half a block,
  // after the two blocks of the rectangle.
  float noise(const RandomStream& stream, std::int64_t p) const {
    const auto words = philox(stream, static_cast<std::uint32_t>(2 + p / 2));
    const std::uint32_t first = words[p % 2 == 0 ? 0 : 2], second = words[p % 2 == 0 ? 1 : 3];
    const double u = (static_cast<double>(first) + 1.0) * 0x1p-32;
    const double normal = radius(u) * direction(static_cast<double>(second) * 0x1p-32).cosine;
    return clipped(static_cast<float>(normal) * clip_.high, clip_.low, clip_.high);
  }

  RandomDraws draws_;
  std::int64_t rows_, columns_, channels_;
  int x_, y_, fill_;
  UniformRange probability_, area_, clip_;
  bool is_noise_;
};

}  // namespace

OperationKinds pixel_augmentation_operations() {
  static constexpr OperationKind kKinds[] = {
      {"random_contrast", make<RandomContrast>},
      {"random_brightness", make<RandomBrightness>},
      {"random_erasing", make<RandomErasing>},
  };
  return kKinds;
}

}  // namespace scallion
