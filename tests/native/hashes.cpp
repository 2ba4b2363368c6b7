// What every kernel of one instruction set computes from fixed inputs of odd sizes, as a hash a
// line. Where additions have one order and multiply-adds are fused, all sets print the same lines.
// tests/native/run.sh compiles this with the kernels of a set, and runs it, here or in an emulator.
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

// Numbers in [-1, 1) that depend on nothing but the seed; a few are zero, as behind a relu.
Row numbers(std::size_t count, std::uint32_t seed) {
  Row row(count);
  std::uint32_t state = seed * 2654435761u + 1;
  for (auto& number : row) {
    state = state * 1664525u + 1013904223u;
    number = (state >> 28) == 0 ? 0.0f : static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
  }
  return row;
}

Row positive(std::size_t count, std::uint32_t seed) {
  Row row = numbers(count, seed);
  for (auto& number : row) number = number * 0.49f + 0.5f;
  return row;
}

void say(const std::string& name, const Row& row) {
  std::uint64_t hash = 1469598103934665603u;
  for (const float number : row) {
    std::uint32_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    hash = (hash ^ bits) * 1099511628211u;
  }
  std::printf("%s %016llx\n", name.c_str(), static_cast<unsigned long long>(hash));
}

// Something to ask for: that a kernel does so changes nothing that it computes.
Ahead& asking() {
  static const Row first(100), second(3000);
  static Ahead ahead;
  ahead = {{first.data(), second.data()}, {100, 3000}, 2, 0, 3100, 7};
  return ahead;
}

// Panels as operations/pack.cpp lays them out.
Row packed(const Row& weights, int rows, int columns) {
  const int all = padded(columns, k.width);
  Row out(static_cast<std::size_t>(rows) * static_cast<std::size_t>(all) + 32);
  auto* to = out.data();
  for (int column = 0; column < all;) {
    const int panel = all - column >= 2 * k.width ? 2 * k.width : all - column;
    for (int row = 0; row < rows; ++row, to += panel) {
      for (int i = 0; i < panel && column + i < columns; ++i) {
        to[i] = weights[static_cast<std::size_t>(row * columns + column + i)];
      }
    }
    column += panel;
  }
  return out;
}

// A 3x3 convolution of a 9 x 9 image, its inside only.
struct Inside {
  static constexpr int kSide = 9, kOut = 7;
  std::vector<Run> runs;
  std::vector<std::int32_t> x, y;

  Inside(int channels, int filters, bool by_tap) {
    for (int row = 0; row < 3; ++row) {
      for (int tap = 0; tap < (by_tap ? 3 : 1); ++tap) {
        const int length = by_tap ? 1 : 3 * channels;
        runs.push_back(
            {(row * kSide + tap) * channels, by_tap ? 3 * row + tap : row * length, length});
      }
    }
    for (int row = 0; row < kOut; ++row) {
      for (int column = 0; column < kOut; ++column) {
        x.push_back((row * kSide + column) * channels);
        y.push_back((row * kOut + column) * filters);
      }
    }
  }

  Pixels pixels(int count) const {
    return {runs.data(), static_cast<std::int32_t>(runs.size()), x.data(), y.data(), count};
  }
};

void products() {
  for (const int channels : {1, 3, 32, 33}) {
    const auto c = static_cast<std::size_t>(channels);
    for (const int filters : {1, 2, 7, 10, 16, 18, 32, 50, 61}) {
      const auto f = static_cast<std::size_t>(filters);
      const std::string size = std::to_string(channels) + "x" + std::to_string(filters);
      const Inside inside(channels, filters, false);
      const Row x = numbers(81 * c, 1), w = numbers(9 * c * f, 2), bias = numbers(f, 3);
      const Row panels = packed(w, 9 * channels, filters);
      for (const Store store : {Store::kSet, Store::kRelu, Store::kAdd}) {
        for (const int count : {49, 5}) {
          Row y = numbers(49 * f, 4);
          k.gemm.multiply(inside.pixels(count), x.data(), {panels.data(), 9 * channels, filters},
                          store == Store::kAdd ? nullptr : bias.data(), y.data(), store, asking());
          say("multiply " + size + " " + std::to_string(static_cast<int>(store)), y);
        }
      }
      const Row dy = numbers(2 * 49 * f, 5), images = numbers(2 * 81 * c, 6);
      Row dw = numbers(9 * c * f, 7);
      for (const bool add : {true, false}) {
        for (int row = 0; row < 3; ++row) {
          const Rectangle r{row * 9 * channels, 0,           7,           7,
                            9 * channels,       channels,    7 * filters, filters,
                            row * 3 * channels, 3 * channels};
          k.gemm_transposed.multiply_transposed(r, images.data(), 81 * channels, dy.data(),
                                                49 * filters, 2, filters, filters, dw.data(), add,
                                                asking());
        }
        say("multiply_transposed " + size, dw);
      }
      Row db = numbers(f, 8);
      k.gemm_transposed.sum_rows(dy.data(), 98, filters, db.data(), true);
      say("sum_rows " + std::to_string(filters), db);
    }
  }
}

