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
    Row{"pack", make_pack},
    Row{"convolution", make_convolution},
    Row{"convolution_dx", make_convolution_dx},
    Row{"convolution_dw", make_convolution_dw},
    Row{"max_pool_slopes", make_max_pool_slopes},
    Row{"sparse_dw", make_sparse_dw},
    Row{"sparse_dx", make_sparse_dx},
    Row{"turn", make_turn},
    Row{"winograd", make_winograd},
    Row{"winograd_dx", make_winograd_dx},
    Row{"winograd_dw", make_winograd_dw},
    Row{"winograd_pack", make_winograd_pack},
    Row{"pooled", make_pooled},
    Row{"pooled_pack", make_pooled_pack},
    Row{"depthwise", make_depthwise},
    Row{"depthwise_dx", make_depthwise_dx},
    Row{"depthwise_dw", make_depthwise_dw},
    Row{"dense", make_dense},
    Row{"dense_dw", make_dense_dw},
    Row{"max_pool", make_max_pool},
    Row{"max_pool_dx", make_max_pool_dx},
    Row{"average_pool", make_average_pool},
    Row{"average_pool_dx", make_average_pool_dx},
    Row{"global_average", make_global_average},
    Row{"global_average_dx", make_global_average_dx},
    Row{"global_max", make_global_max},
    Row{"global_max_dx", make_global_max_dx},
    Row{"subtract", make_combine},
    Row{"multiply", make_combine},
    Row{"maximum", make_combine},
    Row{"minimum", make_combine},
    Row{"choose", make_choose},
    Row{"softmax", make_softmax},
    Row{"softmax_dx", make_softmax_dx},
    Row{"log_softmax", make_softmax},
    Row{"log_softmax_dx", make_softmax_dx},
    Row{"move", make_move},
    Row{"sum_images", make_sum_images},
    Row{"scale", make_scale},
    Row{"add", make_add},
    Row{"dropout", make_dropout},
    Row{"draw_kept", make_draw_kept},
    Row{"draw_normal", make_draw_normal},
    Row{"flip", make_flip},
    Row{"translate", make_translate},
    Row{"crop", make_crop},
    Row{"rotate", make_rotate},
    Row{"zoom", make_zoom},
    Row{"contrast", make_contrast},
    Row{"brighten", make_brighten},
    Row{"erase", make_erase},
    Row{"resize", make_resize},
    Row{"spread", make_spread},
    Row{"standardize", make_standardize},
    Row{"cross_entropy", make_loss},
    Row{"cross_entropy_of_probabilities", make_loss},
    Row{"binary_cross_entropy", make_loss},
    Row{"binary_cross_entropy_of_probabilities", make_loss},
    Row{"squared_error", make_loss},
    Row{"absolute_error", make_loss},
    Row{"huber", make_loss},
    Row{"log_cosh", make_loss},
    Row{"divergence", make_loss},
    Row{"hinge", make_loss},
    Row{"squared_hinge", make_loss},
    Row{"categorical_hinge", make_loss},
    Row{"percentage_error", make_loss},
    Row{"logarithmic_error", make_loss},
    Row{"poisson", make_loss},
    Row{"cosine", make_loss},
    Row{"focal", make_loss},
    Row{"focal_of_probabilities", make_loss},
    Row{"binary_focal", make_loss},
    Row{"binary_focal_of_probabilities", make_loss},
    Row{"moments", make_moments},
    Row{"merge_moments", make_merge_moments},
    Row{"fold", make_fold},
    Row{"normalize", make_normalize},
    Row{"slope_sums", make_slope_sums},
    Row{"merge_slope_sums", make_merge_slope_sums},
    Row{"normalize_dx", make_normalize_dx},
    Row{"merge", make_merge},
    Row{"sgd", make_sgd},
    Row{"adam", make_adam},
    Row{"rmsprop", make_rmsprop},
    Row{"adagrad", make_adagrad},
    Row{"squares", make_squares},
    Row{"clip_norm", make_clip_norm},
    Row{"clip", make_clip},
    Row{"penalize", make_penalize},
    Row{"decay", make_decay},
    Row{"average", make_average},
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
