// Programs: allocating their memory, running their segments.
#include "program.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <set>
#include <utility>

#include "plan_check.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace scallion {

namespace {

constexpr int kMostThreads = 4096;

// The images of a lane: a function of the batch alone, not of the number of threads.
struct Range {
  int begin, end;
};

Range lane_images(int lane, int images) {
  return {images * lane / kLanes, images * (lane + 1) / kLanes};
}

// Ask the system for pages of 2 MB: a step walks through all of its memory, which is more than the
// processor can keep addresses of in pages of 4 KB. Nothing else depends on the answer.
void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t kPage = std::uintptr_t{1} << 21;
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / kPage * kPage;
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

Status invalid(const std::string& what) { return {SCALLION_INVALID_PROGRAM, what}; }

Status out_of_memory() {
  return {SCALLION_OUT_OF_MEMORY, "the program's buffers take more memory than is free"};
}

}  // namespace

bool Floats::allocate(std::int64_t size) {
  const auto bytes = static_cast<std::size_t>(std::max<std::int64_t>(size, 1)) * sizeof(float);
  void* memory = ::operator new[](bytes, std::align_val_t{kAlignment}, std::nothrow);
  data_.reset(static_cast<float*>(memory));
  if (memory == nullptr) return false;
  prefer_large_pages(memory, bytes);
  std::memset(memory, 0, bytes);
  return true;
}

float* Task::data(int buffer) const {
  const Buffer& b = program.plan_.buffers[static_cast<std::size_t>(buffer)];
  switch (b.scope) {
    case Scope::kImage:
    case Scope::kScratch:
      return program.arenas_[static_cast<std::size_t>(thread)].data() + b.offset;
    case Scope::kBatch:
      return program.batch_.data() + b.offset * program.plan_.batch + b.size * first;
    case Scope::kLane:
      return lane_data(buffer, lane);
    case Scope::kShared:
      return program.shared_.data() + b.offset;
    case Scope::kExternal:
      return program.external_[static_cast<std::size_t>(b.offset)];
  }
  return nullptr;
}

float* Task::lane_data(int buffer, int of_lane) const {
  return program.lanes_.data() + program.plan_.lane_floats * of_lane +
         program.plan_.buffers[static_cast<std::size_t>(buffer)].offset;
}

Prefetch Operation::prefetch_share(const Task& task, std::ptrdiff_t steps) const {
  Prefetch prefetch{};
  std::ptrdiff_t total = 0;
  if (task.next_count == 0 || steps == 0) return prefetch;
  const Program& program = task.program;
  for (const int buffer : *task.buffers) {
    if (prefetch.count == Prefetch::kMaxRanges) break;
    const Buffer& b = program.plan_.buffers[static_cast<std::size_t>(buffer)];
    prefetch.ranges[prefetch.count] =
        program.batch_.data() + b.offset * program.plan_.batch + b.size * task.next;
    total += prefetch.floats[prefetch.count++] = b.size * task.next_count;
  }
  prefetch.position = total * share_ / shares_, prefetch.end = total * (share_ + 1) / shares_;
  const std::ptrdiff_t floats = prefetch.end - prefetch.position;
  prefetch.step = std::min<std::ptrdiff_t>(Prefetch::kLine, (floats + steps - 1) / steps);
  return prefetch;
}

bool Task::lane_is_empty(int of_lane) const {
  const Range range = lane_images(of_lane, step.images);
  return range.begin == range.end;
}

Status Program::create(Plan plan, std::vector<SegmentDescription>& segments, int constant_segments,
                       std::vector<int> constant_buffers, int threads,
                       std::unique_ptr<Program>& made) {
  std::unique_ptr<Program> program(new Program(std::move(plan)));
  SCALLION_RETURN_IF_ERROR(check_plan(program->plan_, segments));
  // Memory first: where it is short, the operations' tables are not made in vain.
  SCALLION_RETURN_IF_ERROR(program->allocate(threads));
  for (auto& segment : segments) SCALLION_RETURN_IF_ERROR(program->add_segment(segment));
  SCALLION_RETURN_IF_ERROR(program->set_constant(constant_segments, std::move(constant_buffers)));
  program->claimed_ = std::vector<std::atomic<int>>(segments.size());
  made = std::move(program);
  return {};
}

Status Program::allocate(int threads) {
  if (!batch_.allocate(plan_.batch_floats * plan_.batch) ||
      !lanes_.allocate(plan_.lane_floats * kLanes) || !shared_.allocate(plan_.shared_floats)) {
    return out_of_memory();
  }
  lane_losses_.resize(static_cast<std::size_t>(plan_.losses) * kLanes);
  losses_.resize(static_cast<std::size_t>(plan_.losses));
  return use_threads(threads);
}

