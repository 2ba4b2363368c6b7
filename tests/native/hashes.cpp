// Prints a hash per line of what each kernel of one instruction set computes from fixed inputs of
// odd sizes. All instruction sets with fused multiply-adds print the same lines.
// tests/native/run.sh compiles this with the kernels of a set and runs it, here or in an emulator.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "kernels/kernels.hpp"

namespace scallion::SCALLION_ISA {
extern const Kernels kernels;
}

namespace {

using namespace scallion;
using Row = std::vector<float>;

const Kernels& k = SCALLION_ISA::kernels;

// Values in [-1, 1) that depend on nothing but the seed. A few are 0, as after a ReLU.
Row values(std::size_t count, std::uint32_t seed) {
  Row row(count);
  std::uint32_t state = seed * 2654435761u + 1;
  for (auto& value : row) {
    state = state * 1664525u + 1013904223u;
    value = (state >> 28) == 0 ? 0.0f : static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
  }
  return row;
}

Row positive(std::size_t count, std::uint32_t seed) {
  Row row = values(count, seed);
  for (auto& value : row) value = value * 0.49f + 0.5f;
  return row;
}

void print_hash(const std::string& name, const Row& row) {
  std::uint64_t hash = 1469598103934665603u;
  for (const float value : row) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    if (value != value) bits = 0x7FC00000u;  // the sign of a NaN is the processor's choice
    hash = (hash ^ bits) * 1099511628211u;
  }
  std::printf("%s %016llx\n", name.c_str(), static_cast<unsigned long long>(hash));
}

// Some memory to prefetch, which does not change what a kernel computes.
Prefetch& prefetch() {
  static const Row first(100), second(3000);
  static Prefetch memory;
  memory = {{first.data(), second.data()}, {100, 3000}, 2, 0, 3100, 7};
  return memory;
}

// A packed matrix, as operations/pack_weights.cpp makes it.
Row packed(const Row& weights, int rows, int columns) {
  const int padded = padded_columns(columns, k.width);
  Row out(static_cast<std::size_t>(rows) * static_cast<std::size_t>(padded) + 32);
  auto* to = out.data();
  for (int column = 0; column < padded;) {
    const int panel = padded - column >= 2 * k.width ? 2 * k.width : padded - column;
    for (int row = 0; row < rows; ++row, to += panel) {
      for (int i = 0; i < panel && column + i < columns; ++i) {
        to[i] = weights[static_cast<std::size_t>(row * columns + column + i)];
      }
    }
    column += panel;
  }
  return out;
}

// The interior pixels of a 3x3 convolution of a 9x9 image.
struct Interior {
  static constexpr int kSide = 9, kOut = 7;
  std::vector<InputSpan> spans;
  std::vector<std::int32_t> x, y;

  Interior(int channels, int filters, bool by_position) {
    for (int row = 0; row < 3; ++row) {
      for (int column = 0; column < (by_position ? 3 : 1); ++column) {
        const int length = by_position ? 1 : 3 * channels;
        spans.push_back({(row * kSide + column) * channels,
                         by_position ? 3 * row + column : row * length, length});
      }
    }
    for (int row = 0; row < kOut; ++row) {
      for (int column = 0; column < kOut; ++column) {
        x.push_back((row * kSide + column) * channels);
        y.push_back((row * kOut + column) * filters);
      }
    }
  }

  PixelGroup pixels(int count) const {
    return {spans.data(), static_cast<std::int32_t>(spans.size()), x.data(), y.data(), count};
  }
};

