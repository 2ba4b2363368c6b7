// Activations: y = f(x), and dx = dy * f'(x), the slope computed from the output where it tells.
#include "activation.hpp"

#include <iterator>

#include "math.hpp"
#include "reduction.hpp"
#include "softmax_row.hpp"

namespace scallion::SCALLION_ISA {
namespace {

template <class Function>
inline void each_activated(const float* x, std::int64_t count, float* y, Function&& f) {
  each_vector(count, [&](std::int64_t i, int n) { store_full(y + i, f(load_full(x + i, n)), n); });
}

template <class Slope>
inline void each_slope(const float* at, const float* dy, std::int64_t count, float* dx, Slope&& f) {
  each_vector(count, [&](std::int64_t i, int n) {
    store_full(dx + i, f(load_full(at + i, n), load_full(dy + i, n)), n);
  });
}

// What is no number stays none: `maximum` gives its second argument then.
void relu(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return maximum(Full{}, v); });
}

void relu_backward(const float* y, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(y, dy, count, dx, [](Full v, Full d) { return v > Full{} ? d : Full{}; });
}

// `slope` up to the threshold, then x, then the limit; at the threshold it counts as below, at the
// limit as above.
void rectify(const float* x, std::int64_t count, const Bend& b, float* y) {
  each_activated(x, count, y, [&](Full v) {
    const Full low = all(b.negative_slope) * (v - all(b.threshold));
    return v <= all(b.threshold) ? low : (v > all(b.max_value) ? all(b.max_value) : v);
  });
}

void rectify_backward(const float* x, const float* dy, std::int64_t count, const Bend& b,
                      float* dx) {
  each_slope(x, dy, count, dx, [&](Full v, Full d) {
    return v <= all(b.threshold) ? d * all(b.negative_slope) : (v < all(b.max_value) ? d : Full{});
  });
}

void sigmoid(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return logistic(v); });
}

void sigmoid_backward(const float* y, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(y, dy, count, dx, [](Full v, Full d) { return d * v * (all(1.0f) - v); });
}

void tanh(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return hyperbolic_tangent(v); });
}

void tanh_backward(const float* y, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(y, dy, count, dx, [](Full v, Full d) { return d * (all(1.0f) - v * v); });
}

// factor * (x, or slope * (exp(x) - 1) below 0): elu, and selu with its two numbers.
void elu(const float* x, std::int64_t count, const Bend& b, float* y) {
  each_activated(x, count, y, [&](Full v) {
    const Full low = all(b.alpha) * exponential_less(v);
    return all(b.scale) * (v > Full{} ? v : low);
  });
}

void elu_backward(const float* x, const float* dy, std::int64_t count, const Bend& b, float* dx) {
  each_slope(x, dy, count, dx, [&](Full v, Full d) {
    const Full low = all(b.alpha) * exponential(v);
    return d * (all(b.scale) * (v > Full{} ? all(1.0f) : low));
  });
}

// x * (1 + erf(x / sqrt(2))) / 2.
inline Full normal_share(Full x) {
  return all(0.5f) * (all(1.0f) + error_function(x * all(0.70710678118654752f)));
}

void gelu(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return v * normal_share(v); });
}

void gelu_backward(const float* x, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(x, dy, count, dx, [](Full v, Full d) {
    const Full density = all(0.39894228040143268f) * exponential(all(-0.5f) * v * v);
    return d * fma(v, density, normal_share(v));
  });
}

// x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2.
inline Full gelu_inside(Full x) {
  return all(0.79788456080286536f) * fma(all(0.044715f) * x, x * x, x);
}

void gelu_by_tanh(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) {
    return all(0.5f) * v * (all(1.0f) + hyperbolic_tangent(gelu_inside(v)));
  });
}

void gelu_by_tanh_backward(const float* x, const float* dy, std::int64_t count, const Bend&,
                           float* dx) {
  each_slope(x, dy, count, dx, [](Full v, Full d) {
    const Full t = hyperbolic_tangent(gelu_inside(v));
    const Full inner = all(0.79788456080286536f) * fma(all(0.134145f) * v, v, all(1.0f));
    const Full slope = fma(v * (all(1.0f) - t * t), inner, all(1.0f) + t);
    return d * (all(0.5f) * slope);
  });
}

void silu(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return v * logistic(v); });
}

void silu_backward(const float* x, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(x, dy, count, dx, [](Full v, Full d) {
    const Full s = logistic(v);
    return d * (s * fma(v, all(1.0f) - s, all(1.0f)));
  });
}

// log(1 + exp(x)) without overflow.
void softplus(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) {
    return maximum(Full{}, v) + logarithm_plus(exponential(-absolute(v)));
  });
}

void softplus_backward(const float* x, const float* dy, std::int64_t count, const Bend&,
                       float* dx) {
  each_slope(x, dy, count, dx, [](Full v, Full d) { return d * logistic(v); });
}

void softsign(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return v / (all(1.0f) + absolute(v)); });
}