Status Program::use_threads(int threads) {
  if (threads < 1 || threads > kMostThreads) {
    return {SCALLION_INVALID_ARGUMENT, "threads go from 1 to " + std::to_string(kMostThreads) +
                                           ". Received: " + std::to_string(threads)};
  }
  while (static_cast<int>(arenas_.size()) < threads) {
    Floats arena;
    if (!arena.allocate(plan_.image_floats)) return out_of_memory();
    arenas_.push_back(std::move(arena));
  }
  return {};
}

Status Program::add_segment(SegmentDescription& description) {
  // What one segment wrote last, the next one reads first, while a cache still has it.
  if (description.axis == Axis::kImages) reversed_ = !reversed_;
  Segment segment{description.axis, description.width, reversed_, {}, {}};
  for (auto& row : description.operations) {
    row.place(plan_, description.axis, description.width);
    auto operation = make_operation(row);
    SCALLION_RETURN_IF_ERROR(row.status());
    scalars_ = std::max(scalars_, row.scalars());
    segment.operations.push_back(std::move(operation));
  }
  std::vector<Operation*> prefetching;
  for (const auto& operation : segment.operations) {
    if (operation->prefetches()) prefetching.push_back(operation.get());
  }
  for (std::size_t i = 0; i < prefetching.size(); ++i) {
    prefetching[i]->set_prefetch_share(static_cast<int>(i), static_cast<int>(prefetching.size()));
  }
  std::set<int> seen;
  for (const auto& row : description.operations) {
    for (const auto& [name, buffer] : row.buffers) {
      const bool kept = plan_.buffers[static_cast<std::size_t>(buffer)].scope == Scope::kBatch;
      if (kept && seen.insert(buffer).second) segment.buffers.push_back(buffer);
    }
  }
  segments_.push_back(std::move(segment));
  return {};
}

Status Program::set_constant(int segments, std::vector<int> buffers) {
  if (segments < 0 || static_cast<std::size_t>(segments) > segments_.size()) {
    return invalid("there are fewer segments than constant ones");
  }
  for (const int number : buffers) {
    const bool known = number >= 0 && static_cast<std::size_t>(number) < plan_.buffers.size();
    if (!known || plan_.buffers[static_cast<std::size_t>(number)].scope != Scope::kExternal) {
      return invalid("constant segments depend on buffers that are not external");
    }
    Floats copy;
    if (!copy.allocate(plan_.buffers[static_cast<std::size_t>(number)].size)) {
      return out_of_memory();
    }
    constant_.copies.push_back(std::move(copy));
  }
  constant_.segments = static_cast<std::size_t>(segments);
  constant_.buffers = std::move(buffers);
  return {};
}

void Program::bind(std::vector<float*> arrays) {
  external_ = std::move(arrays);
  constant_.have_run = false;
}

// The first segment that has to run: the one after the constant segments, if what they last ran on
// has not changed.
std::size_t Program::first_segment() {
  bool same = constant_.segments > 0 && constant_.have_run;
  for (std::size_t i = 0; i < constant_.buffers.size(); ++i) {
    const Buffer& buffer = plan_.buffers[static_cast<std::size_t>(constant_.buffers[i])];
    const float* now = external_[static_cast<std::size_t>(buffer.offset)];
    const auto bytes = static_cast<std::size_t>(buffer.size) * sizeof(float);
    float* copy = constant_.copies[i].data();
    if (same && std::memcmp(copy, now, bytes) == 0) continue;
    same = false;
    std::memcpy(copy, now, bytes);
  }
  constant_.have_run = true;
  return same ? constant_.segments : 0;
}

int Program::operation_count() const {
  std::size_t count = 0;
  for (const Segment& segment : segments_) count += segment.operations.size();
  return static_cast<int>(count);
}

double& Program::lane_loss(int lane, int output) const {
  return lane_losses_[static_cast<std::size_t>(output * kLanes + lane)];
}

Program::Position Program::nonfinite() const {
  const std::int64_t found = nonfinite_.load(std::memory_order_relaxed);
  if (found == kNone) return {-1, -1};
  return {static_cast<int>(found / plan_.batch), static_cast<int>(found % plan_.batch)};
}

void Program::report_nonfinite(int input, int image) const {
  const std::int64_t position = std::int64_t{input} * plan_.batch + image;
  std::int64_t first = nonfinite_.load(std::memory_order_relaxed);
  while (position < first &&
         !nonfinite_.compare_exchange_weak(first, position, std::memory_order_relaxed)) {
  }
}

