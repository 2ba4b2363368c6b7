// The threads that run steps. They survive `fork`: a child process starts its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "status.hpp"

namespace scallion {

// A barrier: no thread passes `wait` until all threads of a step have reached it.
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}
  void wait();

 private:
  const int threads_;
  std::atomic<int> arrived_{0};
  std::atomic<std::uint32_t> round_{0};
};

// Run body(0) on this thread and body(1) .. body(threads - 1) on threads of the pool, and return
// when all are done. While they run, denormal numbers count as zero in all of them. One caller at a
// time: a second one waits. Fails before anything has run where a thread cannot be started.
Status run_on_threads(int threads, const std::function<void(int)>& body);

}  // namespace scallion
