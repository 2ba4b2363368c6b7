// Losses of one prediction: a row of outputs against what they should be. Each returns the loss and
// leaves its slope at the outputs, times `weight`.
#include "loss.hpp"

#include <iterator>

#include "math.hpp"
#include "reduction.hpp"
#include "softmax_row.hpp"

namespace scallion::SCALLION_ISA {
namespace {

// What share of the target a class has.
inline float share_of(const Truth& t, int i) {
  return t.shares ? t.shares[i] * t.kept + t.spread : (i == t.label ? 1.0f : 0.0f);
}

inline Full shares_of(const Truth& t, std::int64_t i, int n) {
  return load_full(t.shares + i, n) * all(t.kept) + all(t.spread);
}

float cross_entropy(const float* scores, std::int32_t classes, const Truth& truth, float weight,
                    float* slope) {
  const float log_total = soften(scores, classes, slope);
  float loss = 0.0f, mass = 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float share = share_of(truth, i);
    if (share != 0.0f) loss = fma(share, log_total - scores[i], loss);
    mass += share;
  }
  for (int i = 0; i < classes; ++i) {
    slope[i] = fma(slope[i], mass, -share_of(truth, i)) * weight;
  }
  return loss;
}

// Keras keeps probabilities off 0 and 1 before it takes a logarithm; there they have no slope.
constexpr float kLow = 1e-7f, kHigh = static_cast<float>(1.0 - 1e-7);

inline float clipped(float p) { return p < kLow ? kLow : (p > kHigh ? kHigh : p); }

// -log of p / sum(p), clipped.
float cross_entropy_of_probabilities(const float* p, std::int32_t classes, const Truth& truth,
                                     float weight, float* slope) {
  const float total = sum_along(classes, [&](int i, int n) { return load_full(p + i, n); });
  float loss = 0.0f, inner = 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float share = share_of(truth, i), q = p[i] / total;
    slope[i] = 0.0f;
    if (share == 0.0f) continue;
    loss = fma(-share, logarithm(clipped(q)), loss);
    if (q >= kLow && q <= kHigh) slope[i] = -share / q;
    inner = fma(slope[i], q, inner);
  }
  for (int i = 0; i < classes; ++i) slope[i] = (slope[i] - inner) / total * weight;
  return loss;
}

// The losses below are means over a row. body(outputs, targets, slope) gives each output's loss.
template <class Body>
inline float mean_loss(const float* y, std::int32_t count, const Truth& truth, float weight,
                       float* slope, Body&& body) {
  const float even = 1.0f / static_cast<float>(count);
  const Full factor = all(weight * even);
  const float total = sum_along(count, [&](int i, int n) {
    Full d;
    const Full loss = body(load_full(y + i, n), shares_of(truth, i, n), d);
    store_full(slope + i, d * factor, n);
    return loss;
  });
  return total * even;
}

// log(1 + exp(x)) - x * target, without overflow.
float binary_cross_entropy(const float* scores, std::int32_t count, const Truth& truth,
                           float weight, float* slope) {
  return mean_loss(scores, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    d = logistic(x) - target;
    const Full rest = logarithm_plus(exponential(-absolute(x)));
    return maximum(Full{}, x) - x * target + rest;
  });
}

float binary_cross_entropy_of_probabilities(const float* p, std::int32_t count, const Truth& truth,
                                            float weight, float* slope) {
  return mean_loss(p, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full one = all(1.0f), low = all(kLow), high = all(kHigh);
    const Full q = x < low ? low : (x > high ? high : x);
    d = (q - target) / (q * (one - q));
    d = x < low ? Full{} : (x > high ? Full{} : d);
    return -(target * logarithm(q) + (one - target) * logarithm_plus(-q));
  });
}

float squared_error(const float* y, std::int32_t count, const Truth& truth, float weight,
                    float* slope) {
  return mean_loss(y, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full away = x - target;
    d = away + away;
    return away * away;
  });
}

float absolute_error(const float* y, std::int32_t count, const Truth& truth, float weight,
                     float* slope) {
  return mean_loss(y, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full away = x - target;
    d = away > Full{} ? all(1.0f) : (away < Full{} ? all(-1.0f) : Full{});
    return absolute(away);
  });
}

// Half the square up to `delta`, beyond it a straight line.
float huber(const float* y, std::int32_t count, const Truth& truth, float weight, float* slope) {
  return mean_loss(y, count, truth, weight, slope, [&](Full x, Full target, Full& d) {
    const Full away = x - target, size = absolute(away), limit = all(truth.delta);
    const Full half = all(0.5f);
    d = size > limit ? with_sign_of(limit, away) : away;
    return size > limit ? limit * size - half * limit * limit : half * away * away;
  });
}

