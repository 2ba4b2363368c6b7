// Sums over images: the gradient of a weight that multiplies whole images.
#include "operations.hpp"

namespace scallion {
namespace {

// total (size,) (+)= sum over images of x (images, size)
class SumImages final : public Operation {
 public:
  explicit SumImages(const Attributes& a)
      : x_(a.per_image("x", 0)),
        total_(a.array("total", a.floats("x"))),
        overwrite_(a.flag("overwrite")) {}

  void run(const Task& task) const override {
    const bool accumulate = !(overwrite_ && task.fresh);
    kernels().gemm_transposed.sum_rows(task.data(x_), task.count,
                                       static_cast<std::int32_t>(task.stride(x_)),
                                       task.data(total_), accumulate);
  }

 private:
  int x_, total_;
  bool overwrite_;
};

}  // namespace

OperationKinds sum_images_operations() {
  static constexpr OperationKind kKinds[] = {{"sum_images", make<SumImages>}};
  return kKinds;
}

}  // namespace scallion
