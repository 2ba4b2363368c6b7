// Batch normalization. Its statistics are those of the whole batch: each lane gathers its own, and
// they are put together in lane order, so that any number of threads gives the same bits. Sums over
// images are kept in double.
#include <cmath>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

// A lane's statistics, in doubles: the number of pixels, then a mean and a sum of squared
// distances a channel.
class Moments final : public Operation {
 public:
  explicit Moments(const Attributes& a)
      : x_(a.buffer("x")),
        scratch_(a.buffer("scratch")),
        lanes_(a.buffer("lanes")),
        channels_(static_cast<int>(a.integer("channels"))) {}

  void run(const Task& task) const override {
    const std::int64_t pixels = task.stride(x_) / channels_;
    double* count = task.doubles(lanes_);
    double *mean = count + 1, *squares = mean + channels_;
    float *new_mean = task.data(scratch_), *new_squares = new_mean + channels_;
    for (int i = 0; i < task.count; ++i) {
      kernels().normalization.moments(task.data(x_) + i * task.stride(x_), pixels, channels_,
                                      new_mean, new_squares);
      const double old = task.fresh && i == 0 ? 0.0 : *count;
      const double more = static_cast<double>(pixels), all = old + more;
      for (int c = 0; c < channels_; ++c) {
        const double distance = old == 0.0 ? 0.0 : new_mean[c] - mean[c];
        mean[c] = old == 0.0 ? new_mean[c] : mean[c] + distance * more / all;
        squares[c] = (old == 0.0 ? 0.0 : squares[c]) + new_squares[c] +
                     distance * distance * old * more / all;
      }
      *count = all;
    }
  }

 private:
  int x_, scratch_, lanes_, channels_;
};

// What normalizing a channel comes down to: y = x * scale + shift.
struct Folding {
  int gamma, beta, scale, shift;
  float epsilon;

  explicit Folding(const Attributes& a)
      : gamma(a.buffer_or_none("gamma")),
        beta(a.buffer_or_none("beta")),
        scale(a.buffer("scale")),
        shift(a.buffer("shift")),
        epsilon(a.real("epsilon")) {}

  void fold(const Task& task, int channel, double mean, double variance) const {
    const double inverse = 1.0 / std::sqrt(variance + static_cast<double>(epsilon));
    const double factor = gamma < 0 ? inverse : task.data(gamma)[channel] * inverse;
    task.data(scale)[channel] = static_cast<float>(factor);
    task.data(shift)[channel] =
        static_cast<float>((beta < 0 ? 0.0 : task.data(beta)[channel]) - mean * factor);
  }
};

// The batch's statistics from the lanes' (Chan, Golub, LeVeque 1979), and the moving ones' step.
class MergeMoments final : public Operation {
 public:
  explicit MergeMoments(const Attributes& a)
      : folding_(a),
        lanes_(a.buffer("lanes")),
        mean_(a.buffer("mean")),
        inverse_(a.buffer("inverse_stddev")),
        moving_mean_(a.buffer("moving_mean")),
        moving_variance_(a.buffer("moving_variance")),
        channels_(static_cast<int>(a.integer("channels"))),
        momentum_(a.real("momentum")),
        take_(a.real("one_minus_momentum")) {}

  void run(const Task& task) const override {
    for (int c = 0; c < channels_; ++c) {
      double count = 0.0, mean = 0.0, squares = 0.0;
      for (int lane = 0; lane < kLanes; ++lane) {
        if (task.lane_is_empty(lane)) continue;
        const auto* lanes = reinterpret_cast<const double*>(task.lane_data(lanes_, lane));
        const double more = lanes[0], all = count + more, distance = lanes[1 + c] - mean;
        mean += distance * more / all;
        squares += lanes[1 + channels_ + c] + distance * distance * count * more / all;
        count = all;
      }
      const double variance = squares / count;
      task.data(mean_)[c] = static_cast<float>(mean);
      task.data(inverse_)[c] =
          static_cast<float>(1.0 / std::sqrt(variance + static_cast<double>(folding_.epsilon)));
      folding_.fold(task, c, mean, variance);
      float& moving_mean = task.data(moving_mean_)[c];
      float& moving_variance = task.data(moving_variance_)[c];
      moving_mean = moving_mean * momentum_ + static_cast<float>(mean) * take_;
      moving_variance = moving_variance * momentum_ + static_cast<float>(variance) * take_;
    }
  }

 private:
  Folding folding_;
  int lanes_, mean_, inverse_, moving_mean_, moving_variance_, channels_;
  float momentum_, take_;
};

// At prediction, and in frozen layers, the moving statistics say it all. `bias` is that of the
// convolution in front, where the normalization is folded into it.
class Fold final : public Operation {
 public:
  explicit Fold(const Attributes& a)
      : folding_(a),
        mean_(a.buffer("moving_mean")),
        variance_(a.buffer("moving_variance")),
        bias_(a.buffer_or_none("bias")),
        channels_(static_cast<int>(a.integer("channels"))) {}

  void run(const Task& task) const override {
    for (int c = 0; c < channels_; ++c) {
      const double bias = bias_ < 0 ? 0.0 : static_cast<double>(task.data(bias_)[c]);
      folding_.fold(task, c, static_cast<double>(task.data(mean_)[c]) - bias,
                    static_cast<double>(task.data(variance_)[c]));
    }
  }

 private:
  Folding folding_;
  int mean_, variance_, bias_, channels_;
};

class Normalize final : public Operation {
 public:
  explicit Normalize(const Attributes& a)
      : x_(a.buffer("x")),
        y_(a.buffer("y")),
        scale_(a.buffer("scale")),
        shift_(a.buffer("shift")),
        channels_(static_cast<int>(a.integer("channels"))),
        relu_(a.integer("relu") != 0) {}

