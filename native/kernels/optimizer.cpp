// Optimizers, one piece of an array at a time. Formulas and order as Keras 3 computes them.
#include "optimizer.hpp"

#include "reduction.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// y = ((x0 + x1) + x2) + ...: the lanes' gradients, in lane order.
void add_lanes(const float* const* lanes, std::int32_t count, std::int64_t floats, float* y) {
  constexpr int kRegisters = 4;  // enough reads under way to hide that lanes lie in outer caches
  std::int64_t i = 0;
  for (; i + kRegisters * kWidth <= floats; i += kRegisters * kWidth) {
    Full sum[kRegisters];
    for (int v = 0; v < kRegisters; ++v) sum[v] = load<Full>(lanes[0] + i + v * kWidth);
    for (int lane = 1; lane < count; ++lane) {
      for (int v = 0; v < kRegisters; ++v) sum[v] += load<Full>(lanes[lane] + i + v * kWidth);
    }
    for (int v = 0; v < kRegisters; ++v) store(y + i + v * kWidth, sum[v]);
  }
  for (; i < floats; ++i) {
    float sum = lanes[0][i];
    for (int lane = 1; lane < count; ++lane) sum += lanes[lane][i];
    y[i] = sum;
  }
}

// `velocity` is null without momentum.
void sgd(float* w, const float* g, float* velocity, std::int64_t count, float rate, float momentum,
         bool nesterov) {
  if (!velocity) {
    for (std::int64_t i = 0; i < count; ++i) w[i] -= g[i] * rate;
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const float step = g[i] * rate;
    velocity[i] = velocity[i] * momentum - step;
    w[i] += nesterov ? velocity[i] * momentum - step : velocity[i];
  }
}

// `new_1` is 1 - beta_1, and so on; `rate` already holds the bias corrections: lr * sqrt(1 -
// beta_2**t) / (1 - beta_1**t). `largest` is null but for amsgrad.
void adam(float* w, const float* g, float* m, float* v, float* largest, std::int64_t count,
          float rate, float new_1, float new_2, float epsilon) {
  for (std::int64_t i = 0; i < count; ++i) {
    m[i] += (g[i] - m[i]) * new_1;
    v[i] += (g[i] * g[i] - v[i]) * new_2;
  }
  const float* spread = v;
  if (largest) {
    for (std::int64_t i = 0; i < count; ++i) largest[i] = v[i] > largest[i] ? v[i] : largest[i];
    spread = largest;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    w[i] -= m[i] * rate / (__builtin_sqrtf(spread[i]) + epsilon);
  }
}

// `momentum` is null without one, `mean` unless centered.
void rmsprop(float* w, const float* g, float* v, float* momentum, float* mean, std::int64_t count,
             float rate, float rho, float rest, float pull, float epsilon) {
  for (std::int64_t i = 0; i < count; ++i) {
    v[i] = rho * v[i] + rest * g[i] * g[i];
    float spread = v[i];
    if (mean) {
      mean[i] = rho * mean[i] + rest * g[i];
      spread -= mean[i] * mean[i];
    }
    float step = rate * g[i] / __builtin_sqrtf(spread + epsilon);
    if (momentum) step = momentum[i] = pull * momentum[i] + step;
    w[i] -= step;
  }
}

void adagrad(float* w, const float* g, float* total, std::int64_t count, float rate,
             float epsilon) {
  for (std::int64_t i = 0; i < count; ++i) {
    total[i] += g[i] * g[i];
    w[i] -= rate * g[i] / __builtin_sqrtf(total[i] + epsilon);
  }
}

float sum_of_squares(const float* x, std::int64_t count) {
  return sum_along(static_cast<int>(count), [&](int i, int n) {
    const Full v = load_full(x + i, n);
    return v * v;
  });
}

void clip(float* x, std::int64_t count, float limit) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float low = x[i] < -limit ? -limit : x[i];
    x[i] = low > limit ? limit : low;
  }
}

void penalize(const float* w, std::int64_t count, float l1, float l2, float* g) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float sign = static_cast<float>(w[i] > 0.0f) - static_cast<float>(w[i] < 0.0f);
    g[i] += l1 * sign + l2 * w[i];
  }
}

void decay(float* w, std::int64_t count, float share, float rate) {
  for (std::int64_t i = 0; i < count; ++i) w[i] -= w[i] * share * rate;
}

void average(const float* w, float* mean, std::int64_t count, float momentum) {
  const float rest = 1.0f - momentum;
  for (std::int64_t i = 0; i < count; ++i) mean[i] = momentum * mean[i] + rest * w[i];
}

}  // namespace

extern const OptimizerKernels optimizer_kernels = {
    .add_lanes = add_lanes,
    .sgd = sgd,
    .adam = adam,
    .rmsprop = rmsprop,
    .adagrad = adagrad,
    .sum_of_squares = sum_of_squares,
    .clip = clip,
    .penalize = penalize,
    .decay = decay,
    .average = average,
};

}  // namespace scallion::SCALLION_ISA