float log_cosh(const float* y, std::int32_t count, const Truth& truth, float weight, float* slope) {
  return mean_loss(y, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full away = x - target, size = absolute(away);
    d = hyperbolic_tangent(away);
    return size + logarithm_plus(exponential(size * all(-2.0f))) - all(0.693147181f);
  });
}

// The sum of target * log(target / p), both kept within 1e-7 and 1.
float divergence(const float* p, std::int32_t count, const Truth& truth, float weight,
                 float* slope) {
  return sum_along(count, [&](int i, int n) {
    const Full low = all(kLow), one = all(1.0f), x = load_full(p + i, n);
    const Full given = shares_of(truth, i, n);
    const Full target = given < low ? low : (given > one ? one : given);
    const Full q = x < low ? low : (x > one ? one : x);
    const Full d = x < low ? Full{} : (x > one ? Full{} : -target / q);
    store_full(slope + i, d * all(weight), n);
    return target * logarithm(target / q);
  });
}

// Targets are -1 and 1.
float hinge(const float* y, std::int32_t count, const Truth& truth, float weight, float* slope) {
  return mean_loss(y, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full away = all(1.0f) - target * x;
    d = away > Full{} ? -target : Full{};
    return maximum(Full{}, away);
  });
}

float squared_hinge(const float* y, std::int32_t count, const Truth& truth, float weight,
                    float* slope) {
  return mean_loss(y, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full away = maximum(Full{}, all(1.0f) - target * x);
    d = all(-2.0f) * target * away;
    return away * away;
  });
}

// 1 + the best of the wrong outputs - the right one.
float categorical_hinge(const float* scores, std::int32_t classes, const Truth& truth, float weight,
                        float* slope) {
  float right = 0.0f, best = 0.0f;
  int place = -1;
  for (int i = 0; i < classes; ++i) {
    const float share = share_of(truth, i), wrong = (1.0f - share) * scores[i];
    right = fma(share, scores[i], right);
    if (place < 0 || wrong > best) best = wrong, place = i;
  }
  const float lost = best - right + 1.0f, pushed = lost > 0.0f ? weight : 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float share = share_of(truth, i);
    slope[i] = ((i == place ? 1.0f - share : 0.0f) - share) * pushed;
  }
  return lost > 0.0f ? lost : 0.0f;
}

float percentage_error(const float* y, std::int32_t count, const Truth& truth, float weight,
                       float* slope) {
  return mean_loss(y, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full away = x - target, part = all(100.0f) / maximum(all(kLow), absolute(target));
    d = away > Full{} ? part : (away < Full{} ? -part : Full{});
    return absolute(away) * part;
  });
}

// The squared difference of log(1 + y), where y is at least 1e-7.
float logarithmic_error(const float* y, std::int32_t count, const Truth& truth, float weight,
                        float* slope) {
  return mean_loss(y, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full low = all(kLow);
    const Full away = logarithm_plus(maximum(low, x)) - logarithm_plus(maximum(low, target));
    d = x > low ? (away + away) / (x + all(1.0f)) : Full{};
    return away * away;
  });
}

float poisson(const float* y, std::int32_t count, const Truth& truth, float weight, float* slope) {
  return mean_loss(y, count, truth, weight, slope, [](Full x, Full target, Full& d) {
    const Full kept = x + all(kLow);
    d = all(1.0f) - target / kept;
    return x - target * logarithm(kept);
  });
}

// 1 / the length of a row, at most 1e7.
inline float inverse_length(float squares) {
  const float length = __builtin_sqrtf(squares);
  return 1.0f / (length > kLow ? length : kLow);
}

// Minus the cosine of the angle between outputs and targets.
float cosine(const float* y, std::int32_t count, const Truth& truth, float weight, float* slope) {
  const float ours = inverse_length(sum_along(count, [&](int i, int n) {
    const Full x = load_full(y + i, n);
    return x * x;
  }));
  const float theirs = inverse_length(sum_along(count, [&](int i, int n) {
    const Full target = shares_of(truth, i, n);
    return target * target;
  }));
  const float along = ours * theirs * sum_along(count, [&](int i, int n) {
                        return load_full(y + i, n) * shares_of(truth, i, n);
                      });
  const float turned = ours < 1.0f / kLow ? along * ours : 0.0f;
  const Full factor = all(ours * weight), own = all(turned), other = all(theirs);
  each_vector(count, [&](std::int64_t i, int n) {
    const Full d = load_full(y + i, n) * own - shares_of(truth, i, n) * other;
    store_full(slope + i, d * factor, n);
  });
  return -along;
}

inline Full raised(Full x, float power) {
  // x is at least 1e-20, so that the logarithm is a number.
  return exponential(logarithm(x) * all(power));
}

