#include "stress/stressor_image.h"

// DURESS_STRESSOR is the path of the built worker, given by the build.
asm(".section .rodata\n"
    ".balign 16\n"
    ".globl duress_stressor_begin\n"
    "duress_stressor_begin:\n"
    ".incbin \"" DURESS_STRESSOR
    "\"\n"
    ".globl duress_stressor_end\n"
    "duress_stressor_end:\n"
    ".previous\n");

// NOLINTBEGIN(readability-identifier-naming): the names of the symbols above
extern "C" const unsigned char duress_stressor_begin[];
extern "C" const unsigned char duress_stressor_end[];
// NOLINTEND(readability-identifier-naming)

namespace duress::stress {

std::span<const unsigned char> stressor_image() {
  return {duress_stressor_begin, duress_stressor_end};
}

}  // namespace duress::stress