void matrix_products() {
  for (const int channels : {1, 3, 32, 33}) {
    const auto c = static_cast<std::size_t>(channels);
    for (const int filters : {1, 2, 7, 10, 16, 18, 32, 50, 61}) {
      const auto f = static_cast<std::size_t>(filters);
      const std::string size = std::to_string(channels) + "x" + std::to_string(filters);
      const Interior interior(channels, filters, false);
      const Row x = values(81 * c, 1), w = values(9 * c * f, 2), bias = values(f, 3);
      const Row panels = packed(w, 9 * channels, filters);
      for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kRelu, Epilogue::kAccumulate}) {
        for (const int count : {49, 5}) {
          Row y = values(49 * f, 4);
          k.gemm.multiply(interior.pixels(count), x.data(), {panels.data(), 9 * channels, filters},
                          epilogue == Epilogue::kAccumulate ? nullptr : bias.data(), y.data(),
                          epilogue, prefetch());
          print_hash("gemm " + size + " " + std::to_string(static_cast<int>(epilogue)), y);
        }
      }
      const Row dy = values(2 * 49 * f, 5), images = values(2 * 81 * c, 6);
      Row dw = values(9 * c * f, 7);
      for (const bool accumulate : {true, false}) {
        for (int row = 0; row < 3; ++row) {
          const PixelPairs r{row * 9 * channels, 0,           7,           7,
                             9 * channels,       channels,    7 * filters, filters,
                             row * 3 * channels, 3 * channels};
          k.gemm_transposed.multiply(r, images.data(), 81 * channels, dy.data(), 49 * filters, 2,
                                     filters, filters, dw.data(), accumulate, prefetch());
        }
        print_hash("gemm_transposed " + size, dw);
      }
      Row db = values(f, 8);
      k.gemm_transposed.sum_rows(dy.data(), 98, filters, db.data(), true);
      print_hash("sum_rows " + std::to_string(filters), db);
    }
  }
}

// A 3x3 convolution of a 9x9 image with padding, forward and backward.
void winograd() {
  constexpr int kSide = 9, kTiles = 9, kElements = kWinogradElements;
  for (const auto& [channels, filters] : {std::pair{3, 50}, {13, 8}, {32, 20}, {50, 33}}) {
    const auto c = static_cast<std::size_t>(channels), f = static_cast<std::size_t>(filters);
    const std::string size = std::to_string(channels) + " to " + std::to_string(filters);
    const Row x = values(81 * c, 1), w = values(9 * c * f, 2), bias = values(f, 3),
              dy = values(81 * f, 4);
    std::vector<Tile> inputs, outputs;
    for (int row = 0; row < kSide; row += 4) {
      for (int column = 0; column < kSide; column += 4) {
        inputs.push_back({((row - 1) * kSide + column - 1) * channels, row == 0 ? 1 : 0,
                          std::min(6, 10 - row), column == 0 ? 1 : 0, std::min(6, 10 - column)});
        outputs.push_back({(row * kSide + column) * filters, 0, std::min(4, 9 - row), 0,
                           std::min(4, 9 - column)});
      }
    }
    const auto memory = [&](int rows, std::size_t floats) {
      return Row(kElements * static_cast<std::size_t>(rows) * ((floats + 15) / 16 * 16) + 16);
    };
    const auto tiles = [&](Row& row, int rows, std::size_t floats) {
      const auto stride = static_cast<std::ptrdiff_t>((floats + 15) / 16 * 16);
      return TransformedTiles{row.data(), rows * stride, stride};
    };
    Row v = memory(kTiles, c), m = memory(kTiles, f), d = memory(kTiles, f),
        u = memory(channels, f);
    const auto u_stride = static_cast<std::ptrdiff_t>(c * ((f + 15) / 16 * 16));
    const auto n = static_cast<std::ptrdiff_t>(f);
    k.winograd.transform_weights({w.data(), static_cast<std::ptrdiff_t>(c) * n, n, 1, bias.data()},
                                 0, channels, {nullptr, channels, filters}, u.data(), u_stride);
    k.winograd.transform_input(inputs.data(), kTiles, x.data(), kSide * channels, channels,
                               tiles(v, kTiles, c));
    k.winograd.multiply(tiles(v, kTiles, c), kTiles, {u.data(), channels, filters}, u_stride,
                        tiles(m, kTiles, f));
    for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kRelu, Epilogue::kAccumulate}) {
      Row y = values(81 * f, 5);
      k.winograd.transform_output(outputs.data(), kTiles, tiles(m, kTiles, f), bias.data(),
                                  y.data(), kSide * filters, filters, epilogue);
      print_hash("winograd " + size, y);
    }
    k.winograd.transform_output_gradient(outputs.data(), kTiles, dy.data(), kSide * filters,
                                         filters, tiles(d, kTiles, f));
    Row sums = memory(channels, f), dw = values(9 * c * f, 6);
    const TransformedTiles total = tiles(sums, channels, f);
    const auto x_stride = tiles(v, kTiles, c).tile_stride,
               d_stride = tiles(d, kTiles, f).tile_stride;
    const PixelPairs r{0, 0,
                       1, kTiles,
                       0, static_cast<std::int32_t>(x_stride),
                       0, static_cast<std::int32_t>(d_stride),
                       0, channels};
    for (int i = 0; i < kElements; ++i) {
      k.gemm_transposed.multiply(r, v.data() + i * kTiles * x_stride, 0,
                                 d.data() + i * kTiles * d_stride, 0, 1, filters,
                                 static_cast<std::int32_t>(total.tile_stride),
                                 sums.data() + i * total.element_stride, false, prefetch());
    }
    for (const bool accumulate : {false, true}) {
      k.winograd.transform_weight_gradient(total, channels, filters, dw.data(),
                                           static_cast<std::ptrdiff_t>(c) * n, accumulate);
      print_hash("winograd weight gradient " + size, dw);
    }
  }
}

