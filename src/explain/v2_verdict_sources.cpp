#include "explain/verdict_sources.h"

namespace duress::explain::judging {

Sources v2_sources() {
  return {.usage = "memory.current",
          .limit = "the smallest memory.max on the way to the root",
          .kills = "oom_kill of memory.events",
          .stat = "memory.stat",
          .cpu = "cpu.stat"};
}

}  // namespace duress::explain::judging