// A 3x3 convolution of a 9 x 9 image that keeps its size, by frequencies, there and back.
void frequencies() {
  constexpr int kSide = 9, kTiles = 9, kAll = 36;
  for (const auto& [channels, filters] : {std::pair{3, 50}, {13, 8}, {32, 20}, {50, 33}}) {
    const auto c = static_cast<std::size_t>(channels), f = static_cast<std::size_t>(filters);
    const std::string size = std::to_string(channels) + " to " + std::to_string(filters);
    const Row x = numbers(81 * c, 1), w = numbers(9 * c * f, 2), bias = numbers(f, 3),
              dy = numbers(81 * f, 4);
    std::vector<Patch> inputs, outputs;
    for (int row = 0; row < kSide; row += 4) {
      for (int column = 0; column < kSide; column += 4) {
        inputs.push_back({((row - 1) * kSide + column - 1) * channels, row == 0 ? 1 : 0,
                          std::min(6, 10 - row), column == 0 ? 1 : 0, std::min(6, 10 - column)});
        outputs.push_back({(row * kSide + column) * filters, 0, std::min(4, 9 - row), 0,
                           std::min(4, 9 - column)});
      }
    }
    const auto room = [&](int rows, std::size_t floats) {
      return Row(kAll * static_cast<std::size_t>(rows) * ((floats + 15) / 16 * 16) + 16);
    };
    const auto cut = [&](Row& row, int rows, std::size_t floats) {
      const auto whole = static_cast<std::ptrdiff_t>((floats + 15) / 16 * 16);
      return Frequencies{row.data(), rows * whole, whole};
    };
    Row v = room(kTiles, c), m = room(kTiles, f), d = room(kTiles, f), u = room(channels, f);
    const auto step = static_cast<std::ptrdiff_t>(c * ((f + 15) / 16 * 16));
    const auto n = static_cast<std::ptrdiff_t>(f);
    k.winograd.spread_weights({w.data(), static_cast<std::ptrdiff_t>(c) * n, n, 1, bias.data()}, 0,
                              channels, {nullptr, channels, filters}, u.data(), step);
    k.winograd.spread_tiles(inputs.data(), kTiles, x.data(), kSide * channels, channels,
                            cut(v, kTiles, c));
    k.winograd.multiply_frequencies(cut(v, kTiles, c), kTiles, {u.data(), channels, filters}, step,
                                    cut(m, kTiles, f));
    for (const Store store : {Store::kSet, Store::kRelu, Store::kAdd}) {
      Row y = numbers(81 * f, 5);
      k.winograd.gather_tiles(outputs.data(), kTiles, cut(m, kTiles, f), bias.data(), y.data(),
                              kSide * filters, filters, store);
      say("frequencies " + size, y);
    }
    k.winograd.spread_slope_tiles(outputs.data(), kTiles, dy.data(), kSide * filters, filters,
                                  cut(d, kTiles, f));
    Row sums = room(channels, f), dw = numbers(9 * c * f, 6);
    const Frequencies total = cut(sums, channels, f);
    const auto x_step = cut(v, kTiles, c).row, d_step = cut(d, kTiles, f).row;
    const Rectangle r{0, 0,
                      1, kTiles,
                      0, static_cast<std::int32_t>(x_step),
                      0, static_cast<std::int32_t>(d_step),
                      0, channels};
    for (int i = 0; i < kAll; ++i) {
      k.gemm_transposed.multiply_transposed(
          r, v.data() + i * kTiles * x_step, 0, d.data() + i * kTiles * d_step, 0, 1, filters,
          static_cast<std::int32_t>(total.row), sums.data() + i * total.step, false, asking());
    }
    for (const bool add : {false, true}) {
      k.winograd.gather_weights(total, channels, filters, dw.data(),
                                static_cast<std::ptrdiff_t>(c) * n, add);
      say("frequencies of weights " + size, dw);
    }
  }
}

