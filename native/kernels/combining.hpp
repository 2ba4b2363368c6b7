// Two arrays become one, number by number; `add` is in elementwise.hpp.
#pragma once

#include "sums.hpp"
#include "table.hpp"

namespace {

template <class Function>
inline void each_pair(const float* a, const float* b, std::int64_t count, float* y, Function&& f) {
  each_vector(count, [&](std::int64_t i, int n) {
    store_full(y + i, f(load_full(a + i, n), load_full(b + i, n)), n);
  });
}

void subtract(const float* a, const float* b, std::int64_t count, float* y) {
  each_pair(a, b, count, y, [](Full u, Full v) { return u - v; });
}

void multiply_each(const float* a, const float* b, std::int64_t count, float* y) {
  each_pair(a, b, count, y, [](Full u, Full v) { return u * v; });
}

void largest(const float* a, const float* b, std::int64_t count, float* y) {
  each_pair(a, b, count, y, [](Full u, Full v) { return maximum(u, v); });
}

void smallest(const float* a, const float* b, std::int64_t count, float* y) {
  each_pair(a, b, count, y, [](Full u, Full v) { return u < v ? u : v; });
}

// What `a` gets of the slope where the larger, or the smaller, of `a` and `b` went on: equal ones
// share it.
void choose(const float* a, const float* b, const float* dy, std::int64_t count, bool larger,
            float* da) {
  each_vector(count, [&](std::int64_t i, int n) {
    const Full u = load_full(a + i, n), v = load_full(b + i, n), d = load_full(dy + i, n);
    const Full zero{}, half = d * broadcast<Full>(0.5f);
    const Full won = larger ? (u > v ? d : zero) : (u < v ? d : zero);
    store_full(da + i, u == v ? half : won, n);
  });
}

}  // namespace
