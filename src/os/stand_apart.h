// What a helper process does first, after the fork: it leaves its maker's name, terminal and
// directory, so that neither Ctrl-C nor a working directory concerns it. It starts no process and
// drops no right. Functions; for single-threaded processes.
#pragma once

#include <vector>

namespace duress::os {

// A name for `ps`, a session of its own (Ctrl-C is for its maker), no signal of those that end a
// program politely, / as its directory, and /dev/null for what it would read and write.
void stand_apart(const char* name);

// Every signal as a new program expects it: unblocked, and with its default.
void forget_signals();

// Of all descriptors from 3 on only these stay open.
void close_all_but(std::vector<int> kept);

}  // namespace duress::os
