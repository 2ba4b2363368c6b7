// Operations that see one number at a time.
#include "elementwise.hpp"

#include "reduction.hpp"
#include "vector.hpp"

namespace scallion::SCALLION_ISA {
namespace {

void add(const float* a, const float* b, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

void add_relu(const float* a, const float* b, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float sum = a[i] + b[i];
    y[i] = sum < 0.0f ? 0.0f : sum;  // what is no number stays none
  }
}

void scale(const float* x, std::int64_t count, float factor, float shift, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = fma(x[i], factor, shift);
}

// Whether all are numbers: 0 times any of them is 0, and nothing else is.
bool finite(const float* x, std::int64_t count) {
  Full sums[4]{};
  std::int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    unrolled<4>([&](auto k) SCALLION_INLINE {
      sums[k] = fma(load<Full>(x + i + k * kWidth), Full{}, sums[k]);
    });
  }
  float rest = 0.0f;
  for (; i < count; ++i) rest = fma(x[i], 0.0f, rest);
  const Full sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (int k = 0; k < kWidth; ++k) rest += sum[k];
  return rest == 0.0f;
}

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

// One innermost row of a box.
inline void move_row(const float* x, std::ptrdiff_t x_step, float* y, std::ptrdiff_t y_step,
                     std::int32_t count, bool add) {
  if (x_step == 1 && y_step == 1) {
    each_vector(count, [&](std::int64_t i, int n) {
      const Full value = load_full(x + i, n);
      store_full(y + i, add ? load_full(y + i, n) + value : value, n);
    });
  } else if (add && x_step == 1 && y_step == 0) {
    *y += sum_along(count, [&](int i, int n) { return load_full(x + i, n); });
  } else if (add) {
    for (std::int32_t i = 0; i < count; ++i) y[i * y_step] += x[i * x_step];
  } else {
    for (std::int32_t i = 0; i < count; ++i) y[i * y_step] = x[i * x_step];
  }
}

// y[place in y] = x[place in x], or += it, for all places of the box in their order.
void move(const Box& b, const float* x, float* y, bool add) {
  for (std::ptrdiff_t i = 0; i < b.sides[0]; ++i) {
    for (std::ptrdiff_t j = 0; j < b.sides[1]; ++j) {
      for (std::ptrdiff_t k = 0; k < b.sides[2]; ++k) {
        const float* from = x + i * b.x_steps[0] + j * b.x_steps[1] + k * b.x_steps[2];
        float* to = y + i * b.y_steps[0] + j * b.y_steps[1] + k * b.y_steps[2];
        for (std::ptrdiff_t l = 0; l < b.sides[3]; ++l) {
          move_row(from + l * b.x_steps[3], b.x_steps[4], to + l * b.y_steps[3], b.y_steps[4],
                   b.sides[4], add);
        }
      }
    }
  }
}

}  // namespace

extern const ElementwiseKernels elementwise_kernels = {
    .finite = finite,
    .add = add,
    .add_relu = add_relu,
    .scale = scale,
    .subtract = subtract,
    .multiply_each = multiply_each,
    .largest = largest,
    .smallest = smallest,
    .choose = choose,
    .move = move,
};

}  // namespace scallion::SCALLION_ISA
