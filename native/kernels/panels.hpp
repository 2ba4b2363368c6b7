// Panels of a packed matrix, as the kernels walk through them.
#pragma once

#include "gemm.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

struct Strip {
  const float* weights;
  int column, columns;  // where the panel starts, and how many of its columns exist
  int whole, half;      // its registers
};

// The panel that starts at a column; packing walks the same way (see `padded`).
inline Strip strip_at(int column, const Panels& panels) {
  const int left = scallion::padded(panels.columns, kWidth) - column;
  Strip s{};
  s.column = column;
  s.whole = left >= 2 * kWidth ? 2 : left / kWidth;
  s.half = s.whole == 2 ? 0 : (left % kWidth != 0);
  s.columns = panels.columns - column;
  s.weights = panels.data + static_cast<std::ptrdiff_t>(column) * panels.rows;
  return s;
}

inline int panel_width(const Strip& s) { return s.whole * kWidth + s.half * (kWidth / 2); }

}  // namespace
}  // namespace scallion::SCALLION_ISA
