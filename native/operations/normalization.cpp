// Batch normalization. Statistics are those of the whole batch: each lane computes its own, and
// they are merged in lane order, so that any number of threads gives the same bits. Sums over
// images are doubles.
//
// x, y, dx, dy (pixels, C); everything else (C,).
#include <cmath>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

// The floats of a lane's statistics, which are doubles.
std::int64_t moments_size(int channels) { return 2 * (1 + 2 * std::int64_t{channels}); }

// A lane's statistics, in doubles: the number of pixels, then the mean and the sum of squared
// differences from it of each channel.
class Moments final : public Operation {
 public:
  explicit Moments(const Attributes& a)
      : channels_(a.number("channels", 1)),
        x_(a.per_image("x", 0)),
        scratch_(a.scratch("scratch", 2 * std::int64_t{channels_})),
        lanes_(a.lanes("lanes", moments_size(channels_))) {}

  void run(const Task& task) const override {
    const std::int64_t pixels = task.stride(x_) / channels_;
    double* count = task.doubles(lanes_);
    double *mean = count + 1, *squares = mean + channels_;
    float *new_mean = task.data(scratch_), *new_squares = new_mean + channels_;
    for (int i = 0; i < task.count; ++i) {
      kernels().normalization.moments(task.data(x_) + i * task.stride(x_), pixels, channels_,
                                      new_mean, new_squares);
      const double old_count = task.fresh && i == 0 ? 0.0 : *count;
      const double new_count = static_cast<double>(pixels), total = old_count + new_count;
      for (int c = 0; c < channels_; ++c) {
        const double difference = old_count == 0.0 ? 0.0 : new_mean[c] - mean[c];
        mean[c] = old_count == 0.0 ? new_mean[c] : mean[c] + difference * new_count / total;
        squares[c] = (old_count == 0.0 ? 0.0 : squares[c]) + new_squares[c] +
                     difference * difference * old_count * new_count / total;
      }
      *count = total;
    }
  }

 private:
  int channels_, x_, scratch_, lanes_;
};

// The coefficients of y = x * scale + shift, which is the normalization of a channel.
struct AffineCoefficients {
  int gamma, beta, scale, shift;
  float epsilon;

  AffineCoefficients(const Attributes& a, int channels)
      : gamma(a.array_or_none("gamma", channels)),
        beta(a.array_or_none("beta", channels)),
        scale(a.array("scale", channels)),
        shift(a.array("shift", channels)),
        epsilon(a.real("epsilon")) {}

  void set(const Task& task, int channel, double mean, double variance) const {
    const double inverse = 1.0 / std::sqrt(variance + static_cast<double>(epsilon));
    const double factor = gamma < 0 ? inverse : task.data(gamma)[channel] * inverse;
    task.data(scale)[channel] = static_cast<float>(factor);
    task.data(shift)[channel] =
        static_cast<float>((beta < 0 ? 0.0 : task.data(beta)[channel]) - mean * factor);
  }
};

// The batch's statistics, merged from the lanes' (Chan, Golub and LeVeque 1979), the coefficients,
// and the update of the moving statistics.
class MergeMoments final : public Operation {
 public:
  explicit MergeMoments(const Attributes& a)
      : channels_(a.number("channels", 1)),
        coefficients_(a, channels_),
        lanes_(a.lanes("lanes", moments_size(channels_))),
        mean_(a.array("mean", channels_)),
        inverse_stddev_(a.array("inverse_stddev", channels_)),
        moving_mean_(a.array("moving_mean", channels_)),
        moving_variance_(a.array("moving_variance", channels_)),
        momentum_(a.real("momentum")),
        one_minus_momentum_(a.real("one_minus_momentum")) {}

