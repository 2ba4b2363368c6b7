// The kernels by name: one table for each instruction set, chosen once at start.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../philox.hpp"

namespace scallion {

// Consecutive inputs of one output, and the rows of the weight matrix that they meet.
struct Run {
  std::int32_t x;       // where they start, counted from the pixel's own place
  std::int32_t row;     // the first row of the weights
  std::int32_t length;  // how many
  bool operator==(const Run&) const = default;
  auto operator<=>(const Run&) const = default;
};

// Pixels that meet the same runs: an inside of an image, an edge, a corner.
struct Pixels {
  const Run* runs;
  std::int32_t run_count;
  const std::int32_t* x;  // for each pixel, where its inputs are counted from
  const std::int32_t* y;  // and where its outputs go
  std::int32_t count;
};

// A matrix cut into panels of columns, each panel `rows` rows of its own padded width.
struct Panels {
  const float* data;
  std::int32_t rows;
  std::int32_t columns;
};

// Memory that the next images will read or write, in a few stretches that count as one. A kernel
// asks for it while it computes, a little each time it goes round, since memory answers only so
// many questions at once: `step` floats further, from `at` to `end`.
struct Ahead {
  static constexpr int kMost = 6;   // stretches
  static constexpr int kLine = 16;  // floats of a cache line: a longer step would leave some out
  // How often the depthwise kernels ask each time: they compute little for what they read.
  static constexpr int kDepthwise = 3;
  const float* stretches[kMost];
  std::ptrdiff_t floats[kMost];
  std::int32_t count;
  std::ptrdiff_t at, end, step;
};

enum class Store : std::int32_t { kSet, kRelu, kAdd };

// The pixels that one weight tap multiplies: a rectangle of the input against one of the output.
struct Rectangle {
  std::int32_t x, y;  // where both start
  std::int32_t rows, columns;
  std::int32_t x_row, x_column;  // steps in floats
  std::int32_t y_row, y_column;
  std::int32_t weight_row;  // the first row of the weight gradient
  std::int32_t length;      // how many rows: consecutive inputs
};

// A tile of an image for Winograd's convolution: where it starts, and which of its rows and columns
// lie in the image.
struct Patch {
  std::int32_t x;
  std::int32_t top, bottom, left, right;
};

// Numbers of a few patches, frequency by frequency.
struct Frequencies {
  float* data;
  std::ptrdiff_t step;  // floats from one frequency to the next
  std::ptrdiff_t row;   // and from one patch to the next
};

// 3x3 weights: how far a tap, an input and an output are from the next, and what each output's
// weights are multiplied with, if anything.
struct Kernel3x3 {
  const float* data;
  std::ptrdiff_t tap, row, column;
  const float* factor;
};

// The four rows of an image that a row of 2x2 windows over 3x3 weights reads.
struct Band {
  const float* rows[4];  // null for those that lie outside
  std::int32_t width;    // floats of a row
  std::int32_t left;     // floats of zeros before it
};

// One output of a pooling: its window, clipped to the image.
struct Window {
  std::int32_t x;  // where it starts
  std::int32_t rows, columns;
};

// A slope that is not zero, and the pixel that it belongs to.
struct Slope {
  std::int32_t place;
  float value;
};

// The slopes of an image: for each channel a list with room for as many as the pooling has windows.
// Those of places inside of the image stand first, those at its edge last; and each channel's sum.
struct Slopes {
  std::int32_t* inside;
  std::int32_t* edge;
  float* sums;
  Slope* lists;
};

// What batch normalization does to a channel: y = x * scale + shift, then relu if asked.
struct Affine {
  const float* scale;
  const float* shift;
  bool relu;
};

// Places of one image, walked in order: along each axis steps in what is read and in what is
// written. A step of 0 reads again, or adds up.
constexpr int kAxes = 5;
struct Box {
  std::int32_t sides[kAxes];
  std::int32_t x_steps[kAxes], y_steps[kAxes];
};

// What some activations are told besides x; each takes what it knows.
struct Bend {
  float slope, limit, threshold, factor;
};

// y = f(x), and dx = dy * f'(x), where `at` is y or x: see `lowering/activations.py`.
struct Activation {
  const char* name;
  void (*forward)(const float* x, std::int64_t count, const Bend&, float* y);
  void (*backward)(const float* at, const float* dy, std::int64_t count, const Bend&, float* dx);
};

// What one prediction should be: a label, or shares[i] * kept + spread for each class. A label that
// is no class asks nothing.
struct Truth {
  std::int64_t label;
  const float* shares;
  float kept, spread;
  float power, yes, no;  // a loss' own: gamma or delta, and what yes and no count
};

// The loss of one prediction, and its slope at the outputs times `weight`.
struct Loss {
  const char* name;
  float (*of)(const float* y, std::int32_t count, const Truth&, float weight, float* slope);
};

struct Kernels {
  const char* name;
  std::int32_t width;  // floats in a register
  std::int32_t tile;   // pixels that `multiply` takes at once, at most

