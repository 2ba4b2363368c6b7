// Optimizer updates, and what is done to gradients before and to weights after them: the interface
// of optimizer.cpp. Formulas and order of operations are those of Keras 3.
//
// All arrays are (count,): a part of a weight w, its gradient g and the optimizer's state.
// `rate` is the learning rate.
#pragma once

#include <cstdint>

namespace scallion {

struct OptimizerKernels {
  // g = ((g0 + g1) + g2) + ... of `lanes` gradients, in lane order.
  void (*sum_lanes)(const float* const* gradients, std::int32_t lanes, std::int64_t count,
                    float* g);

  // `velocity` is null without momentum.
  void (*sgd)(float* w, const float* g, float* velocity, std::int64_t count, float rate,
              float momentum, bool nesterov);
  // `rate` includes the bias corrections: lr * sqrt(1 - beta_2**t) / (1 - beta_1**t). `v_max` is
  // null but for AMSGrad.
  void (*adam)(float* w, const float* g, float* m, float* v, float* v_max, std::int64_t count,
               float rate, float one_minus_beta_1, float one_minus_beta_2, float epsilon);
  // `velocity` is null without momentum, `mean` (of the gradient) unless centered.
  void (*rmsprop)(float* w, const float* g, float* v, float* velocity, float* mean,
                  std::int64_t count, float rate, float rho, float one_minus_rho, float momentum,
                  float epsilon);
  void (*adagrad)(float* w, const float* g, float* accumulator, std::int64_t count, float rate,
                  float epsilon);

  float (*sum_of_squares)(const float* x, std::int64_t count);
  // x = min(max(x, -limit), limit)
  void (*clip)(float* x, std::int64_t count, float limit);
  // g += l1 * sign(w) + l2 * w
  void (*add_regularization)(const float* w, std::int64_t count, float l1, float l2, float* g);
  // w -= w * decay * rate
  void (*weight_decay)(float* w, std::int64_t count, float decay, float rate);
  // average = momentum * average + (1 - momentum) * w
  void (*moving_average)(const float* w, float* average, std::int64_t count, float momentum);
};

}  // namespace scallion
