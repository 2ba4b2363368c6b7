// Activations, y = f(x), with their backward passes, dx = dy * f'(x): f' is computed from y where
// it follows from it, else from x. Then softmax and log-softmax over rows.
#include "activation.hpp"

#include <iterator>

#include "math.hpp"
#include "reduction.hpp"
#include "softmax_row.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// y = f(x); f takes and returns a register of elements.
template <class Function>
inline void map_forward(const float* x, std::int64_t count, float* y, Function&& f) {
  for_each_vector(count,
                  [&](std::int64_t i, int n) { store_lanes(y + i, f(load_lanes(x + i, n)), n); });
}

// dx = f(v, d), where v is of `saved` and d of dy.
template <class Function>
inline void map_backward(const float* saved, const float* dy, std::int64_t count, float* dx,
                         Function&& f) {
  for_each_vector(count, [&](std::int64_t i, int n) {
    store_lanes(dx + i, f(load_lanes(saved + i, n), load_lanes(dy + i, n)), n);
  });
}

void relu_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return relu(v); });
}

void relu_backward(const float* y, const float* dy, std::int64_t count, const ActivationParameters&,
                   float* dx) {
  map_backward(y, dy, count, dx, [](Full v, Full d) { return v > Full{} ? d : Full{}; });
}

// negative_slope * (x - threshold) up to the threshold, then x, then max_value. The derivative at
// the threshold is that below it, at max_value that above it.
void general_relu_forward(const float* x, std::int64_t count, const ActivationParameters& p,
                          float* y) {
  map_forward(x, count, y, [&](Full v) {
    const Full low = splat(p.negative_slope) * (v - splat(p.threshold));
    return v <= splat(p.threshold) ? low : (v > splat(p.max_value) ? splat(p.max_value) : v);
  });
}

void general_relu_backward(const float* x, const float* dy, std::int64_t count,
                           const ActivationParameters& p, float* dx) {
  map_backward(x, dy, count, dx, [&](Full v, Full d) {
    return v <= splat(p.threshold) ? d * splat(p.negative_slope)
                                   : (v < splat(p.max_value) ? d : Full{});
  });
}

void sigmoid_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return sigmoid(v); });
}

void sigmoid_backward(const float* y, const float* dy, std::int64_t count,
                      const ActivationParameters&, float* dx) {
  map_backward(y, dy, count, dx, [](Full v, Full d) { return d * v * (splat(1.0f) - v); });
}

void tanh_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return tanh(v); });
}

void tanh_backward(const float* y, const float* dy, std::int64_t count, const ActivationParameters&,
                   float* dx) {
  map_backward(y, dy, count, dx, [](Full v, Full d) { return d * (splat(1.0f) - v * v); });
}

// scale * x from 0 on, scale * alpha * (exp(x) - 1) below. ELU has scale 1, SELU its two constants.
void elu_forward(const float* x, std::int64_t count, const ActivationParameters& p, float* y) {
  map_forward(x, count, y, [&](Full v) {
    const Full low = splat(p.alpha) * expm1(v);
    return splat(p.scale) * (v > Full{} ? v : low);
  });
}

void elu_backward(const float* x, const float* dy, std::int64_t count,
                  const ActivationParameters& p, float* dx) {
  map_backward(x, dy, count, dx, [&](Full v, Full d) {
    const Full low = splat(p.alpha) * exp(v);
    return d * (splat(p.scale) * (v > Full{} ? splat(1.0f) : low));
  });
}

// The standard normal distribution's cumulative distribution function. GELU is x * normal_cdf(x).
inline Full normal_cdf(Full x) {
  return splat(0.5f) * (splat(1.0f) + erf(x * splat(0.70710678118654752f)));
}

void gelu_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return v * normal_cdf(v); });
}

void gelu_backward(const float* x, const float* dy, std::int64_t count, const ActivationParameters&,
                   float* dx) {
  map_backward(x, dy, count, dx, [](Full v, Full d) {
    const Full density = splat(0.39894228040143268f) * exp(splat(-0.5f) * v * v);
    return d * fma(v, density, normal_cdf(v));
  });
}

