// Where images come in and answers go out.
#include <algorithm>
#include <cstring>

#include "operations.hpp"

namespace scallion {
namespace {

template <class Number>
void cast(const std::byte* from, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    Number value;
    std::memcpy(&value, from + i * static_cast<std::int64_t>(sizeof value), sizeof value);
    to[i] = static_cast<float>(value);
  }
}

using Cast = void (*)(const std::byte*, std::int64_t, float*);

Cast cast_for(char kind, int item) {
  if (kind == 'f') return item == 4 ? cast<float> : cast<double>;
  if (kind == 'b') return cast<std::uint8_t>;
  const bool is_signed = kind == 'i';
  switch (item) {
    case 1:
      return is_signed ? cast<std::int8_t> : cast<std::uint8_t>;
    case 2:
      return is_signed ? cast<std::int16_t> : cast<std::uint16_t>;
    case 4:
      return is_signed ? cast<std::int32_t> : cast<std::uint32_t>;
    default:
      return is_signed ? cast<std::int64_t> : cast<std::uint64_t>;
  }
}

// Fetches the task's images, casts them, and scales them: y = x * factor + shift. Where it is asked
// to, it looks for pixels that are no numbers while the first-level cache has them.
class Input final : public Operation {
 public:
  explicit Input(const Attributes& a)
      : number_(static_cast<std::size_t>(a.integer("index"))),
        y_(a.buffer("y")),
        factor_(a.real("scale")),
        shift_(a.real("offset")),
        checked_(a.integer("check_finite") != 0) {}

  void run(const Task& task) const override {
    const Images& images = task.step.inputs[number_];
    const Cast cast = cast_for(images.kind, images.item);
    const std::ptrdiff_t size = task.stride(y_);
    float* y = task.data(y_);
    for (int i = 0; i < task.count; ++i, y += size) {
      cast(images.data + task.step.indices[task.first + i] * images.stride, size, y);
      if (checked_ && images.kind == 'f' && !kernels().elementwise.finite(y, size)) {
        task.program.report_nonfinite(static_cast<int>(number_), task.first + i);
      }
      if (factor_ != 1.0f || shift_ != 0.0f)
        kernels().elementwise.scale(y, size, factor_, shift_, y);
    }
  }

 private:
  std::size_t number_;
  int y_;
  float factor_, shift_;
  bool checked_;
};

// Copies what the network answers to the caller.
class Output final : public Operation {
 public:
  explicit Output(const Attributes& a)
      : number_(static_cast<std::size_t>(a.integer("index"))), x_(a.buffer("x")) {}

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_);
    std::memcpy(task.step.outputs[number_] + task.first * size, task.data(x_),
                static_cast<std::size_t>(task.count * size) * sizeof(float));
  }

 private:
  std::size_t number_;
  int x_;
};

}  // namespace

Made make_input(const Attributes& a, const Program&) { return std::make_unique<Input>(a); }
Made make_output(const Attributes& a, const Program&) { return std::make_unique<Output>(a); }

}  // namespace scallion
