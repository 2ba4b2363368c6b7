// Optimizer updates and what is done around them: see optimizer.hpp.
#include "optimizer.hpp"

#include "reduction.hpp"

namespace scallion::SCALLION_ISA {
namespace {

void sum_lanes(const float* const* gradients, std::int32_t lanes, std::int64_t count, float* g) {
  constexpr int kRegisters = 4;  // reads in flight: the lanes' gradients lie in outer caches
  std::int64_t i = 0;
  for (; i + kRegisters * kWidth <= count; i += kRegisters * kWidth) {
    Full sum[kRegisters];
    for (int v = 0; v < kRegisters; ++v) sum[v] = load<Full>(gradients[0] + i + v * kWidth);
    for (int lane = 1; lane < lanes; ++lane) {
      for (int v = 0; v < kRegisters; ++v) sum[v] += load<Full>(gradients[lane] + i + v * kWidth);
    }
    for (int v = 0; v < kRegisters; ++v) store(g + i + v * kWidth, sum[v]);
  }
  for (; i < count; ++i) {
    float sum = gradients[0][i];
    for (int lane = 1; lane < lanes; ++lane) sum += gradients[lane][i];
    g[i] = sum;
  }
}

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

void adam(float* w, const float* g, float* m, float* v, float* v_max, std::int64_t count,
          float rate, float one_minus_beta_1, float one_minus_beta_2, float epsilon) {
  for (std::int64_t i = 0; i < count; ++i) {
    m[i] += (g[i] - m[i]) * one_minus_beta_1;
    v[i] += (g[i] * g[i] - v[i]) * one_minus_beta_2;
  }
  const float* variance = v;
  if (v_max) {
    for (std::int64_t i = 0; i < count; ++i) v_max[i] = v[i] > v_max[i] ? v[i] : v_max[i];
    variance = v_max;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    w[i] -= m[i] * rate / (__builtin_sqrtf(variance[i]) + epsilon);
  }
}

void rmsprop(float* w, const float* g, float* v, float* velocity, float* mean, std::int64_t count,
             float rate, float rho, float one_minus_rho, float momentum, float epsilon) {
  for (std::int64_t i = 0; i < count; ++i) {
    v[i] = rho * v[i] + one_minus_rho * g[i] * g[i];
    float variance = v[i];
    if (mean) {
      mean[i] = rho * mean[i] + one_minus_rho * g[i];
      variance -= mean[i] * mean[i];
    }
    float step = rate * g[i] / __builtin_sqrtf(variance + epsilon);
    if (velocity) step = velocity[i] = momentum * velocity[i] + step;
    w[i] -= step;
  }
}

void adagrad(float* w, const float* g, float* accumulator, std::int64_t count, float rate,
             float epsilon) {
  for (std::int64_t i = 0; i < count; ++i) {
    accumulator[i] += g[i] * g[i];
    w[i] -= rate * g[i] / __builtin_sqrtf(accumulator[i] + epsilon);
  }
}

float sum_of_squares(const float* x, std::int64_t count) {
  return reduce_sum(static_cast<int>(count), [&](int i, int n) {
    const Full v = load_lanes(x + i, n);
    return v * v;
  });
}

void clip(float* x, std::int64_t count, float limit) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float low = x[i] < -limit ? -limit : x[i];
    x[i] = low > limit ? limit : low;
  }
}

void add_regularization(const float* w, std::int64_t count, float l1, float l2, float* g) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float sign = static_cast<float>(w[i] > 0.0f) - static_cast<float>(w[i] < 0.0f);
    g[i] += l1 * sign + l2 * w[i];
  }
}

void weight_decay(float* w, std::int64_t count, float decay, float rate) {
  for (std::int64_t i = 0; i < count; ++i) w[i] -= w[i] * decay * rate;
}

void moving_average(const float* w, float* average, std::int64_t count, float momentum) {
  const float one_minus_momentum = 1.0f - momentum;
  for (std::int64_t i = 0; i < count; ++i)
    average[i] = momentum * average[i] + one_minus_momentum * w[i];
}

}  // namespace

extern const OptimizerKernels optimizer_kernels = {
    .sum_lanes = sum_lanes,
    .sgd = sgd,
    .adam = adam,
    .rmsprop = rmsprop,
    .adagrad = adagrad,
    .sum_of_squares = sum_of_squares,
    .clip = clip,
    .add_regularization = add_regularization,
    .weight_decay = weight_decay,
    .moving_average = moving_average,
};

}  // namespace scallion::SCALLION_ISA
