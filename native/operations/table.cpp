#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "operations.hpp"

namespace scallion {

namespace {

struct Row {
  std::string_view kind;
  Made (*make)(const Attributes&, const Program&);
};

constexpr std::array kTable{
    Row{"input", make_input},
    Row{"output", make_output},
    Row{"pack_weights", make_pack},
    Row{"convolution", make_convolution},
    Row{"convolution_dx", make_convolution_dx},
    Row{"convolution_dw", make_convolution_dw},
    Row{"max_pool_sparse_dx", make_max_pool_slopes},
    Row{"sparse_dw", make_sparse_dw},
    Row{"sparse_dx", make_sparse_dx},
    Row{"transpose_weights", make_turn},
    Row{"winograd", make_winograd},
    Row{"winograd_dx", make_winograd_dx},
    Row{"winograd_dw", make_winograd_dw},
    Row{"winograd_weights", make_winograd_pack},
    Row{"conv_max_pool", make_pooled},
    Row{"conv_max_pool_weights", make_pooled_pack},
    Row{"depthwise", make_depthwise},
    Row{"depthwise_dx", make_depthwise_dx},
    Row{"depthwise_dw", make_depthwise_dw},
    Row{"dense", make_dense},
    Row{"dense_dw", make_dense_dw},
    Row{"max_pool", make_max_pool},
    Row{"max_pool_dx", make_max_pool_dx},
    Row{"average_pool", make_average_pool},
    Row{"average_pool_dx", make_average_pool_dx},
    Row{"global_average_pool", make_global_average},
    Row{"global_average_pool_dx", make_global_average_dx},
    Row{"global_max_pool", make_global_max},
    Row{"global_max_pool_dx", make_global_max_dx},
    Row{"subtract", make_combine},
    Row{"multiply", make_combine},
    Row{"maximum", make_combine},
    Row{"minimum", make_combine},
    Row{"maximum_dx", make_choose},
    Row{"minimum_dx", make_choose},
    Row{"softmax", make_softmax},
    Row{"softmax_dx", make_softmax_dx},
    Row{"log_softmax", make_softmax},
    Row{"log_softmax_dx", make_softmax_dx},
    Row{"strided_copy", make_move},
    Row{"sum_images", make_sum_images},
    Row{"rescale", make_scale},
    Row{"add", make_add},
    Row{"dropout", make_dropout},
    Row{"dropout_mask", make_draw_kept},
    Row{"random_normal", make_draw_normal},
    Row{"random_flip", make_flip},
    Row{"random_translation", make_translate},
    Row{"random_crop", make_crop},
    Row{"random_rotation", make_rotate},
    Row{"random_zoom", make_zoom},
    Row{"random_contrast", make_contrast},
    Row{"random_brightness", make_brighten},
    Row{"random_erasing", make_erase},
    Row{"resize", make_resize},
    Row{"stddev", make_spread},
    Row{"standardize", make_standardize},
    Row{"cross_entropy", make_loss},
    Row{"cross_entropy_from_probabilities", make_loss},
    Row{"binary_cross_entropy", make_loss},
    Row{"binary_cross_entropy_from_probabilities", make_loss},
    Row{"squared_error", make_loss},
    Row{"absolute_error", make_loss},
    Row{"huber", make_loss},
    Row{"log_cosh", make_loss},
    Row{"kl_divergence", make_loss},
    Row{"hinge", make_loss},
    Row{"squared_hinge", make_loss},
    Row{"categorical_hinge", make_loss},
    Row{"absolute_percentage_error", make_loss},
    Row{"squared_logarithmic_error", make_loss},
    Row{"poisson", make_loss},
    Row{"cosine_similarity", make_loss},
    Row{"focal_cross_entropy", make_loss},
    Row{"focal_cross_entropy_from_probabilities", make_loss},
    Row{"binary_focal_cross_entropy", make_loss},
    Row{"binary_focal_cross_entropy_from_probabilities", make_loss},
    Row{"moments", make_moments},
    Row{"merge_moments", make_merge_moments},
    Row{"fold_batch_norm", make_fold},
    Row{"batch_norm", make_normalize},
    Row{"gradient_sums", make_slope_sums},
    Row{"merge_gradient_sums", make_merge_slope_sums},
    Row{"batch_norm_dx", make_normalize_dx},
    Row{"sum_lanes", make_merge},
    Row{"sgd", make_sgd},
    Row{"adam", make_adam},
    Row{"rmsprop", make_rmsprop},
    Row{"adagrad", make_adagrad},
    Row{"sum_of_squares", make_squares},
    Row{"clip_by_norm", make_clip_norm},
    Row{"clip_by_value", make_clip},
    Row{"regularize", make_penalize},
    Row{"weight_decay", make_decay},
    Row{"moving_average", make_average},
};

}  // namespace

const char* operation_kind(int index) {
  // The table's, then each activation's with its derivative's.
  static const std::vector<std::string> kinds = [] {
    std::vector<std::string> all;
    for (const Row& known : kTable) all.emplace_back(known.kind);
    for (int i = 0; i < kernels().activation.activation_count; ++i) {
      all.emplace_back(kernels().activation.activations[i].name);
      all.push_back(all.back() + "_dx");
    }
    return all;
  }();
  const bool exists = index >= 0 && static_cast<std::size_t>(index) < kinds.size();
  return exists ? kinds[static_cast<std::size_t>(index)].c_str() : nullptr;
}

Made make_operation(const Attributes& row, const Program& program) {
  for (const Row& known : kTable) {
    if (known.kind == row.kind) return known.make(row, program);
  }
  // The rest are activations, by the names of the kernels' own table.
  return make_activation(row, program);
}

}  // namespace scallion
