// The serialised form of a program, version 1. `scallion.engine.programs.program_format` writes it.
//
// All numbers are little-endian and unaligned. `string` is a uint8 length and as many bytes of
// [a-z0-9_]. A count precedes the elements that it counts.
//
//   header, 32 bytes
//     byte[8]  "SCALLION"
//     uint32   format version: 1
//     uint32   number of arrays at the end: 0, or all external arrays of the program
//     uint64   bytes of the plan
//     uint64   0, reserved
//   plan
//     uint32   lanes: how many parts a batch is divided into (kLanes)
//     uint32   batch: the most images per step
//     uint64   floats of a thread's arena
//     uint64   floats per image of the batch's memory
//     uint64   floats per lane
//     uint64   floats of shared memory
//     uint32   number of losses
//     uint32   count of inputs, each: shape
//     uint32   count of outputs, each: shape, uint32 classes (0 where targets are floats)
//     uint32   count of buffers, each: uint8 scope, uint64 size, uint64 offset (see Buffer)
//     uint32   number of the first segments that depend on external arrays alone
//     uint32   count of the buffers that they depend on, each: uint32 buffer
//     uint32   count of segments, each:
//       uint8  1 where it runs over images, 0 where it runs over parts
//       uint32 images of a micro-batch, or number of parts
//       uint32 count of operations, each:
//         string kind
//         uint8  count of buffers, each: string name, uint32 buffer
//         uint8  count of values, each: string name, uint8 type (0 int64, 1 float64), 8 bytes
//   arrays, in the order of their numbers
//     uint64   number of floats
//     float32  each
//
// A shape is a uint8 count of sides and a uint32 for each, without the batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "program.hpp"
#include "status.hpp"

namespace scallion {

constexpr std::uint32_t kFormatVersion = 1;

// A program that was read, and not checked beyond its syntax.
struct ProgramDescription {
  Plan plan;
  std::vector<SegmentDescription> segments;
  int constant_segments;
  std::vector<int> constant_buffers;
  std::size_t plan_bytes;  // of the header and the plan
  std::vector<std::vector<float>> arrays;
};

Status read_program(const std::byte* bytes, std::size_t size, ProgramDescription& description);

// The bytes that a program takes with arrays of these sizes, whose header and plan take
// `plan_bytes`.
std::size_t saved_size(std::size_t plan_bytes, const std::vector<std::int64_t>& array_sizes);

// Write the form with arrays: `plan` is the header and plan as they were read.
void write_program(const std::vector<std::byte>& plan, const std::vector<const float*>& arrays,
                   const std::vector<std::int64_t>& array_sizes, std::byte* to);

}  // namespace scallion
