#include "stress/stressng.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace duress::stress {

namespace {

void add_words(std::vector<std::string>& out, const std::string& text) {
  std::istringstream words(text);
  for (std::string word; words >> word;) out.push_back(word);
}

std::string whole_number(double value) { return std::to_string(static_cast<long long>(value)); }

}  // namespace

std::optional<std::vector<std::string>> stressng_arguments(const spec::Stressors& loads) {
  std::vector<std::string> out = {"stress-ng", "--temp-path", "/tmp"};
  const std::size_t none = out.size();
  if (!loads.stressng.empty()) {
    add_words(out, loads.stressng);
    return out;
  }
  if (loads.memory && !loads.memory->options.empty()) {
    const spec::MemoryLoad& memory = *loads.memory;
    out.insert(out.end(), {"--vm", std::to_string(memory.workers), "--vm-keep", "--vm-bytes"});
    if (const auto* bytes = std::get_if<Bytes>(&memory.size)) {
      const bool each = memory.size_of == spec::SizeOf::kWorker;  // stress-ng divides, too
      out.push_back(std::to_string(each ? bytes->value * memory.workers : bytes->value));
    } else {
      out.push_back(whole_number(std::get<Percent>(memory.size).value) + "%");
    }
    for (const std::string& option : memory.options) add_words(out, option);
  }
  if (loads.cpu && !loads.cpu->options.empty()) {
    out.insert(out.end(), {"--cpu", std::to_string(loads.cpu->workers), "--cpu-load",
                           whole_number(loads.cpu->load.value)});
    for (const std::string& option : loads.cpu->options) add_words(out, option);
  }
  if (out.size() == none) return std::nullopt;
  return out;
}

spec::Stressors without_stressng(const spec::Stressors& loads) {
  spec::Stressors own = loads;
  own.stressng.clear();
  const bool all = !loads.stressng.empty();
  if (all || (own.memory && !own.memory->options.empty())) own.memory.reset();
  if (all || (own.cpu && !own.cpu->options.empty())) own.cpu.reset();
  return own;
}

Result<std::string> find_stressng() {
  for (const char* directory :
       {"/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin"}) {
    std::string path = std::string(directory) + "/stress-ng";
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return fail(Code::kRefused,
              "options and stressngStressors need stress-ng, and it is not installed: install it "
              "(Debian: apt-get "
              "install stress-ng), or leave the options out");
}

}  // namespace duress::stress
