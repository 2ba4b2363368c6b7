// Reading and writing the serialised form of a program. Whatever the bytes are, reading takes
// memory in proportion to their number and ends with a program or an error.
#include "program_format.hpp"

#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

static_assert(std::numeric_limits<float>::is_iec559 && sizeof(float) == 4);

namespace scallion {
namespace {

constexpr char kMagic[8] = {'S', 'C', 'A', 'L', 'L', 'I', 'O', 'N'};
constexpr std::size_t kHeaderBytes = 32, kArrayCountAt = 12;
constexpr std::int64_t kMostElements = std::int64_t{1} << 40;

// Reads numbers one after the other. At the end of the bytes it returns zeros and is not `ok`.
class Reader {
 public:
  Reader(const std::byte* bytes, std::size_t size) : next_(bytes), left_(size) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return left_; }

  const std::byte* take(std::size_t count) {
    if (count > left_) {
      ok_ = false;
      left_ = 0;
      return nullptr;
    }
    const std::byte* taken = next_;
    next_ += count;
    left_ -= count;
    return taken;
  }

  template <class Unsigned>
  Unsigned number() {
    static_assert(std::is_unsigned_v<Unsigned>);
    const std::byte* bytes = take(sizeof(Unsigned));
    Unsigned value = 0;
    for (std::size_t i = 0; bytes != nullptr && i < sizeof value; ++i) {
      value = static_cast<Unsigned>(value | Unsigned{std::to_integer<std::uint8_t>(bytes[i])}
                                                << (8 * i));
    }
    return value;
  }

  // A number that has to be less than 2^31.
  int integer() {
    const auto value = number<std::uint32_t>();
    ok_ = ok_ && value <= static_cast<std::uint32_t>(std::numeric_limits<int>::max());
    return ok_ ? static_cast<int>(value) : 0;
  }

  // A number of elements.
  std::int64_t size() {
    const auto value = number<std::uint64_t>();
    ok_ = ok_ && value <= static_cast<std::uint64_t>(kMostElements);
    return ok_ ? static_cast<std::int64_t>(value) : 0;
  }

  // The count of elements that take at least `bytes_each`.
  std::size_t count(std::size_t bytes_each) {
    const auto value = number<std::uint32_t>();
    ok_ = ok_ && value <= left_ / bytes_each;
    return ok_ ? value : 0;
  }

  // A name: letters, digits and underscores, so that it may stand in a message.
  std::string string() {
    const auto length = number<std::uint8_t>();
    const auto* bytes = reinterpret_cast<const char*>(take(length));
    if (bytes == nullptr) return {};
    for (int i = 0; i < length; ++i) {
      const char c = bytes[i];
      ok_ = ok_ && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
    }
    return {bytes, length};
  }

  std::int64_t shape() {
    const auto sides = number<std::uint8_t>();
    std::int64_t size = 1;
    for (int i = 0; i < sides; ++i) {
      const auto side = static_cast<std::int64_t>(number<std::uint32_t>());
      ok_ = ok_ && (side == 0 || size <= kMostElements / side);
      size = ok_ ? size * side : 0;
    }
    return size;
  }

