#include "program.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <set>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace scallion {

namespace {

// The images of a lane: the same cut for any number of threads.
struct Share {
  int begin, end;
};

Share share_of(int lane, int images) {
  return {images * lane / kLanes, images * (lane + 1) / kLanes};
}

// A step walks through all of its memory, which is far more than the processor knows the addresses
// of in pages of 4 KB. A wish: where the system does not grant it, nothing else changes.
void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t kPage = std::uintptr_t{1} << 21;
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / kPage * kPage;
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace

Floats::Floats(std::int64_t size) {
  const auto bytes = static_cast<std::size_t>(std::max<std::int64_t>(size, 1)) * sizeof(float);
  auto* memory = static_cast<float*>(::operator new[](bytes, std::align_val_t{kAlignment}));
  data_.reset(memory);
  prefer_large_pages(memory, bytes);
  std::memset(memory, 0, bytes);
}

int Attributes::buffer(const std::string& name) const {
  const int found = buffer_or_none(name);
  if (found < 0) throw std::invalid_argument(kind + ": no buffer '" + name + "'");
  return found;
}

int Attributes::buffer_or_none(const std::string& name) const {
  const auto found = buffers.find(name);
  return found == buffers.end() ? -1 : static_cast<int>(found->second);
}

std::int64_t Attributes::integer(const std::string& name) const {
  const auto found = values.find(name);
  if (found == values.end()) throw std::invalid_argument(kind + ": no value '" + name + "'");
  if (const auto* value = std::get_if<std::int64_t>(&found->second)) return *value;
  throw std::invalid_argument(kind + ": '" + name + "' is not a whole number");
}

float Attributes::real(const std::string& name) const {
  const auto found = values.find(name);
  if (found == values.end()) throw std::invalid_argument(kind + ": no value '" + name + "'");
  if (const auto* value = std::get_if<double>(&found->second)) return static_cast<float>(*value);
  return static_cast<float>(std::get<std::int64_t>(found->second));
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

Ahead Operation::ahead(const Task& task, std::ptrdiff_t times) const {
  Ahead ahead{};
  std::ptrdiff_t total = 0;
  if (task.next_count == 0 || times == 0) return ahead;
  const Program& program = task.program;
  for (const int buffer : *task.buffers) {
    if (ahead.count == Ahead::kMost) break;
    const Buffer& b = program.plan_.buffers[static_cast<std::size_t>(buffer)];
    ahead.stretches[ahead.count] =
        program.batch_.data() + b.offset * program.plan_.batch + b.size * task.next;
    total += ahead.floats[ahead.count++] = b.size * task.next_count;
  }
  ahead.at = total * turn_ / turns_, ahead.end = total * (turn_ + 1) / turns_;
  ahead.step = std::min<std::ptrdiff_t>(Ahead::kLine, (ahead.end - ahead.at + times - 1) / times);
  return ahead;
}

bool Task::lane_is_empty(int of_lane) const {
  const Share share = share_of(of_lane, step.images);
  return share.begin == share.end;
}

Program::Program(Plan plan, int threads)
    : plan_(std::move(plan)),
      batch_(plan_.batch_floats * plan_.batch),
      lanes_(plan_.lane_floats * kLanes),
      shared_(plan_.shared_floats),
      lane_losses_(static_cast<std::size_t>(plan_.losses) * kLanes),
      losses_(static_cast<std::size_t>(plan_.losses)) {
  use_threads(threads);
}

void Program::use_threads(int threads) {
  while (static_cast<int>(arenas_.size()) < threads) arenas_.emplace_back(plan_.image_floats);
}

void Program::add_segment(Axis axis, int width, const std::vector<Attributes>& rows) {
  // What one segment wrote last, the next one reads first, while a cache still has it.
  if (axis == Axis::kImages) turned_ = !turned_;
  Segment segment{axis, width, turned_, {}, {}};
  for (const auto& row : rows) segment.operations.push_back(make_operation(row, *this));
  std::vector<Operation*> asking;
  for (const auto& operation : segment.operations) {
    if (operation->asks()) asking.push_back(operation.get());
  }
  for (std::size_t i = 0; i < asking.size(); ++i) {
    asking[i]->take_turn(static_cast<int>(i), static_cast<int>(asking.size()));
  }
  std::set<int> seen;
  for (const auto& row : rows) {
    for (const auto& [name, number] : row.buffers) {
      const int buffer = static_cast<int>(number);
      const bool kept = plan_.buffers[static_cast<std::size_t>(buffer)].scope == Scope::kBatch;
      if (kept && seen.insert(buffer).second) segment.buffers.push_back(buffer);
    }
  }
  segments_.push_back(std::move(segment));
}

void Program::settle(int segments, std::vector<int> buffers) {
  settled_ = {static_cast<std::size_t>(segments), std::move(buffers), {}};
}

void Program::bind(std::vector<float*> arrays) {
  external_ = std::move(arrays);
  settled_.seen.clear();
}

// Where this step begins: behind the settled segments, if what they were run on is as it was.
std::size_t Program::first_segment() {
  auto& seen = settled_.seen;
  bool same = settled_.segments > 0 && seen.size() == settled_.buffers.size();
  seen.resize(settled_.buffers.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const Buffer& buffer = plan_.buffers[static_cast<std::size_t>(settled_.buffers[i])];
    const float* now = external_[static_cast<std::size_t>(buffer.offset)];
    const auto size = static_cast<std::size_t>(buffer.size);
    same = same && seen[i].size() == size &&
           std::memcmp(seen[i].data(), now, size * sizeof(float)) == 0;
    if (!same) seen[i].assign(now, now + size);
  }
  return same ? settled_.segments : 0;
}

double& Program::lane_loss(int lane, int output) const {
  return lane_losses_[static_cast<std::size_t>(output * kLanes + lane)];
}

Program::Place Program::strange() const {
  const std::int64_t found = strange_.load(std::memory_order_relaxed);
  if (found == kNothingStrange) return {-1, -1};
  return {static_cast<int>(found / plan_.batch), static_cast<int>(found % plan_.batch)};
}

void Program::note_strange(int input, int image) const {
  const std::int64_t place = std::int64_t{input} * plan_.batch + image;
  std::int64_t first = strange_.load(std::memory_order_relaxed);
  while (place < first &&
         !strange_.compare_exchange_weak(first, place, std::memory_order_relaxed)) {
  }
}

void Segment::look_ahead(Task& task, int end, int number) const {
  int next = task.first + task.count;
  if (next == end) {
    if (number >= kLanes) return;
    const Share share = share_of(lane_at(number), task.step.images);
    next = share.begin, end = share.end;
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
    const Share share = share_of(lane, step.images);
    for (int first = share.begin; first < share.end; first += segment.width) {
      const int count = std::min(segment.width, share.end - first);
      Task task{*this, step, thread, lane, first, count, first == share.begin, 0, 1};
      // Of the next lane, too: somebody else may be faster, and then it was asked for in vain.
      segment.look_ahead(task, share.end, claimed.load(std::memory_order_relaxed));
      for (const auto& operation : segment.operations) operation->run(task);
    }
  }
}

void Program::run(const Step& step, int threads) {
  use_threads(threads);
  std::fill(lane_losses_.begin(), lane_losses_.end(), 0.0);
  strange_.store(kNothingStrange, std::memory_order_relaxed);
  std::vector<std::atomic<int>> claimed(segments_.size());
  Meeting meeting(threads);
  const std::size_t first = first_segment();
  run_on_threads(threads, [&](int thread) {
    for (std::size_t s = first; s < segments_.size(); ++s) {
      run_segment(segments_[s], step, thread, claimed[s]);
      if (s + 1 < segments_.size()) meeting.wait();
    }
  });
  for (std::size_t output = 0; output < losses_.size(); ++output) {
    double total = 0.0;
    for (int lane = 0; lane < kLanes; ++lane) total += lane_loss(lane, static_cast<int>(output));
    losses_[output] = total;
  }
}

// One step on one thread, operation by operation: the seconds that each takes.
std::vector<std::vector<double>> Program::seconds(const Step& step) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::vector<double>> spent;
  const std::size_t begin = first_segment();
  run_on_threads(1, [&](int) {
    for (const auto& segment : segments_) {
      auto& row = spent.emplace_back(segment.operations.size(), 0.0);
      if (spent.size() <= begin) continue;
      const bool images = segment.axis == Axis::kImages;
      for (int number = 0; number < (images ? kLanes : segment.width); ++number) {
        const int lane = segment.lane_at(number);
        const Share share = images ? share_of(lane, step.images) : Share{0, 1};
        const int width = images ? segment.width : 1;
        for (int first = share.begin; first < share.end; first += width) {
          Task task = images ? Task{*this,
                                    step,
                                    0,
                                    lane,
                                    first,
                                    std::min(width, share.end - first),
                                    first == share.begin,
                                    0,
                                    1}
                             : Task{*this, step, 0, 0, 0, step.images, true, number, segment.width};
          if (images) segment.look_ahead(task, share.end, number + 1);
          for (std::size_t o = 0; o < segment.operations.size(); ++o) {
            const auto start = Clock::now();
            segment.operations[o]->run(task);
            row[o] += std::chrono::duration<double>(Clock::now() - start).count();
          }
        }
      }
    }
  });
  return spent;
}

}  // namespace scallion
