// Inputs and outputs of a program: images from the caller's arrays, predictions to them.
#include <algorithm>
#include <cstring>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

// to (count,) = from, whose elements need not be aligned
template <class Number>
void cast(const std::byte* from, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    Number value;
    std::memcpy(&value, from + i * static_cast<std::int64_t>(sizeof value), sizeof value);
    to[i] = static_cast<float>(value);
  }
}

using Cast = void (*)(const std::byte*, std::int64_t, float*);

// By kind ('f', 'i', 'u' or 'b') and bytes per element.
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

// Casts the task's images to float32 and rescales them, y = x * scale + offset. Where
// `check_finite` is set, it reports images with NaN or infinite pixels: here they are in the
// first-level cache.
class Input final : public Operation {
 public:
  explicit Input(const Attributes& a)
      : index_(static_cast<std::size_t>(a.number("index"))),
        y_(a.per_image("y", 0)),
        scale_(a.real("scale")),
        offset_(a.real("offset")),
        check_finite_(a.flag("check_finite")) {
    const std::vector<Port>& inputs = a.plan().inputs;
    a.require(index_ < inputs.size() && inputs[index_].size == a.floats("y"),
              "the program has no input of this size");
  }

  void run(const Task& task) const override {
    const Images& images = task.step.inputs[index_];
    const Cast cast = cast_for(images.kind, images.item);
    const std::ptrdiff_t size = task.stride(y_);
    float* y = task.data(y_);
    for (int i = 0; i < task.count; ++i, y += size) {
      cast(images.data + task.step.indices[task.first + i] * images.stride, size, y);
      if (check_finite_ && images.kind == 'f' && !kernels().elementwise.is_finite(y, size)) {
        task.program.report_nonfinite(static_cast<int>(index_), task.first + i);
      }
      if (scale_ != 1.0f || offset_ != 0.0f) {
        kernels().elementwise.rescale(y, size, scale_, offset_, y);
      }
    }
  }

 private:
  std::size_t index_;
  int y_;
  float scale_, offset_;
  bool check_finite_;
};

// Copies a layer's output to the caller's array.
class Output final : public Operation {
 public:
  explicit Output(const Attributes& a)
      : index_(static_cast<std::size_t>(a.number("index"))), x_(a.per_image("x", 0)) {
    const std::vector<Port>& outputs = a.plan().outputs;
    a.require(index_ < outputs.size() && outputs[index_].size == a.floats("x"),
              "the program has no output of this size");
  }

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_);
    std::memcpy(task.step.outputs[index_] + task.first * size, task.data(x_),
                static_cast<std::size_t>(task.count * size) * sizeof(float));
  }

 private:
  std::size_t index_;
  int x_;
};

}  // namespace

OperationKinds input_output_operations() {
  static constexpr OperationKind kKinds[] = {
      {"input", make<Input>},
      {"output", make<Output>},
  };
  return kKinds;
}

}  // namespace scallion