 private:
  const std::byte* next_;
  std::size_t left_;
  bool ok_ = true;
};

Status damaged() {
  return {SCALLION_INVALID_PROGRAM, "the serialised program is damaged or incomplete"};
}

void read_row(Reader& in, Attributes& row) {
  row.kind = in.string();
  for (int left = in.number<std::uint8_t>(); left > 0 && in.ok(); --left) {
    std::string name = in.string();
    row.buffers.insert_or_assign(std::move(name), in.integer());
  }
  for (int left = in.number<std::uint8_t>(); left > 0 && in.ok(); --left) {
    std::string name = in.string();
    const bool is_real = in.number<std::uint8_t>() != 0;
    const auto bits = in.number<std::uint64_t>();
    if (is_real) {
      double value;
      std::memcpy(&value, &bits, sizeof value);
      row.values.insert_or_assign(std::move(name), value);
    } else {
      row.values.insert_or_assign(std::move(name), static_cast<std::int64_t>(bits));
    }
  }
}

Status read_plan(Reader in, ProgramDescription& d) {
  const int lanes = in.integer();
  if (in.ok() && lanes != kLanes) {
    return {SCALLION_INVALID_PROGRAM, "the program is made for " + std::to_string(lanes) +
                                          " lanes, and this engine has " + std::to_string(kLanes)};
  }
  d.plan.batch = in.integer();
  d.plan.image_floats = in.size();
  d.plan.batch_floats = in.size();
  d.plan.lane_floats = in.size();
  d.plan.shared_floats = in.size();
  d.plan.losses = in.integer();
  for (auto left = in.count(1); left > 0; --left) d.plan.inputs.push_back({in.shape(), 0});
  for (auto left = in.count(5); left > 0; --left) {
    const std::int64_t size = in.shape();
    d.plan.outputs.push_back({size, in.integer()});
  }
  for (auto left = in.count(17); left > 0; --left) {
    const auto scope = in.number<std::uint8_t>();
    if (scope >= kScopes) return damaged();
    const std::int64_t size = in.size();
    d.plan.buffers.push_back({static_cast<Scope>(scope), size, in.size()});
  }
  d.constant_segments = in.integer();
  for (auto left = in.count(4); left > 0; --left) d.constant_buffers.push_back(in.integer());
  for (auto left = in.count(9); left > 0; --left) {
    SegmentDescription& segment = d.segments.emplace_back();
    segment.axis = in.number<std::uint8_t>() != 0 ? Axis::kImages : Axis::kParts;
    segment.width = in.integer();
    for (auto rows = in.count(3); rows > 0; --rows) read_row(in, segment.operations.emplace_back());
  }
  return in.ok() && in.left() == 0 ? Status() : damaged();
}

template <class Unsigned>
void put(Unsigned value, std::byte* to) {
  for (std::size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

}  // namespace

Status read_program(const std::byte* bytes, std::size_t size, ProgramDescription& d) {
  Reader in(bytes, size);
  const std::byte* magic = in.take(sizeof kMagic);
  if (magic == nullptr || std::memcmp(magic, kMagic, sizeof kMagic) != 0) {
    return {SCALLION_INVALID_PROGRAM, "these bytes are not a serialised program"};
  }
  const auto version = in.number<std::uint32_t>();
  if (in.ok() && version != kFormatVersion) {
    return {SCALLION_INVALID_PROGRAM, "the serialised program has format version " +
                                          std::to_string(version) + ", and this engine reads " +
                                          std::to_string(kFormatVersion)};
  }
  const auto arrays = in.number<std::uint32_t>();
  const auto plan_bytes = in.number<std::uint64_t>();
  if (in.number<std::uint64_t>() != 0 || !in.ok() || plan_bytes > in.left()) return damaged();
  d.plan_bytes = kHeaderBytes + static_cast<std::size_t>(plan_bytes);
  const std::byte* plan = in.take(static_cast<std::size_t>(plan_bytes));
  SCALLION_RETURN_IF_ERROR(read_plan(Reader(plan, static_cast<std::size_t>(plan_bytes)), d));
  for (std::uint32_t i = 0; i < arrays; ++i) {
    const auto floats = in.number<std::uint64_t>();
    if (!in.ok() || floats > in.left() / sizeof(float)) return damaged();
    std::vector<float>& array = d.arrays.emplace_back(static_cast<std::size_t>(floats));
    for (float& value : array) {
      const auto bits = in.number<std::uint32_t>();
      std::memcpy(&value, &bits, sizeof value);
    }
  }
  return in.ok() && in.left() == 0 ? Status() : damaged();
}

std::size_t saved_size(std::size_t plan_bytes, const std::vector<std::int64_t>& array_sizes) {
  std::size_t size = plan_bytes;
  for (const std::int64_t floats : array_sizes) {
    size += sizeof(std::uint64_t) + static_cast<std::size_t>(floats) * sizeof(float);
  }
  return size;
}

void write_program(const std::vector<std::byte>& plan, const std::vector<const float*>& arrays,
                   const std::vector<std::int64_t>& array_sizes, std::byte* to) {
  std::memcpy(to, plan.data(), plan.size());
  put(static_cast<std::uint32_t>(arrays.size()), to + kArrayCountAt);
  to += plan.size();
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    put(static_cast<std::uint64_t>(array_sizes[i]), to);
    to += sizeof(std::uint64_t);
    for (std::int64_t k = 0; k < array_sizes[i]; ++k, to += sizeof(float)) {
      std::uint32_t bits;
      std::memcpy(&bits, arrays[i] + k, sizeof bits);
      put(bits, to);
    }
  }
}

}  // namespace scallion