// Two rows of pooling windows of a 3x3 convolution, the first at the upper edge.
void convolution_max_pool() {
  for (const int channels : {1, 2, 3, 15}) {
    const auto c = static_cast<std::size_t>(channels);
    for (const int filters : {1, 7, 16, 18, 50}) {
      const auto f = static_cast<std::size_t>(filters);
      const std::size_t size = 16 * c * ((f + 15) / 16 * 16);
      for (const int width : {4, 13, 80}) {
        const int count = width / 2;
        const Row x = values(4 * static_cast<std::size_t>(width) * c, 1), bias = values(f, 2);
        const Row weights = values(16 * c * f, 3);
        // Panels of one register.
        Row u(size);
        const int padded = padded_columns(filters, k.width);
        for (int column = 0; column < filters; ++column) {
          const int first = column / k.width * k.width, panel = std::min(k.width, padded - first);
          for (int row = 0; row < 16 * channels; ++row) {
            u[static_cast<std::size_t>(first * 16 * channels + row * panel + column - first)] =
                weights[static_cast<std::size_t>(row * filters + column)];
          }
        }
        const int floats = width * channels;
        const auto at = [&](int row) { return x.data() + row * floats; };
        Row y(static_cast<std::size_t>(2 * count) * f);
        const PackedMatrix panels{u.data(), 16 * channels, filters};
        k.convolution_max_pool.forward({{nullptr, at(0), at(1), at(2)}, floats, channels}, count,
                                       channels, panels, bias.data(), y.data(),
                                       {.relu = true, .keep_nan = false});
        k.convolution_max_pool.forward({{at(0), at(1), at(2), at(3)}, floats, 0}, count - 1,
                                       channels, panels, nullptr, y.data() + count * filters,
                                       {.relu = false, .keep_nan = true});
        print_hash(
            "convolution_max_pool " + std::to_string(channels) + "x" + std::to_string(filters), y);
      }
    }
  }
}

void depthwise() {
  for (const int channels : {1, 3, 8, 13, 32, 50}) {
    const auto c = static_cast<std::size_t>(channels);
    const std::string size = std::to_string(channels);
    const Interior interior(channels, channels, true);
    const Row x = values(81 * c, 1), bias = values(c, 3), dy = values(49 * c, 4);
    const Row panels = packed(values(9 * c, 2), 9, channels);
    Row y(49 * c), dw = values(9 * c, 5);
    k.depthwise.convolve(interior.pixels(49), x.data(), {panels.data(), 9, channels}, bias.data(),
                         y.data(), true, prefetch());
    print_hash("depthwise " + size, y);
    k.depthwise.weight_gradient(interior.pixels(49), x.data(), dy.data(), channels, dw.data(),
                                prefetch());
    print_hash("depthwise weight gradient " + size, dw);
  }
}

