// The plan of a program before it is made: its memory, its buffers, its inputs and outputs.
#pragma once

#include <cstdint>
#include <vector>

namespace scallion {

// A batch is divided into as many lanes by position, whatever the number of threads, so that sums
// over images are the same.
constexpr int kLanes = 16;

// Where a buffer lives, and for how long.
enum class Scope : std::uint8_t {
  kImage,     // one micro-batch inside a segment: memory of the running thread
  kBatch,     // all images of the batch, across segments
  kLane,      // one copy per lane: gradients and sums, to be added up in lane order
  kShared,    // one copy: packed weights, statistics, merged gradients
  kExternal,  // the caller's own array: weights, optimizer state
  kScratch,   // memory of the running thread, while one operation runs
};
constexpr int kScopes = 6;

struct Buffer {
  Scope scope;
  std::int64_t size;    // floats; per image for the scopes kImage and kBatch
  std::int64_t offset;  // floats, within its scope; for external buffers the number of the array
};

// One input or output: its elements per image, and the number of classes where its targets are
// labels, else 0.
struct Port {
  std::int64_t size;
  std::int64_t classes;
};

// The sizes of a program's memory, and the places of its buffers there. Offsets and sizes of arenas
// are multiples of kLineFloats.
struct Plan {
  int batch;  // the most images per step
  std::vector<Buffer> buffers;
  std::int64_t image_floats;  // a thread's arena: a whole micro-batch, then scratch memory
  std::int64_t batch_floats;  // per image
  std::int64_t lane_floats;
  std::int64_t shared_floats;
  int losses;  // of the first outputs
  std::vector<Port> inputs, outputs;
};

}  // namespace scallion
