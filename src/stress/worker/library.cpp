// What the compiler may call even in a freestanding program.
#include <cstddef>

extern "C" {

void* memset(void* to, int value, std::size_t size) {
  auto* bytes = static_cast<unsigned char*>(to);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<unsigned char>(value);
    asm volatile("" ::: "memory");  // or the loop becomes a call of itself
  }
  return to;
}

void* memcpy(void* to, const void* from, std::size_t size) {
  auto* target = static_cast<unsigned char*>(to);
  const auto* source = static_cast<const unsigned char*>(from);
  for (std::size_t i = 0; i < size; ++i) {
    target[i] = source[i];
    asm volatile("" ::: "memory");
  }
  return to;
}
}