  // y[pixel][n] = sum over runs of x * weights, then bias, then what `store` says. Additions go in
  // the order of the runs, whatever the tile.
  void (*multiply)(const Pixels&, const float* x, const Panels&, const float* bias, float* y, Store,
                   Ahead&);

  // dw[row][0..n) (+)= sum over images and pixels of x * dy, in their order; dw has rows of ld.
  void (*multiply_transposed)(const Rectangle&, const float* x, std::ptrdiff_t x_image,
                              const float* dy, std::ptrdiff_t dy_image, std::int32_t images,
                              std::int32_t n, std::int32_t ld, float* dw, bool add, Ahead&);

  // Winograd's F(4x4, 3x3): pixels to frequencies (of 6x6 inputs, of 4x4 slopes), products, and
  // frequencies to 4x4 outputs or 3x3 weights.
  void (*spread_tiles)(const Patch*, std::int32_t count, const float* x, std::int32_t x_row,
                       std::int32_t channels, const Frequencies&);
  void (*spread_slope_tiles)(const Patch*, std::int32_t count, const float* dy, std::int32_t dy_row,
                             std::int32_t filters, const Frequencies&);
  void (*spread_weights)(const Kernel3x3&, std::int32_t begin, std::int32_t end,
                         const Panels& shape, float* u, std::ptrdiff_t u_step);
  void (*multiply_frequencies)(const Frequencies& v, std::int32_t count, const Panels& u,
                               std::ptrdiff_t u_step, const Frequencies& m);
  void (*gather_tiles)(const Patch*, std::int32_t count, const Frequencies& m, const float* bias,
                       float* y, std::int32_t y_row, std::int32_t filters, Store);
  void (*gather_weights)(const Frequencies& m, std::int32_t rows, std::int32_t filters, float* dw,
                         std::ptrdiff_t tap, bool add);

  // The largest of each 2x2 window of outputs of a 3x3 convolution of fewer than 64 channels,
  // window by window, then bias and relu. Panels are of one register each, of 16 frequencies a
  // channel.
  void (*convolve_and_pool)(const Band&, std::int32_t windows, std::int32_t channels,
                            const Panels& u, const float* bias, float* y, bool relu);

  // db[n] (+)= sum over rows of dy.
  void (*sum_rows)(const float* dy, std::int64_t rows, std::int32_t n, float* db, bool add);

  // Channel by channel: y[pixel][c] = sum over runs of x[c] * weights[row][c], then bias and relu;
  // and the weights' gradient, dw[row][c] += sum over pixels of x[c] * dy[c]. Runs have length 1.
  void (*depthwise)(const Pixels&, const float* x, const Panels&, const float* bias, float* y,
                    bool relu, Ahead&);
  void (*depthwise_transposed)(const Pixels&, const float* x, const float* dy,
                               std::int32_t channels, float* dw, Ahead&);

  // Pooling of one image: `row` floats a row of the input.
  void (*max_pool)(const Window*, std::int32_t count, std::int32_t row, std::int32_t channels,
                   const float* x, float* y);
  void (*max_pool_backward)(const Window*, std::int32_t count, std::int32_t row,
                            std::int32_t channels, bool overlap, bool mask, const float* x,
                            const float* y, const float* dy, float* dx);

  // The same as lists: the slope of each window's largest value where it stands. `at_edge` says so
  // of each pixel; null where none is.
  void (*max_pool_slopes)(const Window*, std::int32_t count, std::int32_t row,
                          std::int32_t channels, bool mask, const std::uint8_t* at_edge,
                          const float* x, const float* y, const float* dy, const Slopes&);
  // One channel's slopes, in their order: dw[row] += sum of slope * x, and dx += slope * w[row],
  // over the runs that start at each place's origin; and sums[channel][row] to dw[row][channel].
  void (*gather_slopes)(const Slope*, std::int32_t count, const std::int32_t* origins, const Run*,
                        std::int32_t run_count, const float* x, float* dw);
  void (*scatter_slopes)(const Slope*, std::int32_t count, const std::int32_t* origins, const Run*,
                         std::int32_t run_count, const float* w, float* dx);
  void (*add_turned)(const float* sums, std::int32_t rows, std::int32_t channels, float* dw,
                     bool add);

