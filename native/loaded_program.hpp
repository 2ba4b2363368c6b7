// A program that the C API loaded, and the checks of what callers hand over to run it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "program.hpp"
#include "scallion.h"
#include "status.hpp"

// A program with the arrays that are bound to it and the step that it is running.
struct scallion_program {
  std::vector<std::byte> plan;                 // the header and plan of its serialised form
  std::vector<std::int64_t> array_sizes;       // floats, by the numbers of external arrays
  std::vector<std::vector<float>> own_arrays;  // those of the serialised form
  std::vector<float*> arrays;                  // as bound; empty before
  std::unique_ptr<scallion::Program> program;
  scallion::Step step;
  std::vector<std::int64_t> positions;  // 0, 1, 2, ...: the indices of `predict`
};

namespace scallion {

// Check a step's arguments, and note in the program's own step where they lie.
Status prepare_step(scallion_program& program, const scallion_step& given);

inline Status invalid_argument(const std::string& what) {
  return {SCALLION_INVALID_ARGUMENT, what};
}

#define SCALLION_REQUIRE(condition, what)            \
  do {                                               \
    if (!(condition)) return invalid_argument(what); \
  } while (false)

// "input 0", "target 2", ...
inline std::string nth(const char* what, std::size_t index) {
  return std::string(what) + " " + std::to_string(index);
}

inline std::string received(std::int64_t value) { return ". Received: " + std::to_string(value); }

}  // namespace scallion