inline float raised(float x, float power) { return exponential(logarithm(x) * power); }

// One class of the focal loss of probabilities q: its loss, and its slope at q.
inline float focal_part(float share, float q, const Truth& t, float& d) {
  const float c = clipped(q), rest = 1.0f - c, strength = share * t.yes * raised(rest, t.gamma);
  const float log = logarithm(c);
  d = q >= kLow && q <= kHigh ? strength * (t.gamma / rest * log - 1.0f / c) : 0.0f;
  return -strength * log;
}

float focal(const float* scores, std::int32_t classes, const Truth& truth, float weight,
            float* slope) {
  soften(scores, classes, slope);
  float loss = 0.0f, inner = 0.0f, d = 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float share = share_of(truth, i);
    if (share == 0.0f) continue;
    loss += focal_part(share, slope[i], truth, d);
    inner = fma(d, slope[i], inner);
  }
  for (int i = 0; i < classes; ++i) {
    const float share = share_of(truth, i);
    d = 0.0f;
    if (share != 0.0f) focal_part(share, slope[i], truth, d);
    slope[i] *= (d - inner) * weight;
  }
  return loss;
}

float focal_of_probabilities(const float* p, std::int32_t classes, const Truth& truth, float weight,
                             float* slope) {
  const float total = sum_along(classes, [&](int i, int n) { return load_full(p + i, n); });
  float loss = 0.0f, inner = 0.0f;
  for (int i = 0; i < classes; ++i) {
    const float share = share_of(truth, i), q = p[i] / total;
    slope[i] = 0.0f;
    if (share == 0.0f) continue;
    loss += focal_part(share, q, truth, slope[i]);
    inner = fma(slope[i], q, inner);
  }
  for (int i = 0; i < classes; ++i) slope[i] = (slope[i] - inner) / total * weight;
  return loss;
}

// Cross-entropy times (1 - the probability of the right answer) ** power.
inline Full binary_focal_part(Full p, Full target, const Truth& t, Full& d) {
  const Full one = all(1.0f), low = all(kLow), high = all(kHigh), least = all(1e-20f);
  const Full q = p < low ? low : (p > high ? high : p);
  const Full entropy = -(target * logarithm(q) + (one - target) * logarithm_plus(-q));
  Full steep = (q - target) / (q * (one - q));
  steep = p < low ? Full{} : (p > high ? Full{} : steep);
  Full wrong = one - (target * p + (one - target) * (one - p));
  wrong = wrong < least ? least : wrong;
  const Full balance = target * all(t.yes) + (one - target) * all(t.no);
  const Full strength = balance * raised(wrong, t.gamma);
  d = strength * (all(t.gamma) / wrong * (one - target - target) * entropy + steep);
  return strength * entropy;
}

float binary_focal(const float* scores, std::int32_t count, const Truth& truth, float weight,
                   float* slope) {
  return mean_loss(scores, count, truth, weight, slope, [&](Full x, Full target, Full& d) {
    const Full p = logistic(x), loss = binary_focal_part(p, target, truth, d);
    d *= p * (all(1.0f) - p);
    return loss;
  });
}

float binary_focal_of_probabilities(const float* p, std::int32_t count, const Truth& truth,
                                    float weight, float* slope) {
  return mean_loss(p, count, truth, weight, slope, [&](Full x, Full target, Full& d) {
    return binary_focal_part(x, target, truth, d);
  });
}

constexpr Loss kLosses[] = {
    {"huber", huber},
    {"log_cosh", log_cosh},
    {"kl_divergence", divergence},
    {"hinge", hinge},
    {"squared_hinge", squared_hinge},
    {"categorical_hinge", categorical_hinge},
    {"absolute_percentage_error", percentage_error},
    {"squared_logarithmic_error", logarithmic_error},
    {"poisson", poisson},
    {"cosine_similarity", cosine},
    {"focal_cross_entropy", focal},
    {"focal_cross_entropy_from_probabilities", focal_of_probabilities},
    {"binary_focal_cross_entropy", binary_focal},
    {"binary_focal_cross_entropy_from_probabilities", binary_focal_of_probabilities},
    {"cross_entropy", cross_entropy},
    {"cross_entropy_from_probabilities", cross_entropy_of_probabilities},
    {"binary_cross_entropy", binary_cross_entropy},
    {"binary_cross_entropy_from_probabilities", binary_cross_entropy_of_probabilities},
    {"squared_error", squared_error},
    {"absolute_error", absolute_error},
};

}  // namespace

extern const LossKernels loss_kernels = {
    .losses = kLosses,
    .loss_count = static_cast<std::int32_t>(std::size(kLosses)),
};

}  // namespace scallion::SCALLION_ISA