void Segment::set_next_images(Task& task, int end, int number) const {
  int next = task.first + task.count;
  if (next == end) {
    if (number >= kLanes) return;
    const Range range = lane_images(lane_at(number), task.step.images);
    next = range.begin, end = range.end;
  }
  task.buffers = &buffers;
  task.next = next, task.next_count = std::min(width, end - next);
}

void Program::run_segment(const Segment& segment, const Step& step, int thread,
                          std::atomic<int>& claimed) const {
  const int tasks = segment.axis == Axis::kImages ? kLanes : segment.width;
  for (;;) {
    const int number = claimed.fetch_add(1, std::memory_order_relaxed);
    if (number >= tasks) return;
    if (segment.axis == Axis::kParts) {
      const Task task{*this, step, thread, 0, 0, step.images, true, number, tasks};
      for (const auto& operation : segment.operations) operation->run(task);
      continue;
    }
    const int lane = segment.lane_at(number);
    const Range range = lane_images(lane, step.images);
    for (int first = range.begin; first < range.end; first += segment.width) {
      const int count = std::min(segment.width, range.end - first);
      Task task{*this, step, thread, lane, first, count, first == range.begin, 0, 1};
      // Of the next lane, too: another thread may take it first, then it was fetched in vain.
      segment.set_next_images(task, range.end, claimed.load(std::memory_order_relaxed));
      for (const auto& operation : segment.operations) operation->run(task);
    }
  }
}

Status Program::run(const Step& step, int threads, int begin, int end) {
  const int count = static_cast<int>(segments_.size());
  const int until = end == 0 ? count : end;
  const bool starts = begin == 0;
  if (begin < 0 || until > count || begin > until ||
      (!starts && (begin != continues_at_ || step.images != continues_images_))) {
    return {SCALLION_INVALID_ARGUMENT, "the part of the step does not continue the last one"};
  }
  SCALLION_RETURN_IF_ERROR(use_threads(threads));
  continues_at_ = 0;
  if (starts) {
    std::fill(lane_losses_.begin(), lane_losses_.end(), 0.0);
    nonfinite_.store(kNone, std::memory_order_relaxed);
  }
  for (auto& claimed : claimed_) claimed.store(0, std::memory_order_relaxed);
  if (step.images == 0) {  // nothing to add up, and nothing to divide by
    std::fill(losses_.begin(), losses_.end(), 0.0);
    return {};
  }
  Barrier barrier(threads);
  const std::size_t first = starts ? first_segment() : static_cast<std::size_t>(begin);
  const auto stop = static_cast<std::size_t>(until);
  const Status status = run_on_threads(threads, [&](int thread) {
    for (std::size_t s = first; s < stop; ++s) {
      run_segment(segments_[s], step, thread, claimed_[s]);
      if (s + 1 < stop) barrier.wait();
    }
  });
  if (!status.ok()) {
    constant_.have_run = false;
    return status;
  }
  for (std::size_t output = 0; output < losses_.size(); ++output) {
    double total = 0.0;
    for (int lane = 0; lane < kLanes; ++lane) total += lane_loss(lane, static_cast<int>(output));
    losses_[output] = total;
  }
  if (until < count) continues_at_ = until, continues_images_ = step.images;
  return {};
}

Status Program::profile(const Step& step, double* seconds) {
  using Clock = std::chrono::steady_clock;
  const std::size_t begin = first_segment();
  std::fill_n(seconds, operation_count(), 0.0);
  if (step.images == 0) return {};
  return run_on_threads(1, [&](int) {
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const Segment& segment = segments_[s];
      double* spent = seconds;
      seconds += segment.operations.size();
      if (s < begin) continue;
      const auto timed = [&](const Task& task) {
        for (std::size_t o = 0; o < segment.operations.size(); ++o) {
          const auto start = Clock::now();
          segment.operations[o]->run(task);
          spent[o] += std::chrono::duration<double>(Clock::now() - start).count();
        }
      };
      if (segment.axis == Axis::kParts) {
        for (int part = 0; part < segment.width; ++part) {
          timed(Task{*this, step, 0, 0, 0, step.images, true, part, segment.width});
        }
        continue;
      }
      for (int number = 0; number < kLanes; ++number) {
        const int lane = segment.lane_at(number);
        const Range range = lane_images(lane, step.images);
        for (int first = range.begin; first < range.end; first += segment.width) {
          const int count = std::min(segment.width, range.end - first);
          Task task{*this, step, 0, lane, first, count, first == range.begin, 0, 1};
          segment.set_next_images(task, range.end, number + 1);
          timed(task);
        }
      }
    }
  });
}

}  // namespace scallion
