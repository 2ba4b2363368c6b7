#include "constants.hpp"

#include <cstring>

#include "operations/fill_mode.hpp"
#include "program.hpp"
#include "program_format.hpp"
#include "scallion.h"

namespace scallion {

namespace {

struct Constant {
  const char* name;
  std::int64_t value;
};

constexpr Constant kConstants[] = {
    {"api_version", SCALLION_API_VERSION},
    {"format_version", kFormatVersion},
    {"lanes", kLanes},
    {"ignored_label", SCALLION_IGNORED_LABEL},
    {"scope.image", static_cast<std::int64_t>(Scope::kImage)},
    {"scope.batch", static_cast<std::int64_t>(Scope::kBatch)},
    {"scope.lane", static_cast<std::int64_t>(Scope::kLane)},
    {"scope.shared", static_cast<std::int64_t>(Scope::kShared)},
    {"scope.external", static_cast<std::int64_t>(Scope::kExternal)},
    {"scope.scratch", static_cast<std::int64_t>(Scope::kScratch)},
    {"strided_copy.axes", kMaxAxes},
    {"fill_mode.constant", static_cast<std::int64_t>(FillMode::kConstant)},
    {"fill_mode.nearest", static_cast<std::int64_t>(FillMode::kNearest)},
    {"fill_mode.reflect", static_cast<std::int64_t>(FillMode::kReflect)},
    {"fill_mode.wrap", static_cast<std::int64_t>(FillMode::kWrap)},
    {"type.float32", SCALLION_FLOAT32},
    {"type.float64", SCALLION_FLOAT64},
    {"type.bool", SCALLION_BOOL},
    {"type.uint8", SCALLION_UINT8},
    {"type.uint16", SCALLION_UINT16},
    {"type.uint32", SCALLION_UINT32},
    {"type.uint64", SCALLION_UINT64},
    {"type.int8", SCALLION_INT8},
    {"type.int16", SCALLION_INT16},
    {"type.int32", SCALLION_INT32},
    {"type.int64", SCALLION_INT64},
    {"status.invalid_argument", SCALLION_INVALID_ARGUMENT},
    {"status.invalid_program", SCALLION_INVALID_PROGRAM},
    {"status.out_of_memory", SCALLION_OUT_OF_MEMORY},
    {"status.index_out_of_range", SCALLION_INDEX_OUT_OF_RANGE},
    {"status.label_out_of_range", SCALLION_LABEL_OUT_OF_RANGE},
    {"status.unknown_instruction_set", SCALLION_UNKNOWN_INSTRUCTION_SET},
    {"status.no_thread", SCALLION_NO_THREAD},
    {"status.internal_error", SCALLION_INTERNAL_ERROR},
    {"sizeof.rows", sizeof(scallion_rows)},
    {"sizeof.floats", sizeof(scallion_floats)},
    {"sizeof.step", sizeof(scallion_step)},
};

}  // namespace

bool find_constant(const char* name, std::int64_t& value) {
  for (const Constant& constant : kConstants) {
    if (std::strcmp(constant.name, name) != 0) continue;
    value = constant.value;
    return true;
  }
  return false;
}

}  // namespace scallion
