// Optimizers' updates and what is done to gradients before them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scallion {

struct OptimizerKernels {
  void (*add_lanes)(const float* const* lanes, std::int32_t count, std::int64_t floats, float* y);
  void (*sgd)(float* w, const float* g, float* velocity, std::int64_t count, float rate,
              float momentum, bool nesterov);
  void (*adam)(float* w, const float* g, float* m, float* v, float* largest, std::int64_t count,
               float rate, float new_1, float new_2, float epsilon);
  void (*rmsprop)(float* w, const float* g, float* v, float* momentum, float* mean,
                  std::int64_t count, float rate, float rho, float rest, float pull, float epsilon);
  void (*adagrad)(float* w, const float* g, float* total, std::int64_t count, float rate,
                  float epsilon);
  float (*sum_of_squares)(const float* x, std::int64_t count);
  void (*clip)(float* x, std::int64_t count, float limit);
  void (*penalize)(const float* w, std::int64_t count, float l1, float l2, float* g);
  void (*decay)(float* w, std::int64_t count, float share, float rate);
  void (*average)(const float* w, float* mean, std::int64_t count, float momentum);
};

}  // namespace scallion
