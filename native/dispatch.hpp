// The choice of kernels; `kernels()` itself is declared in kernels/kernels.hpp.
#pragma once

#include "kernels/kernels.hpp"
#include "status.hpp"

namespace scallion {

// An error where SCALLION_ISA names no instruction set of this CPU.
const Status& kernels_status();

}  // namespace scallion
