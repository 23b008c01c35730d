#include "explain/verdict_sources.h"

namespace duress::explain::judging {

Sources v1_sources() {
  return {.usage = "memory.usage_in_bytes",
          .limit = "the smallest memory.limit_in_bytes on the way to the root",
          .kills = "oom_kill of memory.oom_control",
          .stat = "memory.stat",
          .cpu = "cpu.stat"};
}

}  // namespace duress::explain::judging