  void run(const Task& task) const override {
    for (int c = 0; c < channels_; ++c) {
      double count = 0.0, mean = 0.0, squares = 0.0;
      for (int lane = 0; lane < kLanes; ++lane) {
        if (task.lane_is_empty(lane)) continue;
        const auto* lanes = reinterpret_cast<const double*>(task.lane_data(lanes_, lane));
        const double lane_count = lanes[0], total = count + lane_count,
                     difference = lanes[1 + c] - mean;
        mean += difference * lane_count / total;
        squares += lanes[1 + channels_ + c] + difference * difference * count * lane_count / total;
        count = total;
      }
      const double variance = squares / count;
      task.data(mean_)[c] = static_cast<float>(mean);
      task.data(inverse_stddev_)[c] = static_cast<float>(
          1.0 / std::sqrt(variance + static_cast<double>(coefficients_.epsilon)));
      coefficients_.set(task, c, mean, variance);
      float& moving_mean = task.data(moving_mean_)[c];
      float& moving_variance = task.data(moving_variance_)[c];
      moving_mean = moving_mean * momentum_ + static_cast<float>(mean) * one_minus_momentum_;
      moving_variance =
          moving_variance * momentum_ + static_cast<float>(variance) * one_minus_momentum_;
    }
  }

 private:
  int channels_;
  AffineCoefficients coefficients_;
  int lanes_, mean_, inverse_stddev_, moving_mean_, moving_variance_;
  float momentum_, one_minus_momentum_;
};

// The coefficients from the moving statistics, in prediction and in frozen layers. Where the
// normalization is folded into the convolution before it, `bias` is the convolution's.
class FoldBatchNorm final : public Operation {
 public:
  explicit FoldBatchNorm(const Attributes& a)
      : channels_(a.number("channels", 1)),
        coefficients_(a, channels_),
        mean_(a.array("moving_mean", channels_)),
        variance_(a.array("moving_variance", channels_)),
        bias_(a.array_or_none("bias", channels_)) {}

  void run(const Task& task) const override {
    for (int c = 0; c < channels_; ++c) {
      const double bias = bias_ < 0 ? 0.0 : static_cast<double>(task.data(bias_)[c]);
      coefficients_.set(task, c, static_cast<double>(task.data(mean_)[c]) - bias,
                        static_cast<double>(task.data(variance_)[c]));
    }
  }

 private:
  int channels_;
  AffineCoefficients coefficients_;
  int mean_, variance_, bias_;
};

// y = x * scale + shift, then max(y, 0) where `relu` is set
class BatchNorm final : public Operation {
 public:
  explicit BatchNorm(const Attributes& a)
      : channels_(a.number("channels", 1)),
        x_(a.per_image("x", 0)),
        y_(a.per_image("y", a.floats("x"))),
        scale_(a.array("scale", channels_)),
        shift_(a.array("shift", channels_)),
        relu_(a.flag("relu")) {}

  void run(const Task& task) const override {
    kernels().normalization.forward(task.data(x_), task.stride(x_) / channels_ * task.count,
                                    channels_, {task.data(scale_), task.data(shift_), relu_},
                                    task.data(y_));
  }

 private:
  int channels_, x_, y_, scale_, shift_;
  bool relu_;
};

// A lane's sums over its pixels, in doubles: of dy, then of dy * (x - mean)
class GradientSums final : public Operation {
 public:
  explicit GradientSums(const Attributes& a)
      : channels_(a.number("channels", 1)),
        x_(a.per_image("x", 0)),
        dy_(a.per_image("dy", a.floats("x"))),
        scale_(a.array("scale", channels_)),
        shift_(a.array("shift", channels_)),
        mean_(a.array("mean", channels_)),
        scratch_(a.scratch("scratch", 2 * std::int64_t{channels_})),
        lanes_(a.lanes("lanes", 4 * std::int64_t{channels_})),
        relu_(a.flag("relu")) {}

  void run(const Task& task) const override {
    const ChannelAffine affine{task.data(scale_), task.data(shift_), relu_};
    double* sums = task.doubles(lanes_);
    float* scratch = task.data(scratch_);
    for (int i = 0; i < task.count; ++i) {
      kernels().normalization.gradient_sums(task.data(x_) + i * task.stride(x_),
                                            task.data(dy_) + i * task.stride(dy_),
                                            task.stride(x_) / channels_, channels_, affine,
                                            task.data(mean_), scratch, scratch + channels_);
      const bool fresh = task.fresh && i == 0;
      for (int c = 0; c < 2 * channels_; ++c) {
        sums[c] = (fresh ? 0.0 : sums[c]) + static_cast<double>(scratch[c]);
      }
    }
  }

 private:
  int channels_, x_, dy_, scale_, shift_, mean_, scratch_, lanes_;
  bool relu_;
};