// The backward pass of the interior of a 3x3 convolution of a 9x9 image, followed by max pooling.
void sparse_gradients() {
  for (const int channels : {1, 3, 32, 33, 70}) {
    const auto c = static_cast<std::size_t>(channels);
    for (const int filters : {1, 7, 16, 33}) {
      const auto f = static_cast<std::size_t>(filters);
      const std::string size = std::to_string(channels) + "x" + std::to_string(filters);
      const Interior interior(channels, filters, false);
      std::vector<PoolingWindow> windows;
      std::vector<std::uint8_t> is_edge(49);
      for (int i = 0; i < 9; ++i) windows.push_back({(i / 3 * 14 + i % 3 * 2) * filters, 2, 2});
      for (std::size_t i = 0; i < 49; i += 5) is_edge[i] = 1;
      const Row x = values(49 * f, 1), dy = values(9 * f, 2), image = values(81 * c, 3);
      const Row w = values(9 * c * f, 4);
      Row y(9 * f);
      k.pooling.max_pool(windows.data(), 9, 7 * filters, filters, x.data(), y.data());
      for (const std::uint8_t* edges : {static_cast<const std::uint8_t*>(nullptr),
                                        static_cast<const std::uint8_t*>(is_edge.data())}) {
        std::vector<std::int32_t> interior_counts(f), edge_counts(f);
        std::vector<GradientEntry> entries(9 * f);
        Row sums(f), transposed(9 * c * f), dw = values(9 * c * f, 5), dx = values(81 * c, 6);
        k.sparse_gradient.max_pool_backward(
            windows.data(), 9, 7 * filters, filters, true, edges, x.data(), y.data(), dy.data(),
            {interior_counts.data(), edge_counts.data(), sums.data(), entries.data()});
        for (std::size_t i = 0; i < f; ++i) {
          const auto backward = [&](const GradientEntry* list, int count) {
            const auto spans = static_cast<std::int32_t>(interior.spans.size());
            const PixelOrigins origins{interior.x.data(), -1};
            k.sparse_gradient.weight_gradient(list, count, origins, interior.spans.data(), spans,
                                              image.data(), transposed.data() + 9 * c * i);
            k.sparse_gradient.input_gradient(list, count, origins, interior.spans.data(), spans,
                                             w.data() + 9 * c * i, dx.data());
          };
          backward(entries.data() + 9 * i, interior_counts[i]);
          for (int e = 0; e < edge_counts[i]; ++e) backward(entries.data() + 9 * i + 8 - e, 1);
        }
        k.sparse_gradient.add_transposed(transposed.data(), 9 * channels, filters, dw.data(), true);
        print_hash("sparse sums " + size, sums);
        print_hash("sparse weight gradient " + size, dw);
        print_hash("sparse input gradient " + size, dx);
      }
    }
  }
}

void pooling() {
  for (const int channels : {1, 5, 16, 50}) {
    const auto c = static_cast<std::size_t>(channels);
    const std::string size = std::to_string(channels);
    std::vector<PoolingWindow> windows;
    for (int row = 0; row < 4; ++row) {
      for (int column = 0; column < 4; ++column) {
        windows.push_back({(2 * row * 9 + 2 * column) * channels, 2, column < 3 ? 3 : 2});
      }
    }
    const Row x = values(81 * c, 1), dy = values(16 * c, 2);
    Row y(16 * c), dx(81 * c), global(c);
    k.pooling.max_pool(windows.data(), 16, 9 * channels, channels, x.data(), y.data());
    print_hash("max_pool " + size, y);
    k.pooling.max_pool_backward(windows.data(), 16, 9 * channels, channels, true, true, x.data(),
                                y.data(), dy.data(), dx.data());
    print_hash("max_pool_backward " + size, dx);
    k.pooling.average_pool(windows.data(), 16, 9 * channels, channels, x.data(), y.data());
    print_hash("average_pool " + size, y);
    k.pooling.average_pool_backward(windows.data(), 16, 9 * channels, channels, true, dy.data(),
                                    dx.data());
    print_hash("average_pool_backward " + size, dx);
    k.pooling.global_average_pool(x.data(), 81, channels, global.data());
    print_hash("global_average_pool " + size, global);
    k.pooling.global_average_pool_backward(dy.data(), 81, channels, dx.data());
    print_hash("global_average_pool_backward " + size, dx);
    k.pooling.global_max_pool(x.data(), 81, channels, global.data());
    print_hash("global_max_pool " + size, global);
    k.pooling.global_max_pool_backward(x.data(), global.data(), dy.data(), 81, channels, dx.data());
    print_hash("global_max_pool_backward " + size, dx);
  }
}