void softsign_backward(const float* y, const float* dy, std::int64_t count, const Bend&,
                       float* dx) {
  each_slope(y, dy, count, dx, [](Full v, Full d) {
    const Full rest = all(1.0f) - absolute(v);
    return d * (rest * rest);
  });
}

// min(max(x + 3, 0), 6) / 6.
inline Full hard_logistic(Full x) {
  const Full raised = maximum(Full{}, x + all(3.0f));
  return (raised > all(6.0f) ? all(6.0f) : raised) / all(6.0f);
}

void hard_sigmoid(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return hard_logistic(v); });
}

void hard_sigmoid_backward(const float* x, const float* dy, std::int64_t count, const Bend&,
                           float* dx) {
  each_slope(x, dy, count, dx,
             [](Full v, Full d) { return absolute(v) < all(3.0f) ? d / all(6.0f) : Full{}; });
}

void hard_silu(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return v * hard_logistic(v); });
}

void hard_silu_backward(const float* x, const float* dy, std::int64_t count, const Bend&,
                        float* dx) {
  each_slope(x, dy, count, dx, [](Full v, Full d) {
    const Full along = absolute(v) < all(3.0f) ? v / all(6.0f) : Full{};
    return d * (hard_logistic(v) + along);
  });
}

// x * tanh(log(1 + exp(x))): with e = exp(x) the tanh is a quotient, u / (u + 2), u = e * (e + 2).
inline Full mish_bend(Full x) {
  const Full capped = x > all(20.0f) ? all(20.0f) : x;  // from here on the quotient is 1
  const Full e = exponential(capped);
  const Full u = e * (e + all(2.0f));
  return u / (u + all(2.0f));
}

void mish(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return v * mish_bend(v); });
}

void mish_backward(const float* x, const float* dy, std::int64_t count, const Bend&, float* dx) {
  each_slope(x, dy, count, dx, [](Full v, Full d) {
    const Full bend = mish_bend(v);
    return d * fma(v * (all(1.0f) - bend * bend), logistic(v), bend);
  });
}

void exponent(const float* x, std::int64_t count, const Bend&, float* y) {
  each_activated(x, count, y, [](Full v) { return exponential(v); });
}

void exponent_backward(const float* y, const float* dy, std::int64_t count, const Bend&,
                       float* dx) {
  each_slope(y, dy, count, dx, [](Full v, Full d) { return d * v; });
}

constexpr Activation kActivations[] = {
    {"elu", elu, elu_backward},
    {"exponential", exponent, exponent_backward},
    {"gelu", gelu, gelu_backward},
    {"gelu_tanh", gelu_by_tanh, gelu_by_tanh_backward},
    {"hard_sigmoid", hard_sigmoid, hard_sigmoid_backward},
    {"hard_silu", hard_silu, hard_silu_backward},
    {"mish", mish, mish_backward},
    {"general_relu", rectify, rectify_backward},
    {"relu", relu, relu_backward},
    {"sigmoid", sigmoid, sigmoid_backward},
    {"silu", silu, silu_backward},
    {"softplus", softplus, softplus_backward},
    {"softsign", softsign, softsign_backward},
    {"tanh", tanh, tanh_backward},
};

void softmax(const float* x, std::int64_t rows, std::int32_t classes, float* y) {
  for (std::int64_t r = 0; r < rows; ++r) soften(x + r * classes, classes, y + r * classes);
}

void softmax_backward(const float* y, const float* dy, std::int64_t rows, std::int32_t classes,
                      float* dx) {
  for (; rows > 0; --rows, y += classes, dy += classes, dx += classes) {
    const Full along = all(sum_along(
        classes, [&](int i, int n) { return load_full(y + i, n) * load_full(dy + i, n); }));
    each_vector(classes, [&](std::int64_t i, int n) {
      store_full(dx + i, load_full(y + i, n) * (load_full(dy + i, n) - along), n);
    });
  }
}

// y = x - log of the sum of exp(x), row by row.
void log_softmax(const float* x, std::int64_t rows, std::int32_t classes, float* y) {
  for (; rows > 0; --rows, x += classes, y += classes) {
    const Full shift = all(soften(x, classes, y));
    each_vector(classes,
                [&](std::int64_t i, int n) { store_full(y + i, load_full(x + i, n) - shift, n); });
  }
}

void log_softmax_backward(const float* y, const float* dy, std::int64_t rows, std::int32_t classes,
                          float* dx) {
  for (; rows > 0; --rows, y += classes, dy += classes, dx += classes) {
    const Full all_of_it =
        all(sum_along(classes, [&](int i, int n) { return load_full(dy + i, n); }));
    each_vector(classes, [&](std::int64_t i, int n) {
      store_full(dx + i, load_full(dy + i, n) - exponential(load_full(y + i, n)) * all_of_it, n);
    });
  }
}

}  // namespace

extern const ActivationKernels activation_kernels = {
    .activations = kActivations,
    .activation_count = static_cast<std::int32_t>(std::size(kActivations)),
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .log_softmax = log_softmax,
    .log_softmax_backward = log_softmax_backward,
};

}  // namespace scallion::SCALLION_ISA
