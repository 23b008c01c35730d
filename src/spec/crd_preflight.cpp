#include "spec/crd_parts.h"

namespace duress::spec {

namespace {

constexpr int kMostSentences = 16;
constexpr int kLongestSentence = 1024;
constexpr int kLongestPath = 1024;

}  // namespace

schema::Json preflight_schema() {
  const schema::Json sentence = schema::text("", kLongestSentence);
  schema::Json out = schema::object(
      "Of a preflight: what would become of the container, foretold by its node.",
      {{"answer", schema::text("safe; oom: the OOM killer would come for a worker only; "
                               "oomApplication: it would take the application, alone or with its "
                               "group; cannotReach; refused.",
                               64)},
       {"node", schema::text("Where it runs.", schema::kLongestName)},
       {"victim",
        schema::text("Who would be killed; nobody where it is missing.", schema::kLongestName)},
       {"level", schema::text("The cgroup at whose limit; / is the machine.", kLongestPath)},
       {"oomGroup", schema::yes_or_no("memory.oom.group takes all that is there with the victim.")},
       {"reachesBytes", schema::count("Usage with the load, or when somebody is killed.")},
       {"oomAtBytes", schema::count("More than is there now, where the OOM killer would come.")},
       {"evictionInBytes", schema::count("Memory that the node would have left before the kubelet "
                                         "evicts.")},
       {"evicts", schema::yes_or_no("The kubelet would evict.")},
       {"follows",
        schema::list("What would follow, the weightiest first.", sentence, kMostSentences)},
       {"advice", schema::list("What to change.", sentence, kMostSentences)}});
  // Agents and controllers of another version write it too.
  out["x-kubernetes-preserve-unknown-fields"] = true;
  return out;
}

}  // namespace duress::spec
