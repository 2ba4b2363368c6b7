// The kinds of operations that a program can contain: how they are declared and made.
//
// Each file of this folder implements a family of operations and returns their kinds, which
// operation_table.cpp puts together. An operation reads its attributes and looks up its buffers
// once, in its constructor; `run` only calls kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "../program.hpp"

namespace scallion {

using OperationPtr = std::unique_ptr<Operation>;

struct OperationKind {
  std::string_view name;  // as lowering writes it
  OperationPtr (*make)(const Attributes&);
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
OperationKinds row_normalization_operations();
OperationKinds sparse_gradient_operations();
OperationKinds strided_copy_operations();
OperationKinds sum_images_operations();
OperationKinds weight_decay_operations();
OperationKinds winograd_operations();

// Makes an operation of a class. Its constructor takes the attributes, and states how much of each
// buffer it uses: see Attributes.
template <class T>
OperationPtr make(const Attributes& a) {
  return std::make_unique<T>(a);
}

// The images that an operation makes tables for: as many as its tasks have. Offsets in its buffers
// are numbers of 32 bits.
inline int table_images(const Attributes& a) {
  const int images = a.number("images", 1);
  a.require(images == a.task_images(), "'images' is not the number that its tasks have");
  for (const auto& [name, number] : a.buffers) {
    a.require(!a.is_per_image(name) ||
                  a.floats(name) <= std::numeric_limits<std::int32_t>::max() / images,
              "its images are too large");
  }
  return images;
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

// The part of `count` rows that a task processes.
inline std::pair<int, int> rows_of_part(const Task& task, int count) {
  const auto boundary = [&](int part) {
    return static_cast<int>(std::int64_t{count} * part / task.parts);
  };
  return {boundary(task.part), boundary(task.part + 1)};
}

// The part of `count` elements that a task processes. Parts begin at multiples of 16 floats, a
// cache line.
inline Range part_of(const Task& task, std::int64_t count) {
  const std::int64_t lines = (count + 15) / 16;
  const auto boundary = [&](int part) { return std::min(count, lines * part / task.parts * 16); };
  return {boundary(task.part), boundary(task.part + 1)};
}

}  // namespace scallion
