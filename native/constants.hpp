// The constants that a caller of the C API can look up by name.
#pragma once

#include <cstdint>

namespace scallion {

// Find a constant by its name, and return whether there is one.
bool find_constant(const char* name, std::int64_t& value);

}  // namespace scallion