// sqrt(2 / pi) * (x + 0.044715 * x**3): GELU's approximation is x * (1 + tanh(that)) / 2.
inline Full gelu_tanh_argument(Full x) {
  return splat(0.79788456080286536f) * fma(splat(0.044715f) * x, x * x, x);
}

void gelu_tanh_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y,
              [](Full v) { return splat(0.5f) * v * (splat(1.0f) + tanh(gelu_tanh_argument(v))); });
}

void gelu_tanh_backward(const float* x, const float* dy, std::int64_t count,
                        const ActivationParameters&, float* dx) {
  map_backward(x, dy, count, dx, [](Full v, Full d) {
    const Full t = tanh(gelu_tanh_argument(v));
    const Full inner = splat(0.79788456080286536f) * fma(splat(0.134145f) * v, v, splat(1.0f));
    const Full derivative = fma(v * (splat(1.0f) - t * t), inner, splat(1.0f) + t);
    return d * (splat(0.5f) * derivative);
  });
}

// x * sigmoid(x).
void silu_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return v * sigmoid(v); });
}

void silu_backward(const float* x, const float* dy, std::int64_t count, const ActivationParameters&,
                   float* dx) {
  map_backward(x, dy, count, dx, [](Full v, Full d) {
    const Full s = sigmoid(v);
    return d * (s * fma(v, splat(1.0f) - s, splat(1.0f)));
  });
}

// log(1 + exp(x)) without overflow.
void softplus_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return relu(v) + log1p(exp(-abs(v))); });
}

void softplus_backward(const float* x, const float* dy, std::int64_t count,
                       const ActivationParameters&, float* dx) {
  map_backward(x, dy, count, dx, [](Full v, Full d) { return d * sigmoid(v); });
}

// x / (1 + |x|).
void softsign_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return v / (splat(1.0f) + abs(v)); });
}

void softsign_backward(const float* y, const float* dy, std::int64_t count,
                       const ActivationParameters&, float* dx) {
  map_backward(y, dy, count, dx, [](Full v, Full d) {
    const Full root = splat(1.0f) - abs(v);
    return d * (root * root);
  });
}

// min(max(x + 3, 0), 6) / 6.
inline Full hard_sigmoid(Full x) {
  const Full shifted = relu(x + splat(3.0f));
  return (shifted > splat(6.0f) ? splat(6.0f) : shifted) / splat(6.0f);
}

void hard_sigmoid_forward(const float* x, std::int64_t count, const ActivationParameters&,
                          float* y) {
  map_forward(x, count, y, [](Full v) { return hard_sigmoid(v); });
}

void hard_sigmoid_backward(const float* x, const float* dy, std::int64_t count,
                           const ActivationParameters&, float* dx) {
  map_backward(x, dy, count, dx,
               [](Full v, Full d) { return abs(v) < splat(3.0f) ? d / splat(6.0f) : Full{}; });
}

// x * hard_sigmoid(x).
void hard_silu_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return v * hard_sigmoid(v); });
}

void hard_silu_backward(const float* x, const float* dy, std::int64_t count,
                        const ActivationParameters&, float* dx) {
  map_backward(x, dy, count, dx, [](Full v, Full d) {
    const Full linear = abs(v) < splat(3.0f) ? v / splat(6.0f) : Full{};
    return d * (hard_sigmoid(v) + linear);
  });
}

// tanh(log(1 + exp(x))) = u / (u + 2) with e = exp(x), u = e * (e + 2). Mish is x times that.
inline Full mish_tanh(Full x) {
  const Full capped = x > splat(20.0f) ? splat(20.0f) : x;  // beyond, the quotient rounds to 1
  const Full e = exp(capped);
  const Full u = e * (e + splat(2.0f));
  return u / (u + splat(2.0f));
}

void mish_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return v * mish_tanh(v); });
}

void mish_backward(const float* x, const float* dy, std::int64_t count, const ActivationParameters&,
                   float* dx) {
  map_backward(x, dy, count, dx, [](Full v, Full d) {
    const Full t = mish_tanh(v);
    return d * fma(v * (splat(1.0f) - t * t), sigmoid(v), t);
  });
}

void exponential_forward(const float* x, std::int64_t count, const ActivationParameters&,
                         float* y) {
  map_forward(x, count, y, [](Full v) { return exp(v); });
}