void normalization() {
  for (const int channels : {1, 3, 16, 50, 64}) {
    const auto c = static_cast<std::size_t>(channels);
    const std::string size = std::to_string(channels);
    const Row x = values(49 * c, 1), dy = values(49 * c, 2), scale = values(c, 3),
              shift = values(c, 4), mean = values(c, 5), coefficient = values(c, 6);
    Row first(c), second(c), y(49 * c);
    for (const bool relu : {true, false}) {
      const ChannelAffine affine{scale.data(), shift.data(), relu};
      k.normalization.moments(x.data(), 49, channels, first.data(), second.data());
      print_hash("moments " + size, first);
      print_hash("moments squares " + size, second);
      k.normalization.forward(x.data(), 49, channels, affine, y.data());
      print_hash("batch_norm " + size, y);
      k.normalization.gradient_sums(x.data(), dy.data(), 49, channels, affine, mean.data(),
                                    first.data(), second.data());
      print_hash("gradient_sums " + size, first);
      print_hash("gradient_sums x " + size, second);
      k.normalization.backward(x.data(), dy.data(), 49, channels, affine, coefficient.data(),
                               shift.data(), y.data());
      print_hash("batch_norm backward " + size, y);
    }
  }
}

void elementwise() {
  constexpr std::int64_t kCount = 77;
  const Row a = values(kCount, 1), b = values(kCount, 2), dy = values(kCount, 3);
  Row y(kCount);
  const auto binary = [&](const char* name, auto kernel) {
    kernel(a.data(), b.data(), kCount, y.data());
    print_hash(name, y);
  };
  Row nonfinite = a;
  for (const std::size_t at : {0u, 40u, 76u}) {
    nonfinite = a;
    nonfinite[at] =
        at == 40 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
    print_hash("is_finite", {k.elementwise.is_finite(nonfinite.data(), kCount) ? 1.0f : 0.0f});
  }
  print_hash("is_finite", {k.elementwise.is_finite(a.data(), kCount) ? 1.0f : 0.0f});
  binary("add", k.elementwise.add);
  binary("add_relu", k.elementwise.add_relu);
  binary("subtract", k.elementwise.subtract);
  binary("multiply", k.elementwise.multiply);
  binary("divide", k.elementwise.divide);
  binary("maximum", k.elementwise.maximum);
  binary("minimum", k.elementwise.minimum);
  k.elementwise.select_gradient(a.data(), b.data(), dy.data(), kCount, true, y.data());
  print_hash("select_gradient", y);
  k.elementwise.rescale(a.data(), kCount, 0.3f, 0.1f, y.data());
  print_hash("rescale", y);
  k.random.dropout(a.data(), kCount, RandomStream{0x123456789ABCDEFu, 5, 6, 7}, 1u << 31, 2.0f,
                   y.data());
  print_hash("dropout", y);
  for (const std::int64_t count : {kCount, std::int64_t{5}}) {
    k.random.normal(count, {7, 3, 2, 1}, 0.5f, 1.5f, y.data());
    print_hash("normal", y);
  }
  const StridedBox box{{1, 3, 5, 2, 2}, {0, 20, 4, 2, 1}, {0, 4, 12, 1, 2}};
  k.elementwise.strided_copy(box, a.data(), y.data(), true);
  print_hash("strided_copy", y);
  const ActivationParameters parameters{0.2f, 0.7f, 0.1f, 0.2f, 1.3f};
  for (std::int32_t i = 0; i < k.activation.function_count; ++i) {
    const Activation& activation = k.activation.functions[i];
    activation.forward(a.data(), kCount, parameters, y.data());
    print_hash(activation.name, y);
    const Row saved = y;
    activation.backward(saved.data(), dy.data(), kCount, parameters, y.data());
    print_hash(std::string(activation.name) + " backward", y);
  }
  k.activation.softmax(a.data(), 7, 11, y.data());
  print_hash("softmax", y);
  const Row probabilities = y;
  k.activation.softmax_backward(probabilities.data(), dy.data(), 7, 11, y.data());
  print_hash("softmax_backward", y);
  k.activation.log_softmax(a.data(), 7, 11, y.data());
  print_hash("log_softmax", y);
  const Row logs = y;
  k.activation.log_softmax_backward(logs.data(), dy.data(), 7, 11, y.data());
  print_hash("log_softmax_backward", y);
  for (std::int32_t i = 0; i < k.loss.function_count; ++i) {
    Row dx(11);
    const Target label{3, nullptr, 1.0f, 0.0f, 2.0f, 2.0f, 0.25f, 0.75f};
    const Target smoothed{0, probabilities.data(), 0.9f, 0.01f, 2.0f, 2.0f, 0.25f, 0.75f};
    const std::string name = k.loss.functions[i].name;
    // Only the losses of one class per prediction take labels.
    const bool takes_labels = name.find("cross_entropy") == 0;
    for (const Target& target : {label, smoothed}) {
      if (target.values == nullptr && !takes_labels) continue;
      const float loss =
          k.loss.functions[i].compute(probabilities.data() + 11, 11, target, 0.5f, dx.data());
      print_hash(name + " loss", {loss});
      print_hash(name + " gradient", dx);
    }
  }
}

