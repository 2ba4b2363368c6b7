// How each kind of operation is made; `table.cpp` lists them by name.
#pragma once

#include "../program.hpp"

namespace scallion {

using Made = std::unique_ptr<Operation>;

Made make_input(const Attributes&, const Program&);
Made make_output(const Attributes&, const Program&);
Made make_pack(const Attributes&, const Program&);
Made make_convolution(const Attributes&, const Program&);
Made make_convolution_dx(const Attributes&, const Program&);
Made make_convolution_dw(const Attributes&, const Program&);
Made make_max_pool_slopes(const Attributes&, const Program&);
Made make_sparse_dw(const Attributes&, const Program&);
Made make_sparse_dx(const Attributes&, const Program&);
Made make_turn(const Attributes&, const Program&);
Made make_winograd(const Attributes&, const Program&);
Made make_winograd_dx(const Attributes&, const Program&);
Made make_winograd_dw(const Attributes&, const Program&);
Made make_winograd_pack(const Attributes&, const Program&);
Made make_pooled(const Attributes&, const Program&);
Made make_pooled_pack(const Attributes&, const Program&);
Made make_depthwise(const Attributes&, const Program&);
Made make_depthwise_dx(const Attributes&, const Program&);
Made make_depthwise_dw(const Attributes&, const Program&);
Made make_dense(const Attributes&, const Program&);
Made make_dense_dw(const Attributes&, const Program&);
Made make_max_pool(const Attributes&, const Program&);
Made make_max_pool_dx(const Attributes&, const Program&);
Made make_average_pool(const Attributes&, const Program&);
Made make_average_pool_dx(const Attributes&, const Program&);
Made make_global_average(const Attributes&, const Program&);
Made make_global_average_dx(const Attributes&, const Program&);
Made make_global_max(const Attributes&, const Program&);
Made make_global_max_dx(const Attributes&, const Program&);
Made make_combine(const Attributes&, const Program&);
Made make_choose(const Attributes&, const Program&);
Made make_activation(const Attributes&, const Program&);
Made make_softmax(const Attributes&, const Program&);
Made make_softmax_dx(const Attributes&, const Program&);
Made make_move(const Attributes&, const Program&);
Made make_sum_images(const Attributes&, const Program&);
Made make_scale(const Attributes&, const Program&);
Made make_add(const Attributes&, const Program&);
Made make_dropout(const Attributes&, const Program&);
Made make_draw_kept(const Attributes&, const Program&);
Made make_draw_normal(const Attributes&, const Program&);
Made make_flip(const Attributes&, const Program&);
Made make_translate(const Attributes&, const Program&);
Made make_crop(const Attributes&, const Program&);
Made make_rotate(const Attributes&, const Program&);
Made make_zoom(const Attributes&, const Program&);
Made make_contrast(const Attributes&, const Program&);
Made make_brighten(const Attributes&, const Program&);
Made make_erase(const Attributes&, const Program&);
Made make_resize(const Attributes&, const Program&);
Made make_spread(const Attributes&, const Program&);
Made make_standardize(const Attributes&, const Program&);
Made make_loss(const Attributes&, const Program&);
Made make_moments(const Attributes&, const Program&);
Made make_merge_moments(const Attributes&, const Program&);
Made make_fold(const Attributes&, const Program&);
Made make_normalize(const Attributes&, const Program&);
Made make_slope_sums(const Attributes&, const Program&);
Made make_merge_slope_sums(const Attributes&, const Program&);
Made make_normalize_dx(const Attributes&, const Program&);
Made make_merge(const Attributes&, const Program&);
Made make_sgd(const Attributes&, const Program&);
Made make_adam(const Attributes&, const Program&);
Made make_rmsprop(const Attributes&, const Program&);
Made make_adagrad(const Attributes&, const Program&);
Made make_squares(const Attributes&, const Program&);
Made make_clip_norm(const Attributes&, const Program&);
Made make_clip(const Attributes&, const Program&);
Made make_penalize(const Attributes&, const Program&);
Made make_decay(const Attributes&, const Program&);
Made make_average(const Attributes&, const Program&);

// The panels of packed weights that so many columns are cut into.
inline int panels_of(int columns) {
  const int panel = 2 * kernels().width;
  return (columns + panel - 1) / panel;
}

// All floats of the task's images in a buffer, which lie side by side.
inline std::int64_t floats(const Task& task, int buffer) {
  return task.stride(buffer) * task.count;
}

// The part of `count` things that a task does; the cuts fall on multiples of 16 floats.
struct Range {
  std::int64_t begin, end;
};

inline Range part_of(const Task& task, std::int64_t count) {
  const std::int64_t blocks = (count + 15) / 16;
  const auto cut = [&](int part) { return std::min(count, blocks * part / task.parts * 16); };
  return {cut(task.part), cut(task.part + 1)};
}

}  // namespace scallion
