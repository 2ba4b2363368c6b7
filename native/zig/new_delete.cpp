// operator new and delete, visible inside of the library alone.
//
// zig's linker for macOS has no list of exported symbols, and the C++ library that it links exports
// its own new and delete, weakly: macOS would share them with all other libraries of the process.
// All forms are here, for one that is missing brings the C++ library's. An attribute may not hide
// them, only -fvisibility-global-new-delete=force-hidden.
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

using Bytes = std::size_t;
using Alignment = std::align_val_t;
using NoThrow = std::nothrow_t;

void* allocate(Bytes n) { return std::malloc(n == 0 ? 1 : n); }

void* allocate(Bytes n, Alignment alignment) {
  // posix_memalign accepts no less than the size of a pointer.
  const Bytes wanted = static_cast<Bytes>(alignment);
  void* memory = nullptr;
  const int failed =
      posix_memalign(&memory, wanted < sizeof(void*) ? sizeof(void*) : wanted, n == 0 ? 1 : n);
  return failed != 0 ? nullptr : memory;
}

void* checked(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(Bytes n) { return checked(allocate(n)); }
void* operator new[](Bytes n) { return checked(allocate(n)); }
void* operator new(Bytes n, Alignment a) { return checked(allocate(n, a)); }
void* operator new[](Bytes n, Alignment a) { return checked(allocate(n, a)); }
void* operator new(Bytes n, const NoThrow&) noexcept { return allocate(n); }
void* operator new[](Bytes n, const NoThrow&) noexcept { return allocate(n); }
void* operator new(Bytes n, Alignment a, const NoThrow&) noexcept { return allocate(n, a); }
void* operator new[](Bytes n, Alignment a, const NoThrow&) noexcept { return allocate(n, a); }

void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, Bytes) noexcept { std::free(p); }
void operator delete[](void* p, Bytes) noexcept { std::free(p); }
void operator delete(void* p, Alignment) noexcept { std::free(p); }
void operator delete[](void* p, Alignment) noexcept { std::free(p); }
void operator delete(void* p, Bytes, Alignment) noexcept { std::free(p); }
void operator delete[](void* p, Bytes, Alignment) noexcept { std::free(p); }
void operator delete(void* p, const NoThrow&) noexcept { std::free(p); }
void operator delete[](void* p, const NoThrow&) noexcept { std::free(p); }
void operator delete(void* p, Alignment, const NoThrow&) noexcept { std::free(p); }
void operator delete[](void* p, Alignment, const NoThrow&) noexcept { std::free(p); }