void exponential_backward(const float* y, const float* dy, std::int64_t count,
                          const ActivationParameters&, float* dx) {
  map_backward(y, dy, count, dx, [](Full v, Full d) { return d * v; });
}

void log_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  map_forward(x, count, y, [](Full v) { return log(v); });
}

void log_backward(const float* x, const float* dy, std::int64_t count, const ActivationParameters&,
                  float* dx) {
  map_backward(x, dy, count, dx, [](Full v, Full d) { return d / v; });
}

void sqrt_forward(const float* x, std::int64_t count, const ActivationParameters&, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = __builtin_sqrtf(x[i]);
}

void sqrt_backward(const float* y, const float* dy, std::int64_t count, const ActivationParameters&,
                   float* dx) {
  map_backward(y, dy, count, dx, [](Full v, Full d) { return splat(0.5f) * d / v; });
}

// By the kind of operation, see lowering/activations.py.
constexpr Activation kFunctions[] = {
    {"elu", elu_forward, elu_backward},
    {"exponential", exponential_forward, exponential_backward},
    {"gelu", gelu_forward, gelu_backward},
    {"gelu_tanh", gelu_tanh_forward, gelu_tanh_backward},
    {"hard_sigmoid", hard_sigmoid_forward, hard_sigmoid_backward},
    {"hard_silu", hard_silu_forward, hard_silu_backward},
    {"log", log_forward, log_backward},
    {"mish", mish_forward, mish_backward},
    {"general_relu", general_relu_forward, general_relu_backward},
    {"relu", relu_forward, relu_backward},
    {"sigmoid", sigmoid_forward, sigmoid_backward},
    {"silu", silu_forward, silu_backward},
    {"softplus", softplus_forward, softplus_backward},
    {"softsign", softsign_forward, softsign_backward},
    {"sqrt", sqrt_forward, sqrt_backward},
    {"tanh", tanh_forward, tanh_backward},
};

void softmax(const float* x, std::int64_t rows, std::int32_t classes, float* y) {
  for (std::int64_t r = 0; r < rows; ++r) softmax_row(x + r * classes, classes, y + r * classes);
}

// dx = y * (dy - sum(y * dy)), row by row.
void softmax_backward(const float* y, const float* dy, std::int64_t rows, std::int32_t classes,
                      float* dx) {
  for (; rows > 0; --rows, y += classes, dy += classes, dx += classes) {
    const Full inner = splat(reduce_sum(
        classes, [&](int i, int n) { return load_lanes(y + i, n) * load_lanes(dy + i, n); }));
    for_each_vector(classes, [&](std::int64_t i, int n) {
      store_lanes(dx + i, load_lanes(y + i, n) * (load_lanes(dy + i, n) - inner), n);
    });
  }
}

// y = x - log(sum(exp(x))), row by row.
void log_softmax(const float* x, std::int64_t rows, std::int32_t classes, float* y) {
  for (; rows > 0; --rows, x += classes, y += classes) {
    const Full log_sum_exp = splat(softmax_row(x, classes, y));
    for_each_vector(classes, [&](std::int64_t i, int n) {
      store_lanes(y + i, load_lanes(x + i, n) - log_sum_exp, n);
    });
  }
}

// dx = dy - exp(y) * sum(dy), row by row.
void log_softmax_backward(const float* y, const float* dy, std::int64_t rows, std::int32_t classes,
                          float* dx) {
  for (; rows > 0; --rows, y += classes, dy += classes, dx += classes) {
    const Full total =
        splat(reduce_sum(classes, [&](int i, int n) { return load_lanes(dy + i, n); }));
    for_each_vector(classes, [&](std::int64_t i, int n) {
      store_lanes(dx + i, load_lanes(dy + i, n) - exp(load_lanes(y + i, n)) * total, n);
    });
  }
}

}  // namespace

extern const ActivationKernels activation_kernels = {
    .functions = kFunctions,
    .function_count = static_cast<std::int32_t>(std::size(kFunctions)),
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .log_softmax = log_softmax,
    .log_softmax_backward = log_softmax_backward,
};

}  // namespace scallion::SCALLION_ISA
