#include "plan_check.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace scallion {

namespace {

// A cache line. The sizes and offsets of arenas are multiples of it.
constexpr std::int64_t kLineFloats = 16;
// No arena is larger: a bound far below the overflow of sums and products of sizes.
constexpr std::int64_t kMostFloats = std::int64_t{1} << 42;
constexpr int kMostImages = 1 << 24;
constexpr int kMostParts = 1 << 16;

Status invalid(const std::string& what) { return {SCALLION_INVALID_PROGRAM, what}; }

bool is_size(std::int64_t floats) { return floats >= 0 && floats <= kMostFloats; }

bool is_aligned(std::int64_t floats) { return floats % kLineFloats == 0; }

Status check_ports(const Plan& plan) {
  if (static_cast<std::size_t>(plan.losses) > plan.outputs.size()) {
    return invalid("the program has more losses than outputs");
  }
  for (const std::vector<Port>* ports : {&plan.inputs, &plan.outputs}) {
    for (const Port& port : *ports) {
      if (port.size > kMostFloats / plan.batch) return invalid("an input or output is too large");
    }
  }
  for (const Port& output : plan.outputs) {
    if (output.classes > 0 && output.size % output.classes != 0) {
      return invalid("an output has no valid number of classes");
    }
  }
  return {};
}

// The floats that each arena needs for its buffers.
class Needs {
 public:
  explicit Needs(const Plan& plan) : plan_(plan) {}

  Status add(const Buffer& buffer) {
    if (!is_size(buffer.size) || !is_size(buffer.offset)) {
      return invalid("a buffer has no valid size");
    }
    if (buffer.scope == Scope::kExternal) return {};
    if (!is_aligned(buffer.offset)) return invalid("a buffer has no valid offset");
    grow(buffer, 1);
    return {};
  }

  // A micro-batch of `width` images lies in the arena as a whole.
  Status add_segment(const SegmentDescription& segment) {
    for (const Attributes& row : segment.operations) {
      for (const auto& [name, number] : row.buffers) {
        if (number < 0 || number >= static_cast<int>(plan_.buffers.size())) {
          return invalid(row.kind + ": there is no buffer '" + name + "'");
        }
        const Buffer& buffer = plan_.buffers[static_cast<std::size_t>(number)];
        if (buffer.scope != Scope::kImage) continue;
        if (segment.axis != Axis::kImages || buffer.size > kMostFloats / segment.width) {
          return invalid(row.kind + ": the buffer '" + name + "' is outside of its arena");
        }
        grow(buffer, segment.width);
      }
    }
    return {};
  }

  // More than the buffers need is refused, too: it would be allocated and cleared in vain.
  Status check() const {
    const std::int64_t given[] = {plan_.image_floats, plan_.batch_floats, plan_.lane_floats,
                                  plan_.shared_floats};
    const std::int64_t needed[] = {image_, batch_, lane_, shared_};
    for (std::size_t i = 0; i < std::size(given); ++i) {
      if (!is_size(given[i]) || !is_aligned(given[i])) {
        return invalid("an arena has no valid size");
      }
      if (given[i] < needed[i]) return invalid("a buffer is outside of its arena");
      if (given[i] - needed[i] >= kLineFloats) {
        return invalid("an arena is larger than its buffers need");
      }
    }
    if (plan_.batch_floats > kMostFloats / plan_.batch) {
      return invalid("an arena has no valid size");
    }
    return {};
  }

 private:
  void grow(const Buffer& buffer, std::int64_t images) {
    std::int64_t* need = &shared_;
    if (buffer.scope == Scope::kImage || buffer.scope == Scope::kScratch) need = &image_;
    if (buffer.scope == Scope::kBatch) need = &batch_;
    if (buffer.scope == Scope::kLane) need = &lane_;
    *need = std::max(*need, buffer.offset + buffer.size * images);
  }

  const Plan& plan_;
  std::int64_t image_ = 0, batch_ = 0, lane_ = 0, shared_ = 0;
};

// The most images of a lane.
int lane_images(int batch) { return (batch + kLanes - 1) / kLanes; }

}  // namespace

Status check_plan(const Plan& plan, const std::vector<SegmentDescription>& segments) {
  if (plan.batch < 1 || plan.batch > kMostImages) return invalid("the batch has no valid size");
  SCALLION_RETURN_IF_ERROR(check_ports(plan));
  if (plan.buffers.empty()) return invalid("the program has no buffers");
  Needs needs(plan);
  for (const Buffer& buffer : plan.buffers) SCALLION_RETURN_IF_ERROR(needs.add(buffer));
  for (const SegmentDescription& segment : segments) {
    const int most = segment.axis == Axis::kImages ? lane_images(plan.batch) : kMostParts;
    if (segment.width < 1 || segment.width > most) return invalid("a segment has no valid width");
    SCALLION_RETURN_IF_ERROR(needs.add_segment(segment));
  }
  return needs.check();
}

}  // namespace scallion
