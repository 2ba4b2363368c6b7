// Pooling over windows of an image.
#include <algorithm>
#include <cstring>
#include <vector>

#include "operations.hpp"

namespace scallion {
namespace {

// The outputs' windows, clipped to the image, row by row.
struct Windows {
  std::vector<Window> windows;
  int row, channels;
  bool overlap, gaps;

  explicit Windows(const Attributes& a) {
    const auto get = [&](const char* name) { return static_cast<int>(a.integer(name)); };
    const int height = get("height"), width = get("width");
    const int out_height = get("out_height"), out_width = get("out_width");
    const int window_y = get("window_y"), window_x = get("window_x");
    const int stride_y = get("stride_y"), stride_x = get("stride_x");
    const int pad_y = get("pad_y"), pad_x = get("pad_x");
    channels = get("channels");
    row = width * channels;
    overlap = window_y > stride_y || window_x > stride_x;
    gaps = overlap || stride_y > window_y || stride_x > window_x ||
           out_height * stride_y < height || out_width * stride_x < width;
    for (int y = 0; y < out_height; ++y) {
      const int top = std::max(0, y * stride_y - pad_y);
      const int bottom = std::min(height, y * stride_y - pad_y + window_y);
      for (int x = 0; x < out_width; ++x) {
        const int left = std::max(0, x * stride_x - pad_x);
        const int right = std::min(width, x * stride_x - pad_x + window_x);
        windows.push_back({top * row + left * channels, bottom - top, right - left});
      }
    }
  }

  std::int32_t count() const { return static_cast<std::int32_t>(windows.size()); }
};

class MaxPool final : public Operation {
 public:
  explicit MaxPool(const Attributes& a) : windows_(a), x_(a.buffer("x")), y_(a.buffer("y")) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      kernels().max_pool(windows_.windows.data(), windows_.count(), windows_.row, windows_.channels,
                         task.data(x_) + i * task.stride(x_), task.data(y_) + i * task.stride(y_));
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
        mask_(a.integer("mask") != 0) {}

  void run(const Task& task) const override {
    for (int i = 0; i < task.count; ++i) {
      float* dx = task.data(dx_) + i * task.stride(dx_);
      if (windows_.gaps)
        std::memset(dx, 0, static_cast<std::size_t>(task.stride(dx_)) * sizeof(float));
      kernels().max_pool_backward(
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
      kernels().average_pool(windows_.windows.data(), windows_.count(), windows_.row,
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
      kernels().average_pool_backward(windows_.windows.data(), windows_.count(), windows_.row,
                                      windows_.channels, windows_.overlap,
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
      kernels().average_all(task.data(x_) + i * size, size / channels,
                            static_cast<std::int32_t>(channels), task.data(y_) + i * channels);
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
      kernels().average_all_backward(task.data(dy_) + i * channels, size / channels,
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
      kernels().max_all(task.data(x_) + i * size, size / channels,
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
      kernels().max_all_backward(task.data(x_) + i * size, task.data(y_) + i * channels,
                                 task.data(dy_) + i * channels, size / channels,
                                 static_cast<std::int32_t>(channels), task.data(dx_) + i * size);
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
