// The kinds of operations that a program can contain: how they are declared and made.
//
// Each file of this folder implements a family of operations and returns their kinds, which
// operation_table.cpp puts together. An operation reads its attributes and looks up its buffers
// once, in its constructor; `run` only calls kernels.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "../program.hpp"

namespace scallion {

using OperationPtr = std::unique_ptr<Operation>;

struct OperationKind {
  std::string_view name;  // as lowering writes it
  OperationPtr (*make)(const Attributes&, const Program&);
};
using OperationKinds = std::span<const OperationKind>;

OperationKinds activation_operations();
OperationKinds convolution_operations();
OperationKinds convolution_max_pool_operations();
OperationKinds dense_operations();
OperationKinds depthwise_operations();
OperationKinds dropout_operations();
OperationKinds elementwise_operations();
OperationKinds geometric_augmentation_operations();
OperationKinds gradient_clipping_operations();
OperationKinds input_output_operations();
OperationKinds loss_operations();
OperationKinds normalization_operations();
OperationKinds optimizer_operations();
OperationKinds pack_weights_operations();
OperationKinds pixel_augmentation_operations();
OperationKinds pooling_operations();
OperationKinds preprocessing_operations();
OperationKinds sparse_gradient_operations();
OperationKinds strided_copy_operations();
OperationKinds sum_images_operations();
OperationKinds weight_decay_operations();
OperationKinds winograd_operations();

// Makes an operation of a class whose constructor takes the attributes, and the program if it needs
// its plan.
template <class T>
OperationPtr make(const Attributes& a, const Program& program) {
  if constexpr (std::is_constructible_v<T, const Attributes&, const Program&>) {
    return std::make_unique<T>(a, program);
  } else {
    return std::make_unique<T>(a);
  }
}

// The floats of a buffer: per image for those of images.
inline std::ptrdiff_t buffer_size(const Program& program, int buffer) {
  return program.plan().buffers[static_cast<std::size_t>(buffer)].size;
}

// The floats of all of the task's images in a buffer, which are contiguous.
inline std::int64_t floats(const Task& task, int buffer) {
  return task.stride(buffer) * task.count;
}

// The panels of a packed matrix with so many columns: see PackedMatrix in kernels/gemm.hpp.
inline int panel_count(int columns) {
  const int panel = 2 * kernels().width;
  return (columns + panel - 1) / panel;
}

struct Range {
  std::int64_t begin, end;
};

// The part of `count` elements that a task processes. Parts begin at multiples of 16 floats, a
// cache line.
inline Range part_of(const Task& task, std::int64_t count) {
  const std::int64_t lines = (count + 15) / 16;
  const auto boundary = [&](int part) { return std::min(count, lines * part / task.parts * 16); };
  return {boundary(task.part), boundary(task.part + 1)};
}

}  // namespace scallion
