// A program: segments of operations with a barrier after each, over buffers that were planned in
// advance. It is made once for a graph and a batch size. A step allocates nothing, takes no lock
// and calls no Python.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <vector>

#include "attributes.hpp"
#include "kernels/kernels.hpp"
#include "pool.hpp"
#include "status.hpp"

namespace scallion {

// Images as the caller holds them. Those of one image are contiguous; image i starts at
// data + i * stride.
struct Images {
  const std::byte* data;
  std::int64_t stride;  // bytes
  char kind;            // 'f' float, 'i' signed, 'u' unsigned, 'b' bool
  int item;             // bytes
};

// The arguments of one step.
struct Step {
  std::vector<Images> inputs;
  const std::int64_t* indices = nullptr;  // (images,)
  int images = 0;
  std::vector<const void*> targets;   // per loss: int64 labels or float32 rows
  std::vector<const float*> factors;  // per loss: the weight of each image, or null for 1 / images
  std::vector<float*> outputs;
  std::uint64_t seed = 0;
  std::uint32_t number = 0;
  std::vector<float> scalars;  // the learning rate first, computed by the caller
};

class Program;

// A piece of a segment that one thread runs: images of a lane, or a part of a matrix.
struct Task {
  const Program& program;
  const Step& step;
  int thread;
  int lane;
  int first;   // position in the batch of the first image
  int count;   // images
  bool fresh;  // the lane's first images in this segment: gradients are set, not added to
  int part, parts;
  // The images that the thread most likely runs next, and the segment's buffers of scope kBatch.
  int next = 0, next_count = 0;
  const std::vector<int>* buffers = nullptr;

  // A buffer's floats, from the task's first image on where it has one part per image.
  float* data(int buffer) const;
  double* doubles(int buffer) const { return reinterpret_cast<double*>(data(buffer)); }
  std::ptrdiff_t stride(int buffer) const;  // floats between images
  float* lane_data(int buffer, int of_lane) const;
  bool lane_is_empty(int of_lane) const;
};

class Operation {
 public:
  virtual ~Operation() = default;
  virtual void run(const Task&) const = 0;
  // Returns true if its kernel prefetches the next images' memory while it computes.
  virtual bool prefetches() const { return false; }
  // The operations of a segment that prefetch divide that memory: this one has share `share`.
  void set_prefetch_share(int share, int shares) { share_ = share, shares_ = shares; }

 protected:
  // The memory of this operation's share, for a kernel that prefetches `steps` times.
  Prefetch prefetch_share(const Task&, std::ptrdiff_t steps) const;

 private:
  int share_ = 0, shares_ = 1;
};

struct Segment {
  Axis axis;
  int width;
  bool reversed;  // lanes are taken from the last to the first
  std::vector<std::unique_ptr<Operation>> operations;
  std::vector<int> buffers;  // those of scope kBatch that it uses

  int lane_at(int number) const { return reversed ? kLanes - 1 - number : number; }
  // Set which images come next for a task: those of its lane, which ends at `end`, or of the lane
  // that is claimed as the `number`th.
  void set_next_images(Task& task, int end, int number) const;
};

// Memory that starts on a cache line, filled with zeros.
class Floats {
 public:
  [[nodiscard]] bool allocate(std::int64_t size);  // false where memory is short
  float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* p) const { ::operator delete[](p, std::align_val_t{kAlignment}); }
  };
  static constexpr std::size_t kAlignment = 64;
  std::unique_ptr<float[], Free> data_;
};

class Program {
 public:
  // Check the plan, allocate the buffers for so many threads and make the operations. The first
  // `constant_segments` depend on nothing but the external buffers `constant_buffers`, as packed
  // weights do: they run again only when one of these has changed.
  static Status create(Plan plan, std::vector<SegmentDescription>& segments, int constant_segments,
                       std::vector<int> constant_buffers, int threads,
                       std::unique_ptr<Program>& made);

  // Set the external arrays. Each is at least as large as the buffers that name it.
  void bind(std::vector<float*> arrays);
  // Run one step, or a part of one: the segments from `begin` up to `end`, which is 0 for all that
  // follow. A part begins with 0, or continues the last one that ran. Each output's loss is in
  // `losses` afterwards.
  Status run(const Step& step, int threads, int begin = 0, int end = 0);
  // Run one step on one thread and write the seconds that each operation took, in order.
  Status profile(const Step& step, double* seconds);

  const Plan& plan() const { return plan_; }
  int operation_count() const;
  int scalar_count() const { return scalars_; }  // that a step has to have
  const std::vector<double>& losses() const { return losses_; }
  // The first image of the last step with a pixel that is NaN or infinite, of the first such input;
  // -1 where there is none. Operations report what they find in any order.
  struct Position {
    int input, image;
  };
  Position nonfinite() const;
  void report_nonfinite(int input, int image) const;
  // Where an operation leaves a lane's loss.
  double& lane_loss(int lane, int output) const;

 private:
  friend struct Task;
  friend class Operation;
  explicit Program(Plan plan) : plan_(std::move(plan)) {}
  Status allocate(int threads);
  Status add_segment(SegmentDescription& segment);
  Status set_constant(int segments, std::vector<int> buffers);
  Status use_threads(int threads);
  void run_segment(const Segment& segment, const Step& step, int thread,
                   std::atomic<int>& claimed) const;
  std::size_t first_segment();

  Plan plan_;
  std::vector<Segment> segments_;
  int scalars_ = 0;
  bool reversed_ = true;  // as the last segment over images is
  std::vector<Floats> arenas_;
  Floats batch_, lanes_, shared_;
  std::vector<float*> external_;
  // What the constant segments last ran on. The caller may write into the arrays at any time, so
  // their contents are compared, which takes a fraction of the time of packing them.
  struct Constant {
    std::size_t segments = 0;
    std::vector<int> buffers;
    std::vector<Floats> copies;
    bool have_run = false;
  } constant_;
  std::vector<std::atomic<int>> claimed_;  // per segment: lanes or parts that threads have taken
  // Where the last part of a step ended, and its images.
  int continues_at_ = 0, continues_images_ = 0;
  mutable std::vector<double> lane_losses_;
  std::vector<double> losses_;
  mutable std::atomic<std::int64_t> nonfinite_{kNone};

  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
};

// Make the operation that the attributes describe. On failure their status says why.
std::unique_ptr<Operation> make_operation(const Attributes& attributes);

// The kinds of operations that `make_operation` knows, by index; null after the last.
const char* operation_kind(int index);

inline std::ptrdiff_t Task::stride(int buffer) const {
  return program.plan_.buffers[static_cast<std::size_t>(buffer)].size;
}

}  // namespace scallion
