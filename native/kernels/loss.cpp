// Losses of one prediction and their gradients, with Keras 3's formulas.
//
// Every function takes the outputs x (n,) of one prediction and its target, returns the loss L and
// writes dx (n,) = weight * dL/dx. Where x are probabilities, they are called p. `t` is the target
// of an element, `d` the derivative of its loss.
#include "loss.hpp"

#include <iterator>

#include "math.hpp"
#include "reduction.hpp"
#include "softmax_row.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// Keras clips probabilities to these bounds before it takes a logarithm. Beyond them the derivative
// is 0.
constexpr float kLow = 1e-7f, kHigh = static_cast<float>(1.0 - 1e-7);

inline float clip_probability(float p) { return p < kLow ? kLow : (p > kHigh ? kHigh : p); }

inline float target_at(const Target& target, int i) {
  return target.values ? target.values[i] * target.scale + target.offset
                       : (i == target.label ? 1.0f : 0.0f);
}

inline Full targets_at(const Target& target, std::int64_t i, int n) {
  return load_lanes(target.values + i, n) * splat(target.scale) + splat(target.offset);
}

// The sum of -t * log(softmax(x)).
float cross_entropy(const float* x, std::int32_t classes, const Target& target, float weight,
                    float* dx) {
  const float log_sum_exp = softmax_row(x, classes, dx);
  float loss = 0.0f, total = 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float t = target_at(target, i);
    if (t != 0.0f) loss = fma(t, log_sum_exp - x[i], loss);
    total += t;
  }
  for (int i = 0; i < classes; ++i) {
    dx[i] = fma(dx[i], total, -target_at(target, i)) * weight;
  }
  return loss;
}

// The sum of -t * log(q), q = p / sum(p) clipped.
float cross_entropy_from_probabilities(const float* p, std::int32_t classes, const Target& target,
                                       float weight, float* dx) {
  const float total = reduce_sum(classes, [&](int i, int n) { return load_lanes(p + i, n); });
  float loss = 0.0f, inner = 0.0f;  // inner product of q and dL/dq
  for (int i = 0; i < classes; ++i) {
    const float t = target_at(target, i), q = p[i] / total;
    dx[i] = 0.0f;
    if (t == 0.0f) continue;
    loss = fma(-t, log(clip_probability(q)), loss);
    if (q >= kLow && q <= kHigh) dx[i] = -t / q;
    inner = fma(dx[i], q, inner);
  }
  for (int i = 0; i < classes; ++i) dx[i] = (dx[i] - inner) / total * weight;
  return loss;
}

// The mean over the elements of element_loss(x, t, d), which returns the losses of a register of
// elements and sets their derivatives d.
template <class ElementLoss>
inline float mean_loss(const float* x, std::int32_t count, const Target& target, float weight,
                       float* dx, ElementLoss&& element_loss) {
  const float inverse_count = 1.0f / static_cast<float>(count);
  const Full factor = splat(weight * inverse_count);
  const float total = reduce_sum(count, [&](int i, int n) {
    Full d;
    const Full loss = element_loss(load_lanes(x + i, n), targets_at(target, i, n), d);
    store_lanes(dx + i, d * factor, n);
    return loss;
  });
  return total * inverse_count;
}

// log(1 + exp(x)) - x * t, without overflow.
float binary_cross_entropy(const float* x, std::int32_t count, const Target& target, float weight,
                           float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    d = sigmoid(x) - t;
    const Full rest = log1p(exp(-abs(x)));
    return relu(x) - x * t + rest;
  });
}

// -t * log(q) - (1 - t) * log(1 - q), q = p clipped.
float binary_cross_entropy_from_probabilities(const float* p, std::int32_t count,
                                              const Target& target, float weight, float* dx) {
  return mean_loss(p, count, target, weight, dx, [](Full p, Full t, Full& d) {
    const Full one = splat(1.0f), low = splat(kLow), high = splat(kHigh);
    const Full q = p < low ? low : (p > high ? high : p);
    d = (q - t) / (q * (one - q));
    d = p < low ? Full{} : (p > high ? Full{} : d);
    return -(t * log(q) + (one - t) * log1p(-q));
  });
}

float squared_error(const float* x, std::int32_t count, const Target& target, float weight,
                    float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    const Full error = x - t;
    d = error + error;
    return error * error;
  });
}

float absolute_error(const float* x, std::int32_t count, const Target& target, float weight,
                     float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    const Full error = x - t;
    d = error > Full{} ? splat(1.0f) : (error < Full{} ? splat(-1.0f) : Full{});
    return abs(error);
  });
}

// With e = |x - t|: e**2 / 2 up to e = delta, then delta * e - delta**2 / 2.
float huber(const float* x, std::int32_t count, const Target& target, float weight, float* dx) {
  return mean_loss(x, count, target, weight, dx, [&](Full x, Full t, Full& d) {
    const Full error = x - t, size = abs(error), delta = splat(target.delta);
    const Full half = splat(0.5f);
    d = size > delta ? copysign(delta, error) : error;
    return size > delta ? delta * size - half * delta * delta : half * error * error;
  });
}

