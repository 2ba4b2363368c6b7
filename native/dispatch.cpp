// Chooses the kernels: the best that this CPU runs, or those that SCALLION_ISA names.
#include "dispatch.hpp"

#include <cstdlib>
#include <string>
#include <vector>

namespace scallion {

// Each instruction set's own table, in its own namespace: see kernels/kernels.cpp.
#if defined(__x86_64__)
namespace baseline {
extern const Kernels kernels;
}
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#elif defined(__aarch64__)
namespace neon {
extern const Kernels kernels;
}
#else
namespace baseline {
extern const Kernels kernels;
}
#endif

namespace {

struct Candidate {
  const Kernels* table;
  bool runs_here;
};

// From the most general to the best.
std::vector<Candidate> candidates() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq");
  return {{&baseline::kernels, true}, {&avx2::kernels, avx2}, {&avx512::kernels, avx512}};
#elif defined(__aarch64__)
  return {{&neon::kernels, true}};
#else
  return {{&baseline::kernels, true}};
#endif
}

struct Choice {
  const Kernels* table;
  Status status;
};

Choice choose() {
  const char* wanted = std::getenv("SCALLION_ISA");
  const Kernels* best = nullptr;
  std::string known;
  for (const Candidate& candidate : candidates()) {
    if (!candidate.runs_here) continue;
    known += std::string(known.empty() ? "" : ", ") + candidate.table->name;
    best = candidate.table;
    if (wanted && wanted == std::string(candidate.table->name)) return {candidate.table, {}};
  }
  if (!wanted || !*wanted) return {best, {}};
  return {best,
          {SCALLION_UNKNOWN_INSTRUCTION_SET,
           "SCALLION_ISA names no instruction set of this CPU. Received: '" + std::string(wanted) +
               "'\nhint: known here: " + known}};
}

const Choice& choice() {
  static const Choice chosen = choose();
  return chosen;
}

}  // namespace

const Status& kernels_status() { return choice().status; }

const Kernels& kernels() {
  static const Kernels& chosen = *choice().table;
  return chosen;
}

}  // namespace scallion