// A 3x3 convolution of two rows of windows and its pooling, the first at the upper edge.
void windows() {
  for (const int channels : {1, 2, 3, 15}) {
    const auto c = static_cast<std::size_t>(channels);
    for (const int filters : {1, 7, 16, 18, 50}) {
      const auto f = static_cast<std::size_t>(filters);
      const std::size_t room = 16 * c * ((f + 15) / 16 * 16);
      for (const int width : {4, 13, 80}) {
        const int count = width / 2;
        const Row x = numbers(4 * static_cast<std::size_t>(width) * c, 1), bias = numbers(f, 2);
        const Row weights = numbers(16 * c * f, 3);
        // Panels of one register: what lies in each does not depend on the instruction set.
        Row u(room);
        const int all = padded(filters, k.width);
        for (int column = 0; column < filters; ++column) {
          const int first = column / k.width * k.width, panel = std::min(k.width, all - first);
          for (int row = 0; row < 16 * channels; ++row) {
            u[static_cast<std::size_t>(first * 16 * channels + row * panel + column - first)] =
                weights[static_cast<std::size_t>(row * filters + column)];
          }
        }
        const int floats = width * channels;
        const auto at = [&](int row) { return x.data() + row * floats; };
        Row y(static_cast<std::size_t>(2 * count) * f);
        const Panels panels{u.data(), 16 * channels, filters};
        k.convolution_max_pool.convolve_and_pool({{nullptr, at(0), at(1), at(2)}, floats, channels},
                                                 count, channels, panels, bias.data(), y.data(),
                                                 true);
        k.convolution_max_pool.convolve_and_pool({{at(0), at(1), at(2), at(3)}, floats, 0},
                                                 count - 1, channels, panels, nullptr,
                                                 y.data() + count * filters, false);
        say("convolve_and_pool " + std::to_string(channels) + "x" + std::to_string(filters), y);
      }
    }
  }
}

void depthwise() {
  for (const int channels : {1, 3, 8, 13, 32, 50}) {
    const auto c = static_cast<std::size_t>(channels);
    const std::string size = std::to_string(channels);
    const Inside inside(channels, channels, true);
    const Row x = numbers(81 * c, 1), bias = numbers(c, 3), dy = numbers(49 * c, 4);
    const Row panels = packed(numbers(9 * c, 2), 9, channels);
    Row y(49 * c), dw = numbers(9 * c, 5);
    k.depthwise.depthwise(inside.pixels(49), x.data(), {panels.data(), 9, channels}, bias.data(),
                          y.data(), true, asking());
    say("depthwise " + size, y);
    k.depthwise.depthwise_transposed(inside.pixels(49), x.data(), dy.data(), channels, dw.data(),
                                     asking());
    say("depthwise_transposed " + size, dw);
  }
}

// A 3x3 convolution of a 9 x 9 image, its inside only, in front of a pooling: slopes as lists.
void lists() {
  for (const int channels : {1, 3, 32, 33, 70}) {
    const auto c = static_cast<std::size_t>(channels);
    for (const int filters : {1, 7, 16, 33}) {
      const auto f = static_cast<std::size_t>(filters);
      const std::string size = std::to_string(channels) + "x" + std::to_string(filters);
      const Inside inside(channels, filters, false);
      std::vector<Window> windows;
      std::vector<std::uint8_t> at_edge(49);
      for (int i = 0; i < 9; ++i) windows.push_back({(i / 3 * 14 + i % 3 * 2) * filters, 2, 2});
      for (std::size_t i = 0; i < 49; i += 5) at_edge[i] = 1;
      const Row x = numbers(49 * f, 1), dy = numbers(9 * f, 2), image = numbers(81 * c, 3);
      const Row w = numbers(9 * c * f, 4);
      Row y(9 * f);
      k.pooling.max_pool(windows.data(), 9, 7 * filters, filters, x.data(), y.data());
      for (const std::uint8_t* edges : {static_cast<const std::uint8_t*>(nullptr),
                                        static_cast<const std::uint8_t*>(at_edge.data())}) {
        std::vector<std::int32_t> inside_count(f), edge_count(f);
        std::vector<Slope> slopes(9 * f);
        Row sums(f), turned(9 * c * f), dw = numbers(9 * c * f, 5), dx = numbers(81 * c, 6);
        k.sparse_gradient.max_pool_slopes(
            windows.data(), 9, 7 * filters, filters, true, edges, x.data(), y.data(), dy.data(),
            {inside_count.data(), edge_count.data(), sums.data(), slopes.data()});
        for (std::size_t i = 0; i < f; ++i) {
          const auto gather = [&](const Slope* list, int count) {
            const auto runs = static_cast<std::int32_t>(inside.runs.size());
            k.sparse_gradient.gather_slopes(list, count, inside.x.data(), inside.runs.data(), runs,
                                            image.data(), turned.data() + 9 * c * i);
            k.sparse_gradient.scatter_slopes(list, count, inside.x.data(), inside.runs.data(), runs,
                                             w.data() + 9 * c * i, dx.data());
          };
          gather(slopes.data() + 9 * i, inside_count[i]);
          for (int e = 0; e < edge_count[i]; ++e) gather(slopes.data() + 9 * i + 8 - e, 1);
        }
        k.sparse_gradient.add_turned(turned.data(), 9 * channels, filters, dw.data(), true);
        say("sums of slopes " + size, sums);
        say("gather_slopes " + size, dw);
        say("scatter_slopes " + size, dx);
      }
    }
  }
}