// log(cosh(x - t)), without overflow.
float log_cosh(const float* x, std::int32_t count, const Target& target, float weight, float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    const Full error = x - t, size = abs(error);
    d = tanh(error);
    return size + log1p(exp(size * splat(-2.0f))) - splat(0.693147181f);
  });
}

// The sum of t * log(t / p), both clipped to 1e-7 ... 1.
float kl_divergence(const float* p, std::int32_t count, const Target& target, float weight,
                    float* dx) {
  return reduce_sum(count, [&](int i, int n) {
    const Full low = splat(kLow), one = splat(1.0f), x = load_lanes(p + i, n);
    const Full unclipped = targets_at(target, i, n);
    const Full t = unclipped < low ? low : (unclipped > one ? one : unclipped);
    const Full q = x < low ? low : (x > one ? one : x);
    const Full d = x < low ? Full{} : (x > one ? Full{} : -t / q);
    store_lanes(dx + i, d * splat(weight), n);
    return t * log(t / q);
  });
}

// max(1 - t * x, 0); targets are -1 and 1.
float hinge(const float* x, std::int32_t count, const Target& target, float weight, float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    const Full margin = splat(1.0f) - t * x;
    d = margin > Full{} ? -t : Full{};
    return relu(margin);
  });
}

// max(1 - t * x, 0)**2.
float squared_hinge(const float* x, std::int32_t count, const Target& target, float weight,
                    float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    const Full margin = relu(splat(1.0f) - t * x);
    d = splat(-2.0f) * t * margin;
    return margin * margin;
  });
}

// max(max((1 - t) * x) - sum(t * x) + 1, 0).
float categorical_hinge(const float* x, std::int32_t classes, const Target& target, float weight,
                        float* dx) {
  float positive = 0.0f, negative = 0.0f;
  int best = -1;  // the wrong class with the largest output
  for (int i = 0; i < classes; ++i) {
    const float t = target_at(target, i), wrong = (1.0f - t) * x[i];
    positive = fma(t, x[i], positive);
    if (best < 0 || wrong > negative) negative = wrong, best = i;
  }
  const float loss = negative - positive + 1.0f, factor = loss > 0.0f ? weight : 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float t = target_at(target, i);
    dx[i] = ((i == best ? 1.0f - t : 0.0f) - t) * factor;
  }
  return loss < 0.0f ? 0.0f : loss;  // NaN stays NaN
}

// 100 * |x - t| / max(|t|, 1e-7).
float absolute_percentage_error(const float* x, std::int32_t count, const Target& target,
                                float weight, float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    const Full error = x - t, factor = splat(100.0f) / maximum(splat(kLow), abs(t));
    d = error > Full{} ? factor : (error < Full{} ? -factor : Full{});
    return abs(error) * factor;
  });
}

// (log(1 + x) - log(1 + t))**2, both at least 1e-7.
float squared_logarithmic_error(const float* x, std::int32_t count, const Target& target,
                                float weight, float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    const Full low = splat(kLow);
    const Full error = log1p(maximum(low, x)) - log1p(maximum(low, t));
    d = x > low ? (error + error) / (x + splat(1.0f)) : Full{};
    return error * error;
  });
}

// x - t * log(x + 1e-7).
float poisson(const float* x, std::int32_t count, const Target& target, float weight, float* dx) {
  return mean_loss(x, count, target, weight, dx, [](Full x, Full t, Full& d) {
    const Full rate = x + splat(kLow);
    d = splat(1.0f) - t / rate;
    return x - t * log(rate);
  });
}

inline float inverse_norm(float sum_of_squares) {
  const float norm = __builtin_sqrtf(sum_of_squares);
  return 1.0f / (norm > kLow ? norm : kLow);
}

// Minus the cosine of the angle between x and t.
float cosine_similarity(const float* x, std::int32_t count, const Target& target, float weight,
                        float* dx) {
  const float inverse_x = inverse_norm(reduce_sum(count, [&](int i, int n) {
    const Full v = load_lanes(x + i, n);
    return v * v;
  }));
  const float inverse_t = inverse_norm(reduce_sum(count, [&](int i, int n) {
    const Full t = targets_at(target, i, n);
    return t * t;
  }));
  const float cosine = inverse_x * inverse_t * reduce_sum(count, [&](int i, int n) {
                         return load_lanes(x + i, n) * targets_at(target, i, n);
                       });
  const float x_coefficient = inverse_x < 1.0f / kLow ? cosine * inverse_x : 0.0f;
  const Full factor = splat(inverse_x * weight), a = splat(x_coefficient), b = splat(inverse_t);
  for_each_vector(count, [&](std::int64_t i, int n) {
    const Full d = load_lanes(x + i, n) * a - targets_at(target, i, n) * b;
    store_lanes(dx + i, d * factor, n);
  });
  return -cosine;
}

// x**power for x of at least 1e-20, so that the logarithm is finite.
inline Full pow(Full x, float power) { return exp(log(x) * splat(power)); }

inline float pow(float x, float power) { return exp(log(x) * power); }

