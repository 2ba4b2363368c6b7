// A program: segments of operations between meeting points, over planned buffers. It is made once
// for a graph and a batch size; a step allocates nothing, locks nothing and calls no Python.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "kernels/table.hpp"
#include "pool.hpp"

namespace scallion {

constexpr int kLanes = 16;  // the cut of a batch, whatever the number of threads

// Where a buffer lives, and for how long.
enum class Scope {
  kImage,     // one micro-batch inside a segment: memory of the running thread
  kBatch,     // all images of the batch, across segments
  kLane,      // one copy a lane: gradients and sums, to be added up in lane order
  kShared,    // one copy: packed weights, statistics, merged gradients
  kExternal,  // the caller's own array: weights, optimizer state
  kScratch,   // memory of the running thread, while one operation runs
};

struct Buffer {
  Scope scope;
  std::int64_t size;    // floats, for one image where the scope is of images
  std::int64_t offset;  // floats, within its scope; for external ones the number of the array
};

// Images as the caller holds them. Rows are contiguous; row i starts at data + i * stride.
struct Images {
  const std::byte* data;
  std::int64_t stride;  // bytes
  char kind;            // 'f' float, 'i' signed, 'u' unsigned, 'b' bool
  int item;             // bytes
};

// What changes from step to step.
struct Step {
  std::vector<Images> inputs;
  const std::int64_t* indices = nullptr;
  int images = 0;
  std::vector<const void*> targets;   // int64 labels or float32 rows, one an output
  std::vector<const float*> factors;  // what each image's loss counts, or null for 1 / images
  std::vector<float*> outputs;
  std::uint64_t seed = 0;
  std::uint32_t number = 0;
  std::vector<float> scalars;  // learning rate and kin, computed by the caller
};

class Program;

// A piece of a segment that one thread does: images of a lane, or a part of a matrix.
struct Task {
  const Program& program;
  const Step& step;
  int thread;
  int lane;
  int first;   // position in the batch of the first image
  int count;   // images
  bool fresh;  // the lane's first images in this segment: gradients are set, not added to
  int part, parts;
  // The images that the thread most likely takes next, and the segment's buffers of images.
  int next = 0, next_count = 0;
  const std::vector<int>* buffers = nullptr;

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
  // Whether its kernel asks for the next images' memory while it computes.
  virtual bool asks() const { return false; }
  // The operations of a segment that ask share what there is.
  void take_turn(int turn, int turns) { turn_ = turn, turns_ = turns; }

 protected:
  // What this operation asks for where its kernel does so that many times.
  Ahead ahead(const Task&, std::ptrdiff_t times) const;

 private:
  int turn_ = 0, turns_ = 1;
};

// An operation's row in the program's table.
struct Attributes {
  std::string kind;
  std::map<std::string, std::int64_t> buffers;
  std::map<std::string, std::variant<std::int64_t, double>> values;

  int buffer(const std::string& name) const;          // throws std::invalid_argument
  int buffer_or_none(const std::string& name) const;  // -1
  std::int64_t integer(const std::string& name) const;
  float real(const std::string& name) const;
};

enum class Axis { kImages, kParts };

struct Segment {
  Axis axis;
  int width;    // images of a micro-batch, or number of parts
  bool turned;  // lanes are taken from the last to the first
  std::vector<std::unique_ptr<Operation>> operations;
  std::vector<int> buffers;  // of images, kept across segments

  int lane_at(int number) const { return turned ? kLanes - 1 - number : number; }
  // Tells a task which images come next: those of its lane, which ends at `end`, or of the lane
  // that is claimed as the `number`th.
  void look_ahead(Task& task, int end, int number) const;
};

// Memory on a cache line, filled with zeros.
class Floats {
 public:
  Floats() = default;
  explicit Floats(std::int64_t size);
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
  struct Plan {
    int batch;
    std::vector<Buffer> buffers;
    std::int64_t
        image_floats;  // a thread's arena: a whole micro-batch, and scratch memory behind it
    std::int64_t batch_floats;  // for one image
    std::int64_t lane_floats;
    std::int64_t shared_floats;
    int losses;
  };

  // Throws std::bad_alloc before anything is kept.
  Program(Plan plan, int threads);

  void add_segment(Axis axis, int width, const std::vector<Attributes>& rows);
  // The first `segments` depend on nothing but these external buffers, as packed weights do: they
  // run again only when one of them has changed.
  void settle(int segments, std::vector<int> buffers);
  void bind(std::vector<float*> arrays);
  // Runs one step; the losses, one an output, are left in `losses`.
  void run(const Step& step, int threads);
  void use_threads(int threads);

  const std::vector<double>& losses() const { return losses_; }
  // The first image of the last step with a pixel that is no number, of its first such input; -1 if
  // there is none. Operations note what they find, in any order.
  struct Place {
    int input, image;
  };
  Place strange() const;
  void note_strange(int input, int image) const;
  // Where an operation leaves a lane's loss.
  double& lane_loss(int lane, int output) const;
  const Plan& plan() const { return plan_; }
  std::vector<std::vector<double>> seconds(const Step& step);

 private:
  friend struct Task;
  friend class Operation;
  void run_segment(const Segment& segment, const Step& step, int thread,
                   std::atomic<int>& claimed) const;
  std::size_t first_segment();

  Plan plan_;
  std::vector<Segment> segments_;
  bool turned_ = true;  // as the last segment by images is
  std::vector<Floats> arenas_;
  Floats batch_, lanes_, shared_;
  std::vector<float*> external_;
  // What the settled segments were last run on. The caller's arrays are his to write into at any
  // time, so they are compared, which costs a fraction of packing them.
  struct Settled {
    std::size_t segments = 0;
    std::vector<int> buffers;
    std::vector<std::vector<float>> seen;
  } settled_;
  mutable std::vector<double> lane_losses_;
  std::vector<double> losses_;
  mutable std::atomic<std::int64_t> strange_{kNothingStrange};

  static constexpr std::int64_t kNothingStrange = std::numeric_limits<std::int64_t>::max();
};

// The operation that a row asks for. Throws std::invalid_argument where there is none.
std::unique_ptr<Operation> make_operation(const Attributes& row, const Program& program);

inline std::ptrdiff_t Task::stride(int buffer) const {
  return program.plan_.buffers[static_cast<std::size_t>(buffer)].size;
}

}  // namespace scallion
