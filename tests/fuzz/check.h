// How a fuzzer says that a promise was broken: it ends at once, so that libFuzzer keeps the input.
// It is not a test's assertion. Stateless; one thread.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace duress::fuzz {

inline void check(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

}  // namespace duress::fuzz