// One class of the focal loss of probabilities q (Lin et al. 2017): -t * alpha * (1 - q)**gamma *
// log(q), and its derivative.
inline float focal_term(float t, float q, const Target& target, float& d) {
  const float c = clip_probability(q), rest = 1.0f - c,
              factor = t * target.positive_weight * pow(rest, target.gamma);
  const float log_c = log(c);
  d = q >= kLow && q <= kHigh ? factor * (target.gamma / rest * log_c - 1.0f / c) : 0.0f;
  return -factor * log_c;
}

float focal_cross_entropy(const float* x, std::int32_t classes, const Target& target, float weight,
                          float* dx) {
  softmax_row(x, classes, dx);
  float loss = 0.0f, inner = 0.0f, d = 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float t = target_at(target, i);
    if (t == 0.0f) continue;
    loss += focal_term(t, dx[i], target, d);
    inner = fma(d, dx[i], inner);
  }
  for (int i = 0; i < classes; ++i) {
    const float t = target_at(target, i);
    d = 0.0f;
    if (t != 0.0f) focal_term(t, dx[i], target, d);
    dx[i] *= (d - inner) * weight;
  }
  return loss;
}

float focal_cross_entropy_from_probabilities(const float* p, std::int32_t classes,
                                             const Target& target, float weight, float* dx) {
  const float total = reduce_sum(classes, [&](int i, int n) { return load_lanes(p + i, n); });
  float loss = 0.0f, inner = 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float t = target_at(target, i), q = p[i] / total;
    dx[i] = 0.0f;
    if (t == 0.0f) continue;
    loss += focal_term(t, q, target, dx[i]);
    inner = fma(dx[i], q, inner);
  }
  for (int i = 0; i < classes; ++i) dx[i] = (dx[i] - inner) / total * weight;
  return loss;
}

// Binary cross-entropy times weight * (1 - the probability of the correct answer)**gamma.
inline Full binary_focal_term(Full p, Full t, const Target& target, Full& d) {
  const Full one = splat(1.0f), low = splat(kLow), high = splat(kHigh), least = splat(1e-20f);
  const Full q = p < low ? low : (p > high ? high : p);
  const Full entropy = -(t * log(q) + (one - t) * log1p(-q));
  Full entropy_d = (q - t) / (q * (one - q));
  entropy_d = p < low ? Full{} : (p > high ? Full{} : entropy_d);
  Full error = one - (t * p + (one - t) * (one - p));
  error = error < least ? least : error;
  const Full class_weight =
      t * splat(target.positive_weight) + (one - t) * splat(target.negative_weight);
  const Full factor = class_weight * pow(error, target.gamma);
  d = factor * (splat(target.gamma) / error * (one - t - t) * entropy + entropy_d);
  return factor * entropy;
}

float binary_focal_cross_entropy(const float* x, std::int32_t count, const Target& target,
                                 float weight, float* dx) {
  return mean_loss(x, count, target, weight, dx, [&](Full x, Full t, Full& d) {
    const Full p = sigmoid(x), loss = binary_focal_term(p, t, target, d);
    d *= p * (splat(1.0f) - p);
    return loss;
  });
}

float binary_focal_cross_entropy_from_probabilities(const float* p, std::int32_t count,
                                                    const Target& target, float weight, float* dx) {
  return mean_loss(p, count, target, weight, dx,
                   [&](Full p, Full t, Full& d) { return binary_focal_term(p, t, target, d); });
}

// The caller computed the gradient between the two parts of the step, and the loss with it.
float given_gradient(const float*, std::int32_t count, const Target& target, float, float* dx) {
  for (std::int32_t i = 0; i < count; ++i) dx[i] = target.values[i];
  return 0.0f;
}

// By the kind of operation, see lowering/losses.py.
constexpr Loss kFunctions[] = {
    {"huber", huber},
    {"log_cosh", log_cosh},
    {"kl_divergence", kl_divergence},
    {"hinge", hinge},
    {"squared_hinge", squared_hinge},
    {"categorical_hinge", categorical_hinge},
    {"absolute_percentage_error", absolute_percentage_error},
    {"squared_logarithmic_error", squared_logarithmic_error},
    {"poisson", poisson},
    {"cosine_similarity", cosine_similarity},
    {"focal_cross_entropy", focal_cross_entropy},
    {"focal_cross_entropy_from_probabilities", focal_cross_entropy_from_probabilities},
    {"binary_focal_cross_entropy", binary_focal_cross_entropy},
    {"binary_focal_cross_entropy_from_probabilities",
     binary_focal_cross_entropy_from_probabilities},
    {"cross_entropy", cross_entropy},
    {"cross_entropy_from_probabilities", cross_entropy_from_probabilities},
    {"binary_cross_entropy", binary_cross_entropy},
    {"binary_cross_entropy_from_probabilities", binary_cross_entropy_from_probabilities},
    {"squared_error", squared_error},
    {"absolute_error", absolute_error},
    {"given_gradient", given_gradient},
};

}  // namespace

extern const LossKernels loss_kernels = {
    .functions = kFunctions,
    .function_count = static_cast<std::int32_t>(std::size(kFunctions)),
};

}  // namespace scallion::SCALLION_ISA
