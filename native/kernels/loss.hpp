// Losses of one prediction: a row of outputs against what they should be. Each returns the loss and
// leaves its slope at the outputs, times `weight`.
#pragma once

#include "activation.hpp"

namespace {

using scallion::Loss;
using scallion::Truth;

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

constexpr Loss kLosses[] = {
    {"cross_entropy", cross_entropy},
    {"cross_entropy_of_probabilities", cross_entropy_of_probabilities},
    {"binary_cross_entropy", binary_cross_entropy},
    {"binary_cross_entropy_of_probabilities", binary_cross_entropy_of_probabilities},
    {"squared_error", squared_error},
    {"absolute_error", absolute_error},
};

}  // namespace
