// Checks of a step's arguments: images, indices, targets, sample weights, outputs.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "loaded_program.hpp"

namespace scallion {

namespace {

// An element type as Images names it.
struct Element {
  char kind;
  int bytes;
};

constexpr Element kElements[] = {{'f', 4}, {'f', 8}, {'b', 1}, {'u', 1}, {'u', 2}, {'u', 4},
                                 {'u', 8}, {'i', 1}, {'i', 2}, {'i', 4}, {'i', 8}};
static_assert(std::size(kElements) == SCALLION_INT64 + 1);

Status check_images(std::size_t number, const scallion_rows& rows, const Port& input,
                    const std::int64_t* indices, std::int64_t images) {
  SCALLION_REQUIRE(rows.type >= 0 && rows.type <= SCALLION_INT64,
                   nth("input", number) + " has no known type" + received(rows.type));
  SCALLION_REQUIRE(rows.row_size == input.size, nth("input", number) + " takes images of " +
                                                    std::to_string(input.size) + " elements" +
                                                    received(rows.row_size));
  SCALLION_REQUIRE(rows.rows >= 0 && (rows.data != nullptr || images == 0 || input.size == 0),
                   nth("input", number) + " is missing");
  for (std::int64_t i = 0; i < images; ++i) {
    if (indices[i] < 0 || indices[i] >= rows.rows) {
      return {SCALLION_INDEX_OUT_OF_RANGE, "there are images 0 to " +
                                               std::to_string(rows.rows - 1) +
                                               ". Received: index " + std::to_string(indices[i])};
    }
  }
  return {};
}

Status check_labels(const std::int64_t* labels, std::int64_t count, std::int64_t classes) {
  for (std::int64_t i = 0; i < count; ++i) {
    if ((labels[i] < 0 || labels[i] >= classes) && labels[i] != SCALLION_IGNORED_LABEL) {
      return {SCALLION_LABEL_OUT_OF_RANGE, "labels go from 0 to " + std::to_string(classes - 1) +
                                               " where the network has " + std::to_string(classes) +
                                               " outputs. Received: " + std::to_string(labels[i])};
    }
  }
  return {};
}

Status check_target(std::size_t number, const scallion_rows& rows, const Port& output,
                    std::int64_t images) {
  const bool sparse = output.classes > 0;
  SCALLION_REQUIRE(rows.type == (sparse ? SCALLION_INT64 : SCALLION_FLOAT32),
                   nth("target", number) + (sparse ? " takes int64 labels" : " takes float32"));
  const std::int64_t size = sparse ? output.size / output.classes : output.size;
  const std::int64_t bytes = size * (sparse ? 8 : 4);
  SCALLION_REQUIRE(rows.rows == images,
                   nth("target", number) + " needs one row per image" + received(rows.rows));
  SCALLION_REQUIRE(rows.row_size == size && (images < 2 || rows.row_stride == bytes),
                   nth("target", number) + " takes contiguous rows of " + std::to_string(size) +
                       " elements" + received(rows.row_size));
  SCALLION_REQUIRE(rows.data != nullptr || images * size == 0,
                   nth("target", number) + " is missing");
  if (!sparse) return {};
  return check_labels(static_cast<const std::int64_t*>(rows.data), images * size, output.classes);
}

}  // namespace

Status prepare_step(scallion_program& p, const scallion_step& given) {
  Step& step = p.step;
  const Plan& plan = p.program->plan();
  const auto losses = static_cast<std::size_t>(plan.losses);
  SCALLION_REQUIRE(p.arrays.size() == p.array_sizes.size(), "no arrays are bound to the program");
  SCALLION_REQUIRE(given.images >= 0 && given.images <= plan.batch,
                   "the program takes at most " + std::to_string(plan.batch) + " images" +
                       received(given.images));
  SCALLION_REQUIRE(given.indices != nullptr || given.images == 0, "indices are missing");
  SCALLION_REQUIRE(given.input_count == static_cast<std::int32_t>(plan.inputs.size()) &&
                       given.output_count == static_cast<std::int32_t>(plan.outputs.size()) &&
                       given.target_count == static_cast<std::int32_t>(losses),
                   "the program has another number of inputs, outputs or losses");
  SCALLION_REQUIRE(
      given.scalar_count >= p.program->scalar_count() && (given.scalars || given.scalar_count == 0),
      "the program needs " + std::to_string(p.program->scalar_count()) + " scalars" +
          received(given.scalar_count));
  SCALLION_REQUIRE((given.inputs || plan.inputs.empty()) &&
                       (given.outputs || plan.outputs.empty()) &&
                       ((given.targets && given.sample_weights && given.losses) || losses == 0),
                   "inputs, targets or outputs are missing");
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
    const scallion_rows& rows = given.inputs[i];
    SCALLION_RETURN_IF_ERROR(check_images(i, rows, plan.inputs[i], given.indices, given.images));
    const Element& element = kElements[rows.type];
    step.inputs[i] = {static_cast<const std::byte*>(rows.data), rows.row_stride, element.kind,
                      element.bytes};
  }
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    const std::int64_t size = given.images * plan.outputs[i].size;
    SCALLION_REQUIRE(given.outputs[i].size == size && (given.outputs[i].data || size == 0),
                     nth("output", i) + " needs room for " + std::to_string(size) + " floats" +
                         received(given.outputs[i].size));
    step.outputs[i] = given.outputs[i].data;
  }
  for (std::size_t i = 0; i < losses; ++i) {
    SCALLION_RETURN_IF_ERROR(check_target(i, given.targets[i], plan.outputs[i], given.images));
    step.targets[i] = given.targets[i].data;
    const scallion_floats& weights = given.sample_weights[i];
    SCALLION_REQUIRE(!weights.data || weights.size == given.images,
                     "there is one sample weight per image" + received(weights.size));
    step.factors[i] = weights.data;
  }
  step.indices = given.indices;
  step.images = static_cast<int>(given.images);
  step.scalars.assign(given.scalars, given.scalars + given.scalar_count);
  step.seed = given.seed;
  step.number = given.number;
  return {};
}

}  // namespace scallion
