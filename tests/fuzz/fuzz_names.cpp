// The files in which runtimes keep names: whatever they hold, a name is read or left empty.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "cgroup/names_parse.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using duress::fuzz::check;
  constexpr std::size_t kLongest = 4 * 253;  // escaped, a character takes four
  const std::string text(data, data + size);
  const std::string id(64, 'a');
  const auto is_sound = [&](const duress::cgroup::ContainerName& name) {
    for (const std::string& part : {name.container, name.pod, name.name_space}) {
      check(duress::is_utf8(part), "a name is text");
      check(part.size() <= kLongest, "a name is bounded");
    }
  };
  is_sound(duress::cgroup::parse_docker(text));
  is_sound(duress::cgroup::parse_bundle(text));
  is_sound(duress::cgroup::parse_rehearse(text, id));
  for (const auto& [container, name] : duress::cgroup::parse_storage(text))
    check(!container.empty() && name.size() <= kLongest, "a name belongs to an ID");
  if (const auto found = duress::cgroup::parse_log_name(text)) {
    check(found->first.size() == 64, "an ID has 64 digits");
    is_sound(found->second);
  }
  const auto named = duress::cgroup::parse_log_name(text + "-" + id + ".log");
  check(!named || named->first == id, "the ID stands before .log");
  return 0;
}
