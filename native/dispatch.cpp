// Which kernels run: the best that this CPU has, or the ones that SCALLION_ISA names.
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/table.hpp"

namespace scallion {

#if defined(__x86_64__)
extern const Kernels kernels_baseline, kernels_avx2, kernels_avx512;
#elif defined(__aarch64__)
extern const Kernels kernels_neon;
#else
extern const Kernels kernels_baseline;
#endif

namespace {

struct Choice {
  const Kernels* table;
  bool runs_here;
};

// The last that runs here is the best.
std::vector<Choice> choices() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq");
  return {{&kernels_baseline, true}, {&kernels_avx2, avx2}, {&kernels_avx512, avx512}};
#elif defined(__aarch64__)
  return {{&kernels_neon, true}};
#else
  return {{&kernels_baseline, true}};
#endif
}

const Kernels& choose() {
  const char* asked = std::getenv("SCALLION_ISA");
  const Kernels* best = nullptr;
  std::string known;
  for (const Choice& choice : choices()) {
    if (!choice.runs_here) continue;
    known += std::string(known.empty() ? "" : ", ") + choice.table->name;
    best = choice.table;
    if (asked && asked == std::string(choice.table->name)) return *choice.table;
  }
  if (asked && *asked) {
    throw std::invalid_argument("SCALLION_ISA names no instruction set of this CPU. Received: '" +
                                std::string(asked) + "'\nhint: known here: " + known);
  }
  return *best;
}

}  // namespace

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace scallion
