// Random draws of dropout and augmentation: streams of Philox words per image, and values from
// words. src/scallion/engine/random.py computes the same.
#pragma once

#include <cmath>

#include "operations.hpp"

namespace scallion {

// The random streams of an operation, from the run's seed or from its own where it has one.
class RandomDraws {
 public:
  explicit RandomDraws(const Attributes& a)
      : operation_(static_cast<std::uint32_t>(a.integer("operation"))),
        has_seed_(a.flag("has_seed")),
        seed_(static_cast<std::uint64_t>(a.integer("seed"))) {}

  // The stream of the task's i-th image.
  RandomStream stream(const Task& task, int i) const {
    return {has_seed_ ? seed_ : task.step.seed, static_cast<std::uint32_t>(task.first + i),
            operation_, task.step.number};
  }

 private:
  std::uint32_t operation_;
  bool has_seed_;
  std::uint64_t seed_;
};

// Uniform in [0, 1), from the upper 24 bits of a word.
inline float uniform(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

// A uniform distribution over [NAME_low, NAME_high), two attributes.
struct UniformRange {
  float low, high;
  UniformRange(const Attributes& a, const std::string& name)
      : low(a.real(name + "_low")), high(a.real(name + "_high")) {}
  float operator()(std::uint32_t word) const { return low + (high - low) * uniform(word); }
};

struct Direction {
  double cosine, sine;
};

// The cosine and sine of `turns` * 2 * pi, from their power series: the same bits on every machine,
// which the C library's functions do not promise.
inline Direction direction(double turns) {
  if (!(std::abs(turns) < 0x1p28)) return {1.0, 0.0};  // a damaged program: no number of quarters
  const double quarters = std::nearbyint(turns * 4.0);
  const double angle =
      (turns * 4.0 - quarters) * 1.5707963267948966;  // of at most an eighth of a turn
  double cosine = 0.0, sine = 0.0, term = 1.0;
  for (int n = 0; n < 18; ++n) {
    double& sum = n % 2 == 0 ? cosine : sine;
    sum += n % 4 < 2 ? term : -term;
    term *= angle / (n + 1);
  }
  switch (static_cast<int>(quarters) & 3) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

}  // namespace scallion
