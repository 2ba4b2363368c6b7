// The table of kernels: one per instruction set, of which one is chosen at start.
//
// Each family of kernels has an interface, FAMILY.hpp, which states the shapes, and an
// implementation, FAMILY.cpp, which the build compiles once per instruction set, into a namespace
// of its own. A new kernel is declared in the one, defined and listed at the end of the other.
//
// Symbols: x inputs, w weights, b bias, y outputs; dx, dw, db, dy their gradients. Everything is
// float32 with channels last, (H, W, C) for an image. Offsets and strides count floats. Kernels do
// not allocate, throw, lock or print. Their sums have the same order for every instruction set.
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
  const char* name;    // of the instruction set, as in SCALLION_ISA
  std::int32_t width;  // floats in a register
  std::int32_t tile;   // rows of a tile of `gemm`: pixels that share each load of a weight

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
  const RowNormalizationKernels& row_normalization;
  const ElementwiseKernels& elementwise;
  const RandomKernels& random;
  const OptimizerKernels& optimizer;

  // Runs `rounds` rounds of independent multiply-adds in registers and returns how many there were:
  // the limit that other kernels are compared with. `sink` keeps the result from being optimized
  // away.
  double (*peak)(std::int64_t rounds, float* sink);
};

// The table to use: the best that this CPU runs, or the one that SCALLION_ISA names. Where it names
// none that runs here, `kernels_status` in dispatch.hpp is an error.
const Kernels& kernels();

}  // namespace scallion
