// The description of one operation, as a serialised program has it, and how constructors read it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "plan.hpp"
#include "status.hpp"

namespace scallion {

// The product of sizes, none of them negative; where no buffer has that many floats,
// a larger number than any.
inline std::int64_t product(std::initializer_list<std::int64_t> factors) {
  constexpr std::int64_t kMost = std::int64_t{1} << 60;
  std::int64_t result = 1;
  for (const std::int64_t factor : factors) {
    result = factor > 0 && result > kMost / factor ? kMost : result * factor;
  }
  return result;
}

// A segment runs over images, or over parts of matrices.
enum class Axis { kImages, kParts };

// An operation's kind, its buffers and its values by name. A program may come from anywhere, so
// whoever reads a buffer states how many floats the operation touches there, and in what kind of
// memory. Where something is missing, too small or out of range, the error is recorded and
// something harmless returned: constructors read all that they need, and `make_operation`'s caller
// checks `status`.
class Attributes {
 public:
  std::string kind;
  std::map<std::string, int> buffers;
  std::map<std::string, std::variant<std::int64_t, double>> values;

  // The number of a buffer with at least so many floats for each image of a task.
  int per_image(const std::string& name, std::int64_t floats) const;
  // The number of a buffer with at least so many floats in all: an array of the caller's, memory of
  // the program, or memory of a lane.
  int array(const std::string& name, std::int64_t floats) const;
  int array_or_none(const std::string& name, std::int64_t floats) const;  // -1 where there is none
  // The number of a buffer with at least so many floats in each lane.
  int lanes(const std::string& name, std::int64_t floats) const;
  // The number of a buffer with so many floats of the running thread's own.
  int scratch(const std::string& name, std::int64_t floats) const;

  bool has_buffer(const std::string& name) const { return buffers.contains(name); }
  // A buffer's floats: per image where it has some for each. Is 0 where there is none.
  std::int64_t floats(const std::string& name) const;
  // Returns true if it has some for each image.
  bool is_per_image(const std::string& name) const;

  int number(const std::string& name, int least = 0) const;  // at least so large
  bool flag(const std::string& name) const { return integer(name) != 0; }
  std::int64_t integer(const std::string& name) const;
  float real(const std::string& name) const;
  float real_or(const std::string& name, float otherwise) const;

  // State that the operation reads so many of the step's scalars.
  void need_scalars(int count) const;
  // Record that the operation cannot be made. The first error is kept.
  void fail(const std::string& why) const;
  void require(bool holds, const char* why) const {
    if (!holds) fail(why);
  }
  const Status& status() const { return status_; }
  int scalars() const { return scalars_; }

  // Set where the operation runs. `width` is that of its segment.
  void place(const Plan& plan, Axis axis, int width);
  const Plan& plan() const { return *plan_; }
  // The most images, and the number of parts, that its tasks have.
  int task_images() const { return axis_ == Axis::kImages ? width_ : plan_->batch; }
  int parts() const { return axis_ == Axis::kParts ? width_ : 1; }

 private:
  const Buffer* find(const std::string& name) const;
  int take(const std::string& name, std::int64_t floats, bool in_place) const;

  const Plan* plan_ = nullptr;
  Axis axis_ = Axis::kImages;
  int width_ = 1;
  mutable int scalars_ = 0;
  mutable Status status_;
};

struct SegmentDescription {
  Axis axis;
  int width;  // images of a micro-batch, or number of parts
  std::vector<Attributes> operations;
};

}  // namespace scallion
