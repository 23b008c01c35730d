// The files of a cgroup: key-value lines, limits, lists of CPUs. Whatever they hold, a figure is
// read or left out.

#include <cstddef>
#include <cstdint>
#include <string>

#include "cgroup/parse.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using duress::fuzz::check;
  const std::string text(data, data + size);
  for (const char* key : {"anon", "inactive_file", "oom_kill", "nr_throttled", ""}) {
    const auto value = duress::cgroup::stat_value(text, key);
    check(!value || text.contains(key), "a value has its key");
    const std::string line = std::string(key) + " 42\n";
    if (*key != '\0') {
      check(duress::cgroup::stat_value(line + text, key) == 42, "the first of two keys counts");
    }
  }
  if (const auto limit = duress::cgroup::limit_value(text)) {
    check(*limit < (std::int64_t{1} << 62), "what means none is no limit");
  }
  (void)duress::cgroup::number_value(text);
  check(duress::cgroup::count_of_list(text) >= 0, "a number of CPUs is not negative");
  for (const std::string& part : duress::cgroup::split(text, ',')) {
    check(part.find(',') == std::string::npos, "a part holds no separator");
  }
  return 0;
}