void optimizers() {
  constexpr std::int64_t kCount = 77;
  const Row g = values(kCount, 1);
  const std::vector<Row> lanes{values(kCount, 2), values(kCount, 3), values(kCount, 4)};
  const float* pointers[] = {lanes[0].data(), lanes[1].data(), lanes[2].data()};
  Row w = values(kCount, 5), m = values(kCount, 6), v = positive(kCount, 7),
      v_max = positive(kCount, 8), y(kCount);
  k.optimizer.sum_lanes(pointers, 3, kCount, y.data());
  print_hash("sum_lanes", y);
  k.optimizer.sgd(w.data(), g.data(), m.data(), kCount, 0.01f, 0.9f, true);
  print_hash("sgd", w);
  k.optimizer.adam(w.data(), g.data(), m.data(), v.data(), v_max.data(), kCount, 0.01f, 0.1f,
                   0.001f, 1e-7f);
  print_hash("adam", w);
  k.optimizer.rmsprop(w.data(), g.data(), v.data(), m.data(), nullptr, kCount, 0.01f, 0.9f, 0.1f,
                      0.5f, 1e-7f);
  print_hash("rmsprop", w);
  k.optimizer.adagrad(w.data(), g.data(), v.data(), kCount, 0.01f, 1e-7f);
  print_hash("adagrad", w);
  print_hash("sum_of_squares", {k.optimizer.sum_of_squares(g.data(), kCount)});
  k.optimizer.clip(w.data(), kCount, 0.4f);
  print_hash("clip", w);
  k.optimizer.weight_decay(w.data(), kCount, 0.1f, 0.01f);
  print_hash("weight_decay", w);
  k.optimizer.moving_average(w.data(), m.data(), kCount, 0.99f);
  print_hash("moving_average", m);
}

}  // namespace

int main() {
  matrix_products();
  winograd();
  convolution_max_pool();
  depthwise();
  pooling();
  sparse_gradients();
  normalization();
  elementwise();
  optimizers();
}
