// Elementwise operations and strided copies: see elementwise.hpp.
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
    y[i] = sum < 0.0f ? 0.0f : sum;  // NaN stays NaN
  }
}

void rescale(const float* x, std::int64_t count, float scale, float offset, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = fma(x[i], scale, offset);
}

// 0 * x is 0 for finite x, else NaN.
bool is_finite(const float* x, std::int64_t count) {
  Full sums[4]{};
  std::int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    unroll<4>([&](auto k) SCALLION_INLINE {
      sums[k] = fma(load<Full>(x + i + k * kWidth), Full{}, sums[k]);
    });
  }
  float rest = 0.0f;
  for (; i < count; ++i) rest = fma(x[i], 0.0f, rest);
  const Full sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (int k = 0; k < kWidth; ++k) rest += sum[k];
  return rest == 0.0f;
}

// y = f(a, b)
template <class Function>
inline void map_pairs(const float* a, const float* b, std::int64_t count, float* y, Function&& f) {
  for_each_vector(count, [&](std::int64_t i, int n) {
    store_lanes(y + i, f(load_lanes(a + i, n), load_lanes(b + i, n)), n);
  });
}

void subtract(const float* a, const float* b, std::int64_t count, float* y) {
  map_pairs(a, b, count, y, [](Full u, Full v) { return u - v; });
}

void multiply(const float* a, const float* b, std::int64_t count, float* y) {
  map_pairs(a, b, count, y, [](Full u, Full v) { return u * v; });
}

void divide(const float* a, const float* b, std::int64_t count, float* y) {
  map_pairs(a, b, count, y, [](Full u, Full v) { return u / v; });
}

void maximum(const float* a, const float* b, std::int64_t count, float* y) {
  map_pairs(a, b, count, y, [](Full u, Full v) { return maximum_or_nan(u, v); });
}

void minimum(const float* a, const float* b, std::int64_t count, float* y) {
  map_pairs(a, b, count, y, [](Full u, Full v) {
    const Full smaller = u < v ? u : v;
    return u == u ? smaller : u;  // NaN where either is NaN
  });
}

void select_gradient(const float* a, const float* b, const float* dy, std::int64_t count,
                     bool is_maximum, float* da) {
  for_each_vector(count, [&](std::int64_t i, int n) {
    const Full u = load_lanes(a + i, n), v = load_lanes(b + i, n), d = load_lanes(dy + i, n);
    const Full zero{}, half = d * broadcast<Full>(0.5f);
    const Full selected = is_maximum ? (u > v ? d : zero) : (u < v ? d : zero);
    store_lanes(da + i, u == v ? half : selected, n);
  });
}

// The innermost axis of a box.
inline void copy_row(const float* x, std::ptrdiff_t x_stride, float* y, std::ptrdiff_t y_stride,
                     std::int32_t count, bool accumulate) {
  if (x_stride == 1 && y_stride == 1) {
    for_each_vector(count, [&](std::int64_t i, int n) {
      const Full value = load_lanes(x + i, n);
      store_lanes(y + i, accumulate ? load_lanes(y + i, n) + value : value, n);
    });
  } else if (accumulate && x_stride == 1 && y_stride == 0) {
    *y += reduce_sum(count, [&](int i, int n) { return load_lanes(x + i, n); });
  } else if (accumulate) {
    for (std::int32_t i = 0; i < count; ++i) y[i * y_stride] += x[i * x_stride];
  } else {
    for (std::int32_t i = 0; i < count; ++i) y[i * y_stride] = x[i * x_stride];
  }
}

void strided_copy(const StridedBox& b, const float* x, float* y, bool accumulate) {
  for (std::ptrdiff_t i = 0; i < b.shape[0]; ++i) {
    for (std::ptrdiff_t j = 0; j < b.shape[1]; ++j) {
      for (std::ptrdiff_t k = 0; k < b.shape[2]; ++k) {
        const float* from = x + i * b.x_strides[0] + j * b.x_strides[1] + k * b.x_strides[2];
        float* to = y + i * b.y_strides[0] + j * b.y_strides[1] + k * b.y_strides[2];
        for (std::ptrdiff_t l = 0; l < b.shape[3]; ++l) {
          copy_row(from + l * b.x_strides[3], b.x_strides[4], to + l * b.y_strides[3],
                   b.y_strides[4], b.shape[4], accumulate);
        }
      }
    }
  }
}

}  // namespace

extern const ElementwiseKernels elementwise_kernels = {
    .is_finite = is_finite,
    .rescale = rescale,
    .add = add,
    .add_relu = add_relu,
    .subtract = subtract,
    .multiply = multiply,
    .divide = divide,
    .maximum = maximum,
    .minimum = minimum,
    .select_gradient = select_gradient,
    .strided_copy = strided_copy,
};

}  // namespace scallion::SCALLION_ISA
