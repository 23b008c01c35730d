// Manifests of Pods and experiments, many documents in one text: whatever it holds, it is taken
// with every figure in range, or refused in lines that a terminal can show.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "check.h"
#include "spec/workload.h"
#include "spec/workload_promises_test.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using duress::spec::ManifestText;
  const std::vector<ManifestText> files = {{"f", std::string(data, data + size)}};
  duress::spec::WorkloadOptions options;
  options.commands = {{"app", {"run"}}};
  const std::string broken = broken_promise(duress::spec::read_workloads(files, options));
  duress::fuzz::check(broken.empty(), broken.c_str());
  return 0;
}
