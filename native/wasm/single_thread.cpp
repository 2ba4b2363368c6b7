// The threads of the build for WebAssembly: there is one. Replaces pool.cpp there.
#include <string>

#include "pool.hpp"

namespace scallion {

void Barrier::wait() {}

Status run_on_threads(int threads, const std::function<void(int)>& body) {
  if (threads != 1) {
    return {SCALLION_NO_THREAD, "this build has one thread. Received: " + std::to_string(threads) +
                                    " threads\nhint: threads=1"};
  }
  body(0);
  return {};
}

}  // namespace scallion

// Destructors of thread-local objects: the only thread lives as long as the page.
extern "C" int __cxa_thread_atexit(void (*)(void*), void*, void*) { return 0; }
