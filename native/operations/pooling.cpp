// Pooling over windows of an image.
#include <cstring>

#include "operations.hpp"
#include "windows.hpp"

namespace scallion {
namespace {

class MaxPool final : public Operation {
 public:
  explicit MaxPool(const Attributes& a) : windows_(a), x_(a.buffer("x")), y_(a.buffer("y")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.max_pool(windows_.windows.data(), windows_.count(), windows_.row,
                                 windows_.channels, task.data(x_) + i * task.stride(x_),
                                 task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  Windows windows_;
  int x_, y_;
};

class MaxPoolDx final : public Operation {
 public:
  explicit MaxPoolDx(const Attributes& a)
      : windows_(a),
        x_(a.buffer("x")),
        y_(a.buffer("y")),
        dy_(a.buffer("dy")),
        dx_(a.buffer("dx")),
        mask_(a.integer("relu_mask") != 0) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* dx = task.data(dx_) + i * task.stride(dx_);
      if (windows_.gaps)
        std::memset(dx, 0, static_cast<std::size_t>(task.stride(dx_)) * sizeof(float));
      kernels().pooling.max_pool_backward(
          windows_.windows.data(), windows_.count(), windows_.row, windows_.channels,
          windows_.overlap, mask_, task.data(x_) + i * task.stride(x_),
          task.data(y_) + i * task.stride(y_), task.data(dy_) + i * task.stride(dy_), dx);
    }
  }

 private:
  Windows windows_;
  int x_, y_, dy_, dx_;
  bool mask_;
};

class AveragePool final : public Operation {
 public:
  explicit AveragePool(const Attributes& a) : windows_(a), x_(a.buffer("x")), y_(a.buffer("y")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.average_pool(windows_.windows.data(), windows_.count(), windows_.row,
                                     windows_.channels, task.data(x_) + i * task.stride(x_),
                                     task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  Windows windows_;
  int x_, y_;
};

class AveragePoolDx final : public Operation {
 public:
  explicit AveragePoolDx(const Attributes& a)
      : windows_(a), dy_(a.buffer("dy")), dx_(a.buffer("dx")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* dx = task.data(dx_) + i * task.stride(dx_);
      if (windows_.gaps)
        std::memset(dx, 0, static_cast<std::size_t>(task.stride(dx_)) * sizeof(float));
      kernels().pooling.average_pool_backward(windows_.windows.data(), windows_.count(),
                                              windows_.row, windows_.channels, windows_.overlap,
                                              task.data(dy_) + i * task.stride(dy_), dx);
    }
  }

 private:
  Windows windows_;
  int dy_, dx_;
};

// One number a channel, of all pixels.
class GlobalAverage final : public Operation {
 public:
  explicit GlobalAverage(const Attributes& a) : x_(a.buffer("x")), y_(a.buffer("y")) {}

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_), channels = task.stride(y_);
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.average_all(task.data(x_) + i * size, size / channels,
                                    static_cast<std::int32_t>(channels),
                                    task.data(y_) + i * channels);
    }
  }

 private:
  int x_, y_;
};

class GlobalAverageDx final : public Operation {
 public:
  explicit GlobalAverageDx(const Attributes& a) : dy_(a.buffer("dy")), dx_(a.buffer("dx")) {}

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(dx_), channels = task.stride(dy_);
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.average_all_backward(task.data(dy_) + i * channels, size / channels,
                                             static_cast<std::int32_t>(channels),
                                             task.data(dx_) + i * size);
    }
  }

 private:
  int dy_, dx_;
};

class GlobalMax final : public Operation {
 public:
  explicit GlobalMax(const Attributes& a) : x_(a.buffer("x")), y_(a.buffer("y")) {}

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_), channels = task.stride(y_);
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.max_all(task.data(x_) + i * size, size / channels,
                                static_cast<std::int32_t>(channels), task.data(y_) + i * channels);
    }
  }

 private:
  int x_, y_;
};

class GlobalMaxDx final : public Operation {
 public:
  explicit GlobalMaxDx(const Attributes& a)
      : x_(a.buffer("x")), y_(a.buffer("y")), dy_(a.buffer("dy")), dx_(a.buffer("dx")) {}

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_), channels = task.stride(y_);
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.max_all_backward(
          task.data(x_) + i * size, task.data(y_) + i * channels, task.data(dy_) + i * channels,
          size / channels, static_cast<std::int32_t>(channels), task.data(dx_) + i * size);
    }
  }

 private:
  int x_, y_, dy_, dx_;
};

}  // namespace

Made make_max_pool(const Attributes& a, const Program&) { return std::make_unique<MaxPool>(a); }
Made make_max_pool_dx(const Attributes& a, const Program&) {
  return std::make_unique<MaxPoolDx>(a);
}
Made make_average_pool(const Attributes& a, const Program&) {
  return std::make_unique<AveragePool>(a);
}
Made make_average_pool_dx(const Attributes& a, const Program&) {
  return std::make_unique<AveragePoolDx>(a);
}
Made make_global_average(const Attributes& a, const Program&) {
  return std::make_unique<GlobalAverage>(a);
}
Made make_global_average_dx(const Attributes& a, const Program&) {
  return std::make_unique<GlobalAverageDx>(a);
}
Made make_global_max(const Attributes& a, const Program&) { return std::make_unique<GlobalMax>(a); }
Made make_global_max_dx(const Attributes& a, const Program&) {
  return std::make_unique<GlobalMaxDx>(a);
}

}  // namespace scallion
