// Loads and runs damaged programs: whatever the bytes are, the C API returns a status and touches
// no memory but its own. Built with sanitizers, which end the process where it does.
//
//   fuzz SEED ROUNDS PROGRAM...
//
// Each round changes a few bytes of one of the programs, which tests/native/programs.py writes. The
// same seed makes the same changes. A summary of the statuses goes to standard output.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "scallion.h"

namespace {

using Bytes = std::vector<char>;
using Random = std::mt19937_64;

constexpr scallion_status kSkipped = -1;  // its arrays would take too much memory here

int below(Random& random, std::int64_t limit) {
  return static_cast<int>(random() % static_cast<std::uint64_t>(std::max<std::int64_t>(limit, 1)));
}

Bytes read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "fuzz: %s cannot be read\n", path);
    std::exit(2);
  }
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

// Change a few places, most of them in the plan: it is small beside the arrays.
void damage(Random& random, Bytes& bytes) {
  std::uint64_t plan_bytes = 0;
  std::memcpy(&plan_bytes, bytes.data() + 16, sizeof plan_bytes);
  const auto plan = static_cast<std::int64_t>(plan_bytes) + 32;
  constexpr std::uint32_t kNumbers[] = {
      0, 1, 2, 3, 7, 15, 16, 17, 64, 255, 4096, 1u << 20, 1u << 31, 0x7fffffff, 0xffffffff};
  for (int left = 1 + below(random, 4); left > 0; --left) {
    const bool anywhere = below(random, 20) == 0;
    const auto size = static_cast<std::int64_t>(bytes.size());
    if (size == 0) return;
    const int at = below(random, anywhere ? size : std::min(plan, size));
    switch (below(random, 6)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8)));
        break;
      case 2:
        bytes[at] = static_cast<char>(bytes[at] + (below(random, 2) == 0 ? 1 : -1));
        break;
      case 3:
        if (at + 4 <= size) {
          std::memcpy(&bytes[at], &kNumbers[below(random, std::size(kNumbers))], 4);
        }
        break;
      case 4: {  // exchange two numbers
        const int other = below(random, std::min(plan, size));
        if (std::max(at, other) + 4 <= size) {
          char kept[4];
          std::memcpy(kept, &bytes[at], 4);
          std::memmove(&bytes[at], &bytes[other], 4);
          std::memcpy(&bytes[other], kept, 4);
        }
        break;
      }
      default:
        if (below(random, 20) == 0) bytes.resize(static_cast<std::size_t>(at));
        break;
    }
  }
}

// The size that a function returns for an index.
template <class Function>
std::int64_t size_of(Function function, const scallion_program* program, int index) {
  std::int64_t size = -1;
  if (function(program, index, &size) != SCALLION_OK) std::abort();
  return size;
}

