// Chooses the kernels: the best that this CPU runs, or those that SCALLION_ISA names.
#include "dispatch.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include "cpu_features.hpp"

namespace scallion {

// Each instruction set's own table, in its own namespace: see kernels/kernels.cpp. The build says
// which were compiled.
#if defined(SCALLION_WITH_BASELINE)
namespace baseline {
extern const Kernels kernels;
}
#endif
#if defined(SCALLION_WITH_AVX2)
namespace avx2 {
extern const Kernels kernels;
}
#endif
#if defined(SCALLION_WITH_AVX512)
namespace avx512 {
extern const Kernels kernels;
}
#endif
#if defined(SCALLION_WITH_NEON)
namespace neon {
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
  std::vector<Candidate> found;
#if defined(SCALLION_WITH_BASELINE)
  found.push_back({&baseline::kernels, true});
#endif
#if defined(SCALLION_WITH_NEON)
  found.push_back({&neon::kernels, true});
#endif
#if defined(__x86_64__)
  [[maybe_unused]] const CpuFeatures cpu = cpu_features();
#if defined(SCALLION_WITH_AVX2)
  found.push_back({&avx2::kernels, cpu.avx2});
#endif
#if defined(SCALLION_WITH_AVX512)
  found.push_back({&avx512::kernels, cpu.avx512});
#endif
#endif
  return found;
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
  if (best == nullptr) {
    return {candidates()[0].table,
            {SCALLION_UNKNOWN_INSTRUCTION_SET, "the engine has no kernels for this CPU"}};
  }
  if (!wanted || !*wanted) return {best, {}};
  return {best,
          {SCALLION_UNKNOWN_INSTRUCTION_SET,
           "SCALLION_ISA names no instruction set of this CPU. Received: '" + std::string(wanted) +
               "'\nhint: export SCALLION_ISA=" + best->name + " (this CPU has " + known + ")"}};
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
