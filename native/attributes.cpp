#include "attributes.hpp"

#include <algorithm>
#include <limits>

namespace scallion {

void Attributes::place(const Plan& plan, Axis axis, int width) {
  plan_ = &plan;
  axis_ = axis;
  width_ = width;
}

void Attributes::fail(const std::string& why) const {
  if (status_.ok()) status_ = {SCALLION_INVALID_PROGRAM, kind + ": " + why};
}

const Buffer* Attributes::find(const std::string& name) const {
  const auto found = buffers.find(name);
  if (found == buffers.end()) return nullptr;
  return &plan_->buffers[static_cast<std::size_t>(found->second)];
}

std::int64_t Attributes::floats(const std::string& name) const {
  const Buffer* buffer = find(name);
  return buffer == nullptr ? 0 : buffer->size;
}

bool Attributes::is_per_image(const std::string& name) const {
  const Buffer* buffer = find(name);
  return buffer != nullptr && (buffer->scope == Scope::kImage || buffer->scope == Scope::kBatch);
}

int Attributes::take(const std::string& name, std::int64_t floats, bool in_place) const {
  const Buffer* buffer = find(name);
  if (buffer == nullptr) {
    fail("no buffer '" + name + "'");
    return 0;
  }
  if (!in_place) fail("the buffer '" + name + "' is in another kind of memory");
  if (floats < 0 || buffer->size < floats) {
    fail("the buffer '" + name + "' has " + std::to_string(buffer->size) + " floats, and " +
         std::to_string(floats) + " are needed");
  }
  return buffers.find(name)->second;
}

int Attributes::per_image(const std::string& name, std::int64_t floats) const {
  return take(name, floats, is_per_image(name));
}

int Attributes::array(const std::string& name, std::int64_t floats) const {
  const Buffer* buffer = find(name);
  const bool in_place =
      buffer != nullptr && !is_per_image(name) && buffer->scope != Scope::kScratch;
  return take(name, floats, in_place);
}

int Attributes::array_or_none(const std::string& name, std::int64_t floats) const {
  return has_buffer(name) ? array(name, floats) : -1;
}

int Attributes::lanes(const std::string& name, std::int64_t floats) const {
  const Buffer* buffer = find(name);
  return take(name, floats, buffer != nullptr && buffer->scope == Scope::kLane);
}

int Attributes::scratch(const std::string& name, std::int64_t floats) const {
  const Buffer* buffer = find(name);
  const bool in_place =
      buffer != nullptr && (buffer->scope == Scope::kScratch || buffer->scope == Scope::kImage);
  return take(name, floats, in_place);
}

int Attributes::number(const std::string& name, int least) const {
  const std::int64_t value = integer(name);
  if (value >= least && value <= std::numeric_limits<int>::max()) return static_cast<int>(value);
  fail("'" + name + "' is out of range: " + std::to_string(value));
  return std::max(least, 1);
}

std::int64_t Attributes::integer(const std::string& name) const {
  const auto found = values.find(name);
  if (found == values.end()) {
    fail("no value '" + name + "'");
  } else if (const auto* value = std::get_if<std::int64_t>(&found->second)) {
    return *value;
  } else {
    fail("'" + name + "' is not an integer");
  }
  return 1;
}

float Attributes::real(const std::string& name) const {
  const auto found = values.find(name);
  if (found == values.end()) {
    fail("no value '" + name + "'");
    return 1.0f;
  }
  if (const auto* value = std::get_if<double>(&found->second)) return static_cast<float>(*value);
  return static_cast<float>(*std::get_if<std::int64_t>(&found->second));
}

float Attributes::real_or(const std::string& name, float otherwise) const {
  return values.contains(name) ? real(name) : otherwise;
}

void Attributes::need_scalars(int count) const { scalars_ = std::max(scalars_, count); }

}  // namespace scallion
