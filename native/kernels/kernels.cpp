// The table of one instruction set, and the kernel that measures its peak.
#include "kernels.hpp"

#include "vector.hpp"

#define SCALLION_TEXT(isa) #isa
#define SCALLION_QUOTED(isa) SCALLION_TEXT(isa)

namespace scallion::SCALLION_ISA {

extern const GemmKernels gemm_kernels;
extern const GemmTransposedKernels gemm_transposed_kernels;
extern const WinogradKernels winograd_kernels;
extern const ConvolutionMaxPoolKernels convolution_max_pool_kernels;
extern const DepthwiseKernels depthwise_kernels;
extern const PoolingKernels pooling_kernels;
extern const SparseGradientKernels sparse_gradient_kernels;
extern const ActivationKernels activation_kernels;
extern const LossKernels loss_kernels;
extern const NormalizationKernels normalization_kernels;
extern const RowNormalizationKernels row_normalization_kernels;
extern const ElementwiseKernels elementwise_kernels;
extern const RandomKernels random_kernels;
extern const OptimizerKernels optimizer_kernels;

namespace {

double peak(std::int64_t rounds, float* sink) {
  constexpr int kChains = 12;  // more than latency times throughput: 8 to 10 on today's CPUs
  const Full x = broadcast<Full>(0.999f), y = broadcast<Full>(1e-3f);
  Full sum[kChains];
  for (auto& s : sum) s = y;
  for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (auto& s : sum) s = fma(s, x, y);
  }
  for (int c = 1; c < kChains; ++c) sum[0] += sum[c];
  *sink = sum[0][0];
  return static_cast<double>(rounds) * kChains * kWidth;
}

}  // namespace

extern const Kernels kernels = {
    .name = SCALLION_QUOTED(SCALLION_ISA),
    .width = kWidth,
    .tile = kTile,
    .gemm = gemm_kernels,
    .gemm_transposed = gemm_transposed_kernels,
    .winograd = winograd_kernels,
    .convolution_max_pool = convolution_max_pool_kernels,
    .depthwise = depthwise_kernels,
    .pooling = pooling_kernels,
    .sparse_gradient = sparse_gradient_kernels,
    .activation = activation_kernels,
    .loss = loss_kernels,
    .normalization = normalization_kernels,
    .row_normalization = row_normalization_kernels,
    .elementwise = elementwise_kernels,
    .random = random_kernels,
    .optimizer = optimizer_kernels,
    .peak = peak,
};

}  // namespace scallion::SCALLION_ISA
