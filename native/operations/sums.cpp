// Sums over images: the gradient of a weight that every image sees whole.
#include "operations.hpp"

namespace scallion {
namespace {

class SumImages final : public Operation {
 public:
  explicit SumImages(const Attributes& a)
      : x_(a.buffer("x")), total_(a.buffer("total")), first_(a.integer("overwrite") != 0) {}

  void run(const Task& task) const override {
    const bool more = !(first_ && task.fresh);
    kernels().gemm_transposed.sum_rows(task.data(x_), task.count,
                                       static_cast<std::int32_t>(task.stride(x_)),
                                       task.data(total_), more);
  }

 private:
  int x_, total_;
  bool first_;
};

}  // namespace

Made make_sum_images(const Attributes& a, const Program&) { return std::make_unique<SumImages>(a); }

}  // namespace scallion