void poolings() {
  for (const int channels : {1, 5, 16, 50}) {
    const auto c = static_cast<std::size_t>(channels);
    const std::string size = std::to_string(channels);
    std::vector<Window> windows;
    for (int row = 0; row < 4; ++row) {
      for (int column = 0; column < 4; ++column) {
        windows.push_back({(2 * row * 9 + 2 * column) * channels, 2, column < 3 ? 3 : 2});
      }
    }
    const Row x = numbers(81 * c, 1), dy = numbers(16 * c, 2);
    Row y(16 * c), dx(81 * c), one(c);
    k.pooling.max_pool(windows.data(), 16, 9 * channels, channels, x.data(), y.data());
    say("max_pool " + size, y);
    k.pooling.max_pool_backward(windows.data(), 16, 9 * channels, channels, true, true, x.data(),
                                y.data(), dy.data(), dx.data());
    say("max_pool_backward " + size, dx);
    k.pooling.average_pool(windows.data(), 16, 9 * channels, channels, x.data(), y.data());
    say("average_pool " + size, y);
    k.pooling.average_pool_backward(windows.data(), 16, 9 * channels, channels, true, dy.data(),
                                    dx.data());
    say("average_pool_backward " + size, dx);
    k.pooling.average_all(x.data(), 81, channels, one.data());
    say("average_all " + size, one);
    k.pooling.average_all_backward(dy.data(), 81, channels, dx.data());
    say("average_all_backward " + size, dx);
    k.pooling.max_all(x.data(), 81, channels, one.data());
    say("max_all " + size, one);
    k.pooling.max_all_backward(x.data(), one.data(), dy.data(), 81, channels, dx.data());
    say("max_all_backward " + size, dx);
  }
}

void normalizations() {
  for (const int channels : {1, 3, 16, 50, 64}) {
    const auto c = static_cast<std::size_t>(channels);
    const std::string size = std::to_string(channels);
    const Row x = numbers(49 * c, 1), dy = numbers(49 * c, 2), scale = numbers(c, 3),
              shift = numbers(c, 4), mean = numbers(c, 5), per_x = numbers(c, 6);
    Row first(c), second(c), y(49 * c);
    for (const bool relu : {true, false}) {
      const Affine affine{scale.data(), shift.data(), relu};
      k.normalization.moments(x.data(), 49, channels, first.data(), second.data());
      say("moments " + size, first);
      say("moments squares " + size, second);
      k.normalization.normalize(x.data(), 49, channels, affine, y.data());
      say("normalize " + size, y);
      k.normalization.slope_sums(x.data(), dy.data(), 49, channels, affine, mean.data(),
                                 first.data(), second.data());
      say("slope_sums " + size, first);
      say("slope_sums along " + size, second);
      k.normalization.normalize_backward(x.data(), dy.data(), 49, channels, affine, per_x.data(),
                                         shift.data(), y.data());
      say("normalize_backward " + size, y);
    }
  }
}

