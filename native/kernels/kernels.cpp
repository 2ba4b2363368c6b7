// All kernels for one instruction set. The build compiles this file once for each, with its own
// flags and SCALLION_ISA set to its name.
#include <iterator>

#include "activation.hpp"
#include "combining.hpp"
#include "depthwise.hpp"
#include "elementwise.hpp"
#include "loss.hpp"
#include "moving.hpp"
#include "multiply.hpp"
#include "multiply_transposed.hpp"
#include "normal.hpp"
#include "normalization.hpp"
#include "peak.hpp"
#include "pooled.hpp"
#include "pooling.hpp"
#include "sparse.hpp"
#include "update.hpp"
#include "winograd.hpp"

#define SCALLION_JOIN(a, b) a##b
#define SCALLION_NAMED(prefix, isa) SCALLION_JOIN(prefix, isa)
#define SCALLION_TEXT(isa) #isa
#define SCALLION_QUOTED(isa) SCALLION_TEXT(isa)

namespace scallion {

extern const Kernels SCALLION_NAMED(kernels_, SCALLION_ISA);
const Kernels SCALLION_NAMED(kernels_, SCALLION_ISA) = {
    .name = SCALLION_QUOTED(SCALLION_ISA),
    .width = kWidth,
    .tile = kTile,
    .multiply = multiply,
    .multiply_transposed = multiply_transposed,
    .spread_tiles = spread_tiles,
    .spread_slope_tiles = spread_slope_tiles,
    .spread_weights = spread_weights_in_panels,
    .multiply_frequencies = multiply_frequencies,
    .gather_tiles = gather_tiles,
    .gather_weights = gather_weights,
    .convolve_and_pool = convolve_and_pool,
    .sum_rows = sum_rows,
    .depthwise = depthwise,
    .depthwise_transposed = depthwise_transposed,
    .max_pool = max_pool,
    .max_pool_backward = max_pool_backward,
    .max_pool_slopes = max_pool_slopes,
    .gather_slopes = gather_slopes,
    .scatter_slopes = scatter_slopes,
    .add_turned = add_turned,
    .average_pool = average_pool,
    .average_pool_backward = average_pool_backward,
    .average_all = average_all,
    .average_all_backward = average_all_backward,
    .max_all = max_all,
    .max_all_backward = max_all_backward,
    .activations = kActivations,
    .activation_count = static_cast<std::int32_t>(std::size(kActivations)),
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .log_softmax = log_softmax,
    .log_softmax_backward = log_softmax_backward,
    .finite = finite,
    .add = add,
    .add_relu = add_relu,
    .scale = scale,
    .drop = drop,
    .draw_normal = draw_normal,
    .moments = moments,
    .normalize = normalize,
    .slope_sums = slope_sums,
    .normalize_backward = normalize_backward,
    .subtract = subtract,
    .multiply_each = multiply_each,
    .largest = largest,
    .smallest = smallest,
    .choose = choose,
    .move = move,
    .losses = kLosses,
    .loss_count = static_cast<std::int32_t>(std::size(kLosses)),
    .add_lanes = add_lanes,
    .sgd = sgd,
    .adam = adam,
    .rmsprop = rmsprop,
    .adagrad = adagrad,
    .sum_of_squares = sum_of_squares,
    .clip = clip,
    .penalize = penalize,
    .decay = decay,
    .average = average,
    .peak = peak,
};

}  // namespace scallion
