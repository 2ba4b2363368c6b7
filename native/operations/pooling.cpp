// Max and average pooling, over windows and over whole images.
#include <algorithm>
#include <cstring>
#include <limits>

#include "operations.hpp"
#include "pooling_windows.hpp"

namespace scallion {
namespace {

// Refuses an image that does not have the channels of `pooled` (C,).
void require_channels(const Attributes& a, const char* image, const char* pooled) {
  const std::int64_t channels = std::max<std::int64_t>(a.floats(pooled), 1);
  a.require(a.floats(image) >= channels && a.floats(image) % channels == 0 &&
                channels <= std::numeric_limits<int>::max(),
            "an image with other channels");
}

// x (H, W, C), y (H', W', C)
class MaxPool final : public Operation {
 public:
  explicit MaxPool(const Attributes& a)
      : windows_(a),
        x_(a.per_image("x", windows_.input_size())),
        y_(a.per_image("y", windows_.output_size())) {
    windows_.list(a);
  }

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.max_pool(windows_.windows.data(), windows_.count(), windows_.row,
                                 windows_.channels, task.data(x_) + i * task.stride(x_),
                                 task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  PoolingWindows windows_;
  int x_, y_;
};

class MaxPoolDx final : public Operation {
 public:
  explicit MaxPoolDx(const Attributes& a)
      : windows_(a),
        x_(a.per_image("x", windows_.input_size())),
        y_(a.per_image("y", windows_.output_size())),
        dy_(a.per_image("dy", windows_.output_size())),
        dx_(a.per_image("dx", windows_.input_size())),
        relu_mask_(a.flag("relu_mask")) {
    windows_.list(a);
  }

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* dx = task.data(dx_) + i * task.stride(dx_);
      if (windows_.needs_zeros) {
        std::memset(dx, 0, static_cast<std::size_t>(task.stride(dx_)) * sizeof(float));
      }
      kernels().pooling.max_pool_backward(
          windows_.windows.data(), windows_.count(), windows_.row, windows_.channels,
          windows_.overlap, relu_mask_, task.data(x_) + i * task.stride(x_),
          task.data(y_) + i * task.stride(y_), task.data(dy_) + i * task.stride(dy_), dx);
    }
  }

 private:
  PoolingWindows windows_;
  int x_, y_, dy_, dx_;
  bool relu_mask_;
};

class AveragePool final : public Operation {
 public:
  explicit AveragePool(const Attributes& a)
      : windows_(a),
        x_(a.per_image("x", windows_.input_size())),
        y_(a.per_image("y", windows_.output_size())) {
    windows_.list(a);
  }

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.average_pool(windows_.windows.data(), windows_.count(), windows_.row,
                                     windows_.channels, task.data(x_) + i * task.stride(x_),
                                     task.data(y_) + i * task.stride(y_));
    }
  }

 private:
  PoolingWindows windows_;
  int x_, y_;
};

class AveragePoolDx final : public Operation {
 public:
  explicit AveragePoolDx(const Attributes& a)
      : windows_(a),
        dy_(a.per_image("dy", windows_.output_size())),
        dx_(a.per_image("dx", windows_.input_size())) {
    windows_.list(a);
  }

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* dx = task.data(dx_) + i * task.stride(dx_);
      if (windows_.needs_zeros) {
        std::memset(dx, 0, static_cast<std::size_t>(task.stride(dx_)) * sizeof(float));
      }
      kernels().pooling.average_pool_backward(windows_.windows.data(), windows_.count(),
                                              windows_.row, windows_.channels, windows_.overlap,
                                              task.data(dy_) + i * task.stride(dy_), dx);
    }
  }

 private:
  PoolingWindows windows_;
  int dy_, dx_;
};

// x (H, W, C), y (C,)
class GlobalAveragePool final : public Operation {
 public:
  explicit GlobalAveragePool(const Attributes& a)
      : x_(a.per_image("x", 0)), y_(a.per_image("y", 1)) {
    require_channels(a, "x", "y");
  }

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_), channels = task.stride(y_);
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.global_average_pool(task.data(x_) + i * size, size / channels,
                                            static_cast<std::int32_t>(channels),
                                            task.data(y_) + i * channels);
    }
  }

 private:
  int x_, y_;
};

class GlobalAveragePoolDx final : public Operation {
 public:
  explicit GlobalAveragePoolDx(const Attributes& a)
      : dy_(a.per_image("dy", 1)), dx_(a.per_image("dx", 0)) {
    require_channels(a, "dx", "dy");
  }

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(dx_), channels = task.stride(dy_);
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.global_average_pool_backward(task.data(dy_) + i * channels, size / channels,
                                                     static_cast<std::int32_t>(channels),
                                                     task.data(dx_) + i * size);
    }
  }

 private:
  int dy_, dx_;
};

class GlobalMaxPool final : public Operation {
 public:
  explicit GlobalMaxPool(const Attributes& a) : x_(a.per_image("x", 0)), y_(a.per_image("y", 1)) {
    require_channels(a, "x", "y");
  }

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_), channels = task.stride(y_);
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.global_max_pool(task.data(x_) + i * size, size / channels,
                                        static_cast<std::int32_t>(channels),
                                        task.data(y_) + i * channels);
    }
  }

 private:
  int x_, y_;
};

class GlobalMaxPoolDx final : public Operation {
 public:
  explicit GlobalMaxPoolDx(const Attributes& a)
      : x_(a.per_image("x", 0)),
        y_(a.per_image("y", 1)),
        dy_(a.per_image("dy", a.floats("y"))),
        dx_(a.per_image("dx", a.floats("x"))) {
    require_channels(a, "x", "y");
  }

  void run(const Task& task) const override {
    const std::ptrdiff_t size = task.stride(x_), channels = task.stride(y_);
    for (int i = 0; i < task.count; ++i) {
      kernels().pooling.global_max_pool_backward(
          task.data(x_) + i * size, task.data(y_) + i * channels, task.data(dy_) + i * channels,
          size / channels, static_cast<std::int32_t>(channels), task.data(dx_) + i * size);
    }
  }

 private:
  int x_, y_, dy_, dx_;
};

}  // namespace

OperationKinds pooling_operations() {
  static constexpr OperationKind kKinds[] = {
      {"max_pool", make<MaxPool>},
      {"max_pool_dx", make<MaxPoolDx>},
      {"average_pool", make<AveragePool>},
      {"average_pool_dx", make<AveragePoolDx>},
      {"global_average_pool", make<GlobalAveragePool>},
      {"global_average_pool_dx", make<GlobalAveragePoolDx>},
      {"global_max_pool", make<GlobalMaxPool>},
      {"global_max_pool_dx", make<GlobalMaxPoolDx>},
  };
  return kKinds;
}

}  // namespace scallion
