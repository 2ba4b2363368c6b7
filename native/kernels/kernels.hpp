// The kernels by name: one table for each instruction set, chosen once at start.
#pragma once

#include <cstdint>

#include "activation.hpp"
#include "convolution_max_pool.hpp"
#include "depthwise.hpp"
#include "elementwise.hpp"
#include "gemm.hpp"
#include "gemm_transposed.hpp"
#include "loss.hpp"
#include "normalization.hpp"
#include "optimizer.hpp"
#include "pooling.hpp"
#include "random.hpp"
#include "sparse_gradient.hpp"
#include "winograd.hpp"

namespace scallion {

struct Kernels {
  const char* name;
  std::int32_t width;  // floats in a register
  std::int32_t tile;   // pixels that `multiply` takes at once, at most

  const GemmKernels& gemm;
  const GemmTransposedKernels& gemm_transposed;
  const WinogradKernels& winograd;
  const ConvolutionMaxPoolKernels& convolution_max_pool;
  const DepthwiseKernels& depthwise;
  const PoolingKernels& pooling;
  const SparseGradientKernels& sparse_gradient;
  const ActivationKernels& activation;
  const LossKernels& loss;
  const NormalizationKernels& normalization;
  const ElementwiseKernels& elementwise;
  const RandomKernels& random;
  const OptimizerKernels& optimizer;

  // Independent multiply-adds in registers for `rounds` rounds; returns how many were done.
  double (*peak)(std::int64_t rounds, float* sink);
};

// The table to use: the best that this CPU runs, or the one that SCALLION_ISA names. Where it names
// none that runs here, `kernels_status` in dispatch.hpp is an error.
const Kernels& kernels();

}  // namespace scallion
