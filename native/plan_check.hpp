// Checking a plan before memory is allocated for it.
#pragma once

#include <vector>

#include "attributes.hpp"
#include "plan.hpp"
#include "status.hpp"

namespace scallion {

// Check that each buffer lies in its arena, that each arena is as large as its buffers need, and
// that each segment runs over images that a lane has. Operations check their own attributes.
Status check_plan(const Plan& plan, const std::vector<SegmentDescription>& segments);

}  // namespace scallion
