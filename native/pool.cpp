// A pool of threads that wait for work, first spinning, then asleep.
#include "pool.hpp"

#include <unistd.h>

#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scallion {
namespace {

// The barriers of a step are microseconds apart, and steps tens of microseconds: threads that wait
// longer than this sleep.
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

// Flushes denormal numbers to zero while it exists, then restores the thread's mode: arithmetic on
// them is many times slower, and an optimizer's state decays into them.
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
  Status run(int threads, const std::function<void(int)>& body) {
    const std::lock_guard lock(one_caller_);
    while (static_cast<int>(workers_.size()) < threads - 1) {
      if (!start_worker()) {
        return {SCALLION_NO_THREAD, "the system starts no further thread. Received: " +
                                        std::to_string(threads) + " threads\nhint: fewer threads"};
      }
    }
    body_ = &body;
    threads_ = threads;
    // Every worker answers every call, even those that have nothing to do in it: one counter
    // is enough.
    busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    work_.fetch_add(1, std::memory_order_release);
    work_.notify_all();
    {
      const FlushDenormals flush;
      body(0);
    }
    while (busy_.load(std::memory_order_acquire) != 0) pause();
    return {};
  }

 private:
  bool start_worker() {
    const int number = static_cast<int>(workers_.size()) + 1;
    const std::uint32_t seen = work_.load();
#if defined(__cpp_exceptions)
    try {
      workers_.emplace_back([this, number, seen] { serve(number, seen); });
    } catch (const std::system_error&) {
      return false;
    } catch (const std::bad_alloc&) {
      return false;
    }
#else
    workers_.emplace_back([this, number, seen] { serve(number, seen); });
#endif
    return true;
  }

  void serve(int number, std::uint32_t seen) {
    const FlushDenormals flush;
    for (;;) {
      wait_while(work_, seen);
      seen = work_.load(std::memory_order_acquire);
      if (number < threads_) (*body_)(number);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::mutex one_caller_;
  std::vector<std::thread> workers_;
  const std::function<void(int)>* body_ = nullptr;
  int threads_ = 0;
  std::atomic<std::uint32_t> work_{0};
  std::atomic<int> busy_{0};
};

std::mutex creating;
Pool* pool = nullptr;
pid_t owner = 0;

Pool& get_pool() {
  const std::lock_guard lock(creating);
  if (pool == nullptr || owner != getpid()) {
    // The pool lives as long as the process. After a fork the parent's threads do not exist here,
    // so its pool is neither used nor destroyed.
    pool = new Pool;
    owner = getpid();
  }
  return *pool;
}

}  // namespace

void Barrier::wait() {
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

Status run_on_threads(int threads, const std::function<void(int)>& body) {
  if (threads == 1) {
    const FlushDenormals flush;
    body(0);
    return {};
  }
  return get_pool().run(threads, body);
}

}  // namespace scallion