  void run(const Task& task) const override {
    kernels().normalization.normalize(task.data(x_), task.stride(x_) / channels_ * task.count,
                                      channels_, {task.data(scale_), task.data(shift_), relu_},
                                      task.data(y_));
  }

 private:
  int x_, y_, scale_, shift_, channels_;
  bool relu_;
};

// A lane's sums over its pixels, in doubles: of dy, then of dy * (x - mean).
class SlopeSums final : public Operation {
 public:
  explicit SlopeSums(const Attributes& a)
      : x_(a.buffer("x")),
        dy_(a.buffer("dy")),
        scale_(a.buffer("scale")),
        shift_(a.buffer("shift")),
        mean_(a.buffer("mean")),
        scratch_(a.buffer("scratch")),
        lanes_(a.buffer("lanes")),
        channels_(static_cast<int>(a.integer("channels"))),
        relu_(a.integer("relu") != 0) {}

  void run(const Task& task) const override {
    const Affine affine{task.data(scale_), task.data(shift_), relu_};
    double* sums = task.doubles(lanes_);
    float* scratch = task.data(scratch_);
    for (int i = 0; i < task.count; ++i) {
      kernels().normalization.slope_sums(task.data(x_) + i * task.stride(x_),
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
  int x_, dy_, scale_, shift_, mean_, scratch_, lanes_, channels_;
  bool relu_;
};

// The gradients of gamma and beta, and what the slope at x is made of:
// dx = scale * (dy - mean(dy) - (x - mean) * inverse**2 * mean(dy * (x - mean))).
// A frozen layer's statistics do not move with x, so only the first term is left.
class MergeSlopeSums final : public Operation {
 public:
  explicit MergeSlopeSums(const Attributes& a)
      : lanes_(a.buffer("lanes")),
        scale_(a.buffer("scale")),
        mean_(a.buffer("mean")),
        inverse_(a.buffer("inverse_stddev")),
        per_x_(a.buffer("x_coefficient")),
        per_one_(a.buffer("constant")),
        dgamma_(a.buffer_or_none("dgamma")),
        dbeta_(a.buffer_or_none("dbeta")),
        channels_(static_cast<int>(a.integer("channels"))),
        pixels_(a.integer("pixels")),
        add_(a.integer("accumulate") != 0) {}

  void run(const Task& task) const override {
    const double count = static_cast<double>(pixels_) * task.step.images;
    for (int c = 0; c < channels_; ++c) {
      double sum = 0.0, along = 0.0;
      for (int lane = 0; lane < kLanes; ++lane) {
        if (task.lane_is_empty(lane)) continue;
        const auto* lanes = reinterpret_cast<const double*>(task.lane_data(lanes_, lane));
        sum += lanes[c];
        along += lanes[channels_ + c];
      }
      const double inverse = task.data(inverse_)[c], scale = task.data(scale_)[c];
      const double slope = -scale * inverse * inverse * along / count;
      task.data(per_x_)[c] = static_cast<float>(slope);
      task.data(per_one_)[c] = static_cast<float>(-scale * sum / count -
                                                  slope * static_cast<double>(task.data(mean_)[c]));
      put(task, dgamma_, c, static_cast<float>(along * inverse));
      put(task, dbeta_, c, static_cast<float>(sum));
    }
  }

 private:
  // A layer that is called twice adds to the gradient that its other call left.
  void put(const Task& task, int buffer, int channel, float value) const {
    if (buffer < 0) return;
    float& gradient = task.data(buffer)[channel];
    gradient = add_ ? gradient + value : value;
  }

  int lanes_, scale_, mean_, inverse_, per_x_, per_one_, dgamma_, dbeta_, channels_;
  std::int64_t pixels_;
  bool add_;
};

class NormalizeDx final : public Operation {
 public:
  explicit NormalizeDx(const Attributes& a)
      : x_(a.buffer("x")),
        dy_(a.buffer("dy")),
        dx_(a.buffer("dx")),
        scale_(a.buffer("scale")),
        shift_(a.buffer("shift")),
        per_x_(a.buffer("x_coefficient")),
        per_one_(a.buffer("constant")),
        channels_(static_cast<int>(a.integer("channels"))),
        relu_(a.integer("relu") != 0) {}

  void run(const Task& task) const override {
    const Affine affine{task.data(scale_), task.data(shift_), relu_};
    kernels().normalization.normalize_backward(
        task.data(x_), task.data(dy_), task.stride(x_) / channels_ * task.count, channels_, affine,
        task.data(per_x_), task.data(per_one_), task.data(dx_));
  }

 private:
  int x_, dy_, dx_, scale_, shift_, per_x_, per_one_, channels_;
  bool relu_;
};

}  // namespace

Made make_moments(const Attributes& a, const Program&) { return std::make_unique<Moments>(a); }
Made make_merge_moments(const Attributes& a, const Program&) {
  return std::make_unique<MergeMoments>(a);
}
Made make_fold(const Attributes& a, const Program&) { return std::make_unique<Fold>(a); }
Made make_normalize(const Attributes& a, const Program&) { return std::make_unique<Normalize>(a); }
Made make_slope_sums(const Attributes& a, const Program&) { return std::make_unique<SlopeSums>(a); }
Made make_merge_slope_sums(const Attributes& a, const Program&) {
  return std::make_unique<MergeSlopeSums>(a);
}
Made make_normalize_dx(const Attributes& a, const Program&) {
  return std::make_unique<NormalizeDx>(a);
}

}  // namespace scallion