// Arrays on the heap of exactly the size that the program states, so that every read and write
// beyond one is found.
scallion_status run(Random& random, scallion_program* program) {
  scallion_program_info info;
  if (scallion_program_describe(program, &info) != SCALLION_OK) std::abort();
  constexpr std::int64_t kMost = 1 << 22;
  const std::int64_t images = below(random, std::min(info.batch, 40) + 1);
  std::vector<std::int64_t> indices;
  const std::int64_t total_images = images + 3;
  for (std::int64_t i = 0; i < images; ++i) indices.push_back(below(random, total_images));
  std::vector<std::vector<double>> memory;
  const auto make = [&](std::int64_t bytes) {
    auto& made =
        memory.emplace_back(static_cast<std::size_t>(std::max<std::int64_t>(bytes, 0) + 7) / 8);
    return made.data();
  };
  std::vector<scallion_rows> inputs, targets;
  std::vector<scallion_floats> outputs, weights;
  std::int64_t total = 0;
  for (int i = 0; i < info.input_count; ++i) {
    const std::int64_t size = size_of(scallion_program_input_size, program, i);
    if ((total += size * total_images) > kMost) return kSkipped;
    constexpr std::int32_t kBytes[] = {4, 8, 1, 1, 2, 4, 8, 1, 2, 4, 8};
    const int type = below(random, 2) == 0 ? SCALLION_FLOAT32 : below(random, std::size(kBytes));
    const std::int64_t row = size * kBytes[type];
    inputs.push_back({make(row * total_images), total_images, size, row, type});
  }
  for (int i = 0; i < info.output_count; ++i) {
    const std::int64_t size = size_of(scallion_program_output_size, program, i);
    if ((total += size * images) > kMost) return kSkipped;
    outputs.push_back({reinterpret_cast<float*>(make(size * images * 4)), size * images});
    if (i >= info.loss_count) continue;
    const std::int64_t classes = size_of(scallion_program_label_classes, program, i);
    const std::int64_t row = classes > 0 ? size / classes : size;
    void* data = make(row * images * (classes > 0 ? 8 : 4));
    if (classes > 0) {
      auto* labels = static_cast<std::int64_t*>(data);
      for (std::int64_t k = 0; k < row * images; ++k) labels[k] = below(random, classes);
    }
    targets.push_back({data, images, row, row * (classes > 0 ? 8 : 4),
                       classes > 0 ? SCALLION_INT64 : SCALLION_FLOAT32});
    weights.push_back({nullptr, 0});
  }
  std::vector<double> losses(static_cast<std::size_t>(info.loss_count));
  const float scalars[] = {0.01f, 0.01f, 0.9f, 1.0f};
  scallion_step step{};
  step.inputs = inputs.data();
  step.input_count = info.input_count;
  step.indices = indices.data();
  step.images = images;
  step.targets = targets.data();
  step.target_count = info.loss_count;
  step.sample_weights = weights.data();
  step.outputs = outputs.data();
  step.output_count = info.output_count;
  step.scalars = scalars;
  step.scalar_count = 4;
  step.seed = random();
  step.threads = 1 + below(random, 3);
  step.losses = losses.data();
  return scallion_program_run(program, &step);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "fuzz SEED ROUNDS PROGRAM...\n");
    return 2;
  }
  std::vector<Bytes> programs;
  for (int i = 3; i < argc; ++i) programs.push_back(read_file(argv[i]));
  const std::uint64_t seed = std::strtoull(argv[1], nullptr, 10);
  const int rounds = std::atoi(argv[2]);
  const char* last_path = std::getenv("FUZZ_LAST");
  std::map<std::string, int> counts;
  for (int round = 0; round < rounds; ++round) {
    Random random(seed * 1000003 + static_cast<std::uint64_t>(round));
    Bytes bytes = programs[static_cast<std::size_t>(below(random, std::ssize(programs)))];
    // Now and then as it is: it must run.
    const bool whole = below(random, 50) == 0;
    if (!whole) damage(random, bytes);
    if (last_path)
      std::ofstream(last_path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
    scallion_program* program = nullptr;
    scallion_status status =
        scallion_program_load(bytes.data(), bytes.size(), 1 + below(random, 2), &program);
    if (status != SCALLION_OK) {
      if (whole || program || !*scallion_last_error()) {
        std::fprintf(stderr, "fuzz: round %d: load: status %d: %s\n", round, status,
                     scallion_last_error());
        return 1;
      }
      ++counts["refused with status " + std::to_string(status)];
      continue;
    }
    status = run(random, program);
    if (status == SCALLION_OK) status = run(random, program);
    if (whole && status != SCALLION_OK && status != kSkipped) {
      std::fprintf(stderr, "fuzz: round %d: run: status %d: %s\n", round, status,
                   scallion_last_error());
      return 1;
    }
    ++counts["run with status " + std::to_string(status)];
    scallion_program_destroy(program);
  }
  for (const auto& [what, count] : counts) std::printf("%7d %s\n", count, what.c_str());
  return 0;
}