void elementwise() {
  constexpr std::int64_t kCount = 77;
  const Row a = numbers(kCount, 1), b = numbers(kCount, 2), dy = numbers(kCount, 3);
  Row y(kCount);
  const auto both = [&](const char* name, auto kernel) {
    kernel(a.data(), b.data(), kCount, y.data());
    say(name, y);
  };
  Row strange = a;
  for (const std::size_t at : {0u, 40u, 76u}) {
    strange = a;
    strange[at] =
        at == 40 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
    say("finite", {k.elementwise.finite(strange.data(), kCount) ? 1.0f : 0.0f});
  }
  say("finite", {k.elementwise.finite(a.data(), kCount) ? 1.0f : 0.0f});
  both("add", k.elementwise.add);
  both("add_relu", k.elementwise.add_relu);
  both("subtract", k.elementwise.subtract);
  both("multiply_each", k.elementwise.multiply_each);
  both("largest", k.elementwise.largest);
  both("smallest", k.elementwise.smallest);
  k.elementwise.choose(a.data(), b.data(), dy.data(), kCount, true, y.data());
  say("choose", y);
  k.elementwise.scale(a.data(), kCount, 0.3f, 0.1f, y.data());
  say("scale", y);
  k.random.drop(a.data(), kCount, Draw{0x123456789ABCDEFu, 5, 6, 7}, 1u << 31, 2.0f, y.data());
  say("drop", y);
  for (const std::int64_t count : {kCount, std::int64_t{5}}) {
    k.random.draw_normal(count, {7, 3, 2, 1}, 0.5f, 1.5f, y.data());
    say("draw_normal", y);
  }
  const Box box{{1, 3, 5, 2, 2}, {0, 20, 4, 2, 1}, {0, 4, 12, 1, 2}};
  k.elementwise.move(box, a.data(), y.data(), true);
  say("move", y);
  const Bend bend{0.2f, 0.7f, 0.1f, 0.2f, 1.3f};
  for (std::int32_t i = 0; i < k.activation.activation_count; ++i) {
    const Activation& activation = k.activation.activations[i];
    activation.forward(a.data(), kCount, bend, y.data());
    say(activation.name, y);
    const Row at = y;
    activation.backward(at.data(), dy.data(), kCount, bend, y.data());
    say(std::string(activation.name) + " backward", y);
  }
  k.activation.softmax(a.data(), 7, 11, y.data());
  say("softmax", y);
  const Row shares = y;
  k.activation.softmax_backward(shares.data(), dy.data(), 7, 11, y.data());
  say("softmax_backward", y);
  k.activation.log_softmax(a.data(), 7, 11, y.data());
  say("log_softmax", y);
  const Row logs = y;
  k.activation.log_softmax_backward(logs.data(), dy.data(), 7, 11, y.data());
  say("log_softmax_backward", y);
  for (std::int32_t i = 0; i < k.loss.loss_count; ++i) {
    Row slope(11);
    const Truth truth{3, nullptr, 1.0f, 0.0f, 2.0f, 2.0f, 0.25f, 0.75f};
    const Truth spread{0, shares.data(), 0.9f, 0.01f, 2.0f, 2.0f, 0.25f, 0.75f};
    const std::string name = k.loss.losses[i].name;
    // Only what is about classes knows a label; all others are told a share of each.
    const bool knows_labels = name.find("cross_entropy") == 0;
    for (const Truth& asked : {truth, spread}) {
      if (asked.shares == nullptr && !knows_labels) continue;
      const float loss = k.loss.losses[i].of(shares.data() + 11, 11, asked, 0.5f, slope.data());
      say(std::string(k.loss.losses[i].name) + " loss", {loss});
      say(std::string(k.loss.losses[i].name) + " slope", slope);
    }
  }
}

void updates() {
  constexpr std::int64_t kCount = 77;
  const Row g = numbers(kCount, 1);
  const std::vector<Row> lanes{numbers(kCount, 2), numbers(kCount, 3), numbers(kCount, 4)};
  const float* pointers[] = {lanes[0].data(), lanes[1].data(), lanes[2].data()};
  Row w = numbers(kCount, 5), m = numbers(kCount, 6), v = positive(kCount, 7),
      more = positive(kCount, 8), y(kCount);
  k.optimizer.add_lanes(pointers, 3, kCount, y.data());
  say("add_lanes", y);
  k.optimizer.sgd(w.data(), g.data(), m.data(), kCount, 0.01f, 0.9f, true);
  say("sgd", w);
  k.optimizer.adam(w.data(), g.data(), m.data(), v.data(), more.data(), kCount, 0.01f, 0.1f, 0.001f,
                   1e-7f);
  say("adam", w);
  k.optimizer.rmsprop(w.data(), g.data(), v.data(), m.data(), nullptr, kCount, 0.01f, 0.9f, 0.1f,
                      0.5f, 1e-7f);
  say("rmsprop", w);
  k.optimizer.adagrad(w.data(), g.data(), v.data(), kCount, 0.01f, 1e-7f);
  say("adagrad", w);
  say("sum_of_squares", {k.optimizer.sum_of_squares(g.data(), kCount)});
  k.optimizer.clip(w.data(), kCount, 0.4f);
  say("clip", w);
  k.optimizer.decay(w.data(), kCount, 0.1f, 0.01f);
  say("decay", w);
  k.optimizer.average(w.data(), m.data(), kCount, 0.99f);
  say("average", m);
}

}  // namespace

int main() {
  products();
  frequencies();
  windows();
  depthwise();
  poolings();
  lists();
  normalizations();
  elementwise();
  updates();
}
