#include "pool.hpp"

#include <unistd.h>

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scallion {
namespace {

// A step's meetings are microseconds apart and steps tens of microseconds: longer waits sleep.
constexpr int kSpins = 4000;

inline void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  while (value.load(std::memory_order_acquire) == old) value.wait(old, std::memory_order_acquire);
}

// Flushes denormals to zero, and puts the thread's state back.
class FlushDenormals {
 public:
  FlushDenormals() {
#if defined(__x86_64__)
    saved_ = _mm_getcsr();
    _mm_setcsr(static_cast<unsigned>(saved_) | 0x8040u);  // FTZ and DAZ
#elif defined(__aarch64__)
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" ::"r"(saved_ | (std::uint64_t{1} << 24)));  // FZ
#endif
  }
  ~FlushDenormals() {
#if defined(__x86_64__)
    _mm_setcsr(static_cast<unsigned>(saved_));
#elif defined(__aarch64__)
    asm volatile("msr fpcr, %0" ::"r"(saved_));
#endif
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  std::uint64_t saved_ = 0;
};

class Pool {
 public:
  void run(int threads, const std::function<void(int)>& body) {
    const std::lock_guard turn(turn_);
    while (static_cast<int>(workers_.size()) < threads - 1) {
      const int number = static_cast<int>(workers_.size()) + 1;
      const std::uint32_t seen = work_.load();
      workers_.emplace_back([this, number, seen] { serve(number, seen); });
    }
    body_ = &body;
    threads_ = threads;
    // Every worker answers every call, also those that have nothing to do in it: one counter.
    busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    work_.fetch_add(1, std::memory_order_release);
    work_.notify_all();
    {
      const FlushDenormals flush;
      body(0);
    }
    while (busy_.load(std::memory_order_acquire) != 0) pause();
  }

  ~Pool() {
    stop_.store(true);
    work_.fetch_add(1, std::memory_order_release);
    work_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

 private:
  void serve(int number, std::uint32_t seen) {
    const FlushDenormals flush;
    for (;;) {
      wait_while(work_, seen);
      seen = work_.load(std::memory_order_acquire);
      if (stop_.load()) return;
      if (number < threads_) (*body_)(number);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::mutex turn_;
  std::vector<std::thread> workers_;
  const std::function<void(int)>* body_ = nullptr;
  int threads_ = 0;
  std::atomic<std::uint32_t> work_{0};
  std::atomic<int> busy_{0};
  std::atomic<bool> stop_{false};
};

std::mutex creating;
Pool* pool = nullptr;
pid_t owner = 0;

Pool& get_pool() {
  const std::lock_guard lock(creating);
  if (pool == nullptr || owner != getpid()) {
    // After a fork the parent's threads do not exist here; its pool is left alone, not destroyed.
    pool = new Pool;
    owner = getpid();
  }
  return *pool;
}

}  // namespace

void Meeting::wait() {
  if (threads_ == 1) return;
  const std::uint32_t round = round_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  } else {
    wait_while(round_, round);
  }
}

void run_on_threads(int threads, const std::function<void(int)>& body) {
  if (threads == 1) {
    const FlushDenormals flush;
    body(0);
    return;
  }
  get_pool().run(threads, body);
}

}  // namespace scallion
