// The table of all operations, by kind.
#include <string>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

constexpr OperationKinds (*kFamilies[])() = {
    activation_operations,
    convolution_operations,
    convolution_max_pool_operations,
    dense_operations,
    depthwise_operations,
    dropout_operations,
    elementwise_operations,
    geometric_augmentation_operations,
    gradient_clipping_operations,
    input_output_operations,
    loss_operations,
    normalization_operations,
    optimizer_operations,
    pack_weights_operations,
    pixel_augmentation_operations,
    pooling_operations,
    preprocessing_operations,
    row_normalization_operations,
    sparse_gradient_operations,
    strided_copy_operations,
    sum_images_operations,
    weight_decay_operations,
    winograd_operations,
};

}  // namespace

const char* operation_kind(int index) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto family : kFamilies) {
      for (const OperationKind& kind : family()) all.emplace_back(kind.name);
    }
    return all;
  }();
  const bool exists = index >= 0 && static_cast<std::size_t>(index) < names.size();
  return exists ? names[static_cast<std::size_t>(index)].c_str() : nullptr;
}

OperationPtr make_operation(const Attributes& attributes) {
  for (const auto family : kFamilies) {
    for (const OperationKind& kind : family()) {
      if (kind.name == attributes.kind) return kind.make(attributes);
    }
  }
  attributes.fail("unknown operation");
  return nullptr;
}

}  // namespace scallion