  void (*average_pool)(const Window*, std::int32_t count, std::int32_t row, std::int32_t channels,
                       const float* x, float* y);
  void (*average_pool_backward)(const Window*, std::int32_t count, std::int32_t row,
                                std::int32_t channels, bool overlap, const float* dy, float* dx);
  void (*average_all)(const float* x, std::int64_t pixels, std::int32_t channels, float* y);
  void (*average_all_backward)(const float* dy, std::int64_t pixels, std::int32_t channels,
                               float* dx);

  void (*max_all)(const float* x, std::int64_t pixels, std::int32_t channels, float* y);
  void (*max_all_backward)(const float* x, const float* y, const float* dy, std::int64_t pixels,
                           std::int32_t channels, float* dx);

  const Activation* activations;
  std::int32_t activation_count;
  void (*softmax)(const float* x, std::int64_t rows, std::int32_t classes, float* y);
  void (*softmax_backward)(const float* y, const float* dy, std::int64_t rows, std::int32_t classes,
                           float* dx);
  void (*log_softmax)(const float* x, std::int64_t rows, std::int32_t classes, float* y);
  void (*log_softmax_backward)(const float* y, const float* dy, std::int64_t rows,
                               std::int32_t classes, float* dx);

  bool (*finite)(const float* x, std::int64_t count);
  void (*add)(const float* a, const float* b, std::int64_t count, float* y);
  void (*add_relu)(const float* a, const float* b, std::int64_t count, float* y);
  void (*scale)(const float* x, std::int64_t count, float factor, float shift, float* y);
  void (*drop)(const float* x, std::int64_t count, const Draw&, std::uint32_t threshold,
               float factor, float* y);
  void (*draw_normal)(std::int64_t count, const Draw&, float mean, float deviation, float* y);

  // Batch normalization, channel by channel. `moments` gives each channel's mean and its sum of
  // squared distances from it; `slope_sums` the sums of dy and of dy * (x - mean), behind the relu.
  void (*moments)(const float* x, std::int64_t pixels, std::int32_t channels, float* mean,
                  float* squares);
  void (*normalize)(const float* x, std::int64_t pixels, std::int32_t channels, const Affine&,
                    float* y);
  void (*slope_sums)(const float* x, const float* dy, std::int64_t pixels, std::int32_t channels,
                     const Affine&, const float* mean, float* sum, float* along);
  // dx = dy * scale + x * per_x + per_one, behind the relu.
  void (*normalize_backward)(const float* x, const float* dy, std::int64_t pixels,
                             std::int32_t channels, const Affine&, const float* per_x,
                             const float* per_one, float* dx);

  void (*subtract)(const float* a, const float* b, std::int64_t count, float* y);
  void (*multiply_each)(const float* a, const float* b, std::int64_t count, float* y);
  void (*largest)(const float* a, const float* b, std::int64_t count, float* y);
  void (*smallest)(const float* a, const float* b, std::int64_t count, float* y);
  void (*choose)(const float* a, const float* b, const float* dy, std::int64_t count, bool larger,
                 float* da);
  void (*move)(const Box&, const float* x, float* y, bool add);

  const Loss* losses;
  std::int32_t loss_count;

  void (*add_lanes)(const float* const* lanes, std::int32_t count, std::int64_t floats, float* y);
  void (*sgd)(float* w, const float* g, float* velocity, std::int64_t count, float rate,
              float momentum, bool nesterov);
  void (*adam)(float* w, const float* g, float* m, float* v, float* largest, std::int64_t count,
               float rate, float new_1, float new_2, float epsilon);
  void (*rmsprop)(float* w, const float* g, float* v, float* momentum, float* mean,
                  std::int64_t count, float rate, float rho, float rest, float pull, float epsilon);
  void (*adagrad)(float* w, const float* g, float* total, std::int64_t count, float rate,
                  float epsilon);
  float (*sum_of_squares)(const float* x, std::int64_t count);
  void (*clip)(float* x, std::int64_t count, float limit);
  void (*penalize)(const float* w, std::int64_t count, float l1, float l2, float* g);
  void (*decay)(float* w, std::int64_t count, float share, float rate);
  void (*average)(const float* w, float* mean, std::int64_t count, float momentum);

  // Independent multiply-adds in registers for `rounds` rounds; returns how many were done.
  double (*peak)(std::int64_t rounds, float* sink);
};

// The floats that `columns` columns of packed weights take a row: whole registers, then one whole
// or half register for the rest.
static inline std::int32_t padded(std::int32_t columns, std::int32_t width) {
  const std::int32_t rest = columns % width;
  if (rest == 0) return columns;
  return columns - rest + (rest <= width / 2 ? width / 2 : width);
}

// The table to use: the best that this CPU runs, or the one that SCALLION_ISA names. Where it names
// none that runs here, `kernels_status` in dispatch.hpp is an error.
const Kernels& kernels();

}  // namespace scallion
