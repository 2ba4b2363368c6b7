// Philox-4x32-10 (Salmon et al. 2011), a counter-based random number generator: random words are a
// function of where they are used, so that any order of execution gives the same.
#pragma once

#include <array>
#include <cstdint>

namespace scallion {

// The key and counter that all words of one image and operation share; see
// scallion/engine/random.py.
struct RandomStream {
  std::uint64_t seed;
  std::uint32_t image;      // position in the batch
  std::uint32_t operation;  // position of the layer in the graph
  std::uint32_t step;       // updates done before
};

// The four words of a block.
static inline std::array<std::uint32_t, 4> philox(const RandomStream& stream, std::uint32_t block) {
  std::uint32_t a = block, b = stream.image, c = stream.operation, d = stream.step;
  auto low = static_cast<std::uint32_t>(stream.seed),
       high = static_cast<std::uint32_t>(stream.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * a;
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * c;
    a = static_cast<std::uint32_t>(second >> 32) ^ b ^ low;
    b = static_cast<std::uint32_t>(second);
    c = static_cast<std::uint32_t>(first >> 32) ^ d ^ high;
    d = static_cast<std::uint32_t>(first);
    low += 0x9E3779B9;
    high += 0xBB67AE85;
  }
  return {a, b, c, d};
}

}  // namespace scallion
