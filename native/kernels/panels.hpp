// The panels of a packed matrix, one after the other.
#pragma once

#include "gemm.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

struct Panel {
  const float* weights;
  int column, columns;  // its first column, and the matrix' columns from there on
  int whole, half;      // registers of a row: 2 + 0, 1 + 1, 1 + 0 or 0 + 1
};

// The panel that starts at a column.
inline Panel panel_at(int column, const PackedMatrix& w) {
  const int left = padded_columns(w.columns, kWidth) - column;
  Panel panel{};
  panel.column = column;
  panel.whole = left >= 2 * kWidth ? 2 : left / kWidth;
  panel.half = panel.whole == 2 ? 0 : (left % kWidth != 0);
  panel.columns = w.columns - column;
  panel.weights = w.data + static_cast<std::ptrdiff_t>(column) * w.rows;
  return panel;
}

// The floats of a panel's row.
inline int panel_width(const Panel& panel) {
  return panel.whole * kWidth + panel.half * (kWidth / 2);
}

}  // namespace
}  // namespace scallion::SCALLION_ISA