// dgamma, dbeta and the coefficients of
//   dx = scale * (dy - mean(dy) - (x - mean) * mean(dy * (x - mean)) / variance)
//      = dy * scale + x * x_coefficient + constant.
// In a frozen layer the statistics do not depend on x: x_coefficient and constant stay 0.
class MergeGradientSums final : public Operation {
 public:
  explicit MergeGradientSums(const Attributes& a)
      : channels_(a.number("channels", 1)),
        lanes_(a.lanes("lanes", 4 * std::int64_t{channels_})),
        scale_(a.array("scale", channels_)),
        mean_(a.array("mean", channels_)),
        inverse_stddev_(a.array("inverse_stddev", channels_)),
        x_coefficient_(a.array("x_coefficient", channels_)),
        constant_(a.array("constant", channels_)),
        dgamma_(a.array_or_none("dgamma", channels_)),
        dbeta_(a.array_or_none("dbeta", channels_)),
        pixels_(a.integer("pixels")),
        accumulate_(a.flag("accumulate")) {}

  void run(const Task& task) const override {
    const double count = static_cast<double>(pixels_) * task.step.images;
    for (int c = 0; c < channels_; ++c) {
      double sum = 0.0, sum_x = 0.0;
      for (int lane = 0; lane < kLanes; ++lane) {
        if (task.lane_is_empty(lane)) continue;
        const auto* lanes = reinterpret_cast<const double*>(task.lane_data(lanes_, lane));
        sum += lanes[c];
        sum_x += lanes[channels_ + c];
      }
      const double inverse = task.data(inverse_stddev_)[c], scale = task.data(scale_)[c];
      const double x_coefficient = -scale * inverse * inverse * sum_x / count;
      task.data(x_coefficient_)[c] = static_cast<float>(x_coefficient);
      task.data(constant_)[c] = static_cast<float>(
          -scale * sum / count - x_coefficient * static_cast<double>(task.data(mean_)[c]));
      store(task, dgamma_, c, static_cast<float>(sum_x * inverse));
      store(task, dbeta_, c, static_cast<float>(sum));
    }
  }

 private:
  // A layer that is called twice adds to the gradient of its other call.
  void store(const Task& task, int buffer, int channel, float value) const {
    if (buffer < 0) return;
    float& gradient = task.data(buffer)[channel];
    gradient = accumulate_ ? gradient + value : value;
  }

  int channels_, lanes_, scale_, mean_, inverse_stddev_, x_coefficient_, constant_, dgamma_, dbeta_;
  std::int64_t pixels_;
  bool accumulate_;
};

// dx = dy * scale + x * x_coefficient + constant, with the ReLU's gradient applied to dy
class BatchNormDx final : public Operation {
 public:
  explicit BatchNormDx(const Attributes& a)
      : channels_(a.number("channels", 1)),
        x_(a.per_image("x", 0)),
        dy_(a.per_image("dy", a.floats("x"))),
        dx_(a.per_image("dx", a.floats("x"))),
        scale_(a.array("scale", channels_)),
        shift_(a.array("shift", channels_)),
        x_coefficient_(a.array("x_coefficient", channels_)),
        constant_(a.array("constant", channels_)),
        relu_(a.flag("relu")) {}

  void run(const Task& task) const override {
    const ChannelAffine affine{task.data(scale_), task.data(shift_), relu_};
    kernels().normalization.backward(
        task.data(x_), task.data(dy_), task.stride(x_) / channels_ * task.count, channels_, affine,
        task.data(x_coefficient_), task.data(constant_), task.data(dx_));
  }

 private:
  int channels_, x_, dy_, dx_, scale_, shift_, x_coefficient_, constant_;
  bool relu_;
};

}  // namespace

OperationKinds normalization_operations() {
  static constexpr OperationKind kKinds[] = {
      {"moments", make<Moments>},
      {"merge_moments", make<MergeMoments>},
      {"fold_batch_norm", make<FoldBatchNorm>},
      {"batch_norm", make<BatchNorm>},
      {"gradient_sums", make<GradientSums>},
      {"merge_gradient_sums", make<MergeGradientSums>},
      {"batch_norm_dx", make<BatchNormDx>},
  };
  return kKinds;
}

}  // namespace scallion
