// Threads that wait for steps. They survive `fork`: a child starts its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace scallion {

// Where all threads of a step meet before any goes on.
class Meeting {
 public:
  explicit Meeting(int threads) : threads_(threads) {}
  void wait();

 private:
  const int threads_;
  std::atomic<int> arrived_{0};
  std::atomic<std::uint32_t> round_{0};
};

// Runs body(0) here and body(1) .. body(threads - 1) on threads of the pool, and returns when all
// are done. Denormal numbers count as zero in all of them while they run. One caller at a time: a
// second one waits for its turn. Throws std::system_error where a thread cannot be started.
void run_on_threads(int threads, const std::function<void(int)>& body);

}  // namespace scallion
