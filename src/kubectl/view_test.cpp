#include "kubectl/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/wall_time.h"

namespace duress::kubectl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

kube::Json an_object() {
  return kube::parse_json(R"({
    "metadata": {"namespace": "shop", "name": "memory", "creationTimestamp": "2026-11-24T10:00:00Z"},
    "spec": {"mode": "fixed", "value": "2"},
    "status": {
      "phase": "Running", "asked": "50 MiB", "got": "49.9 MiB", "injected": 1, "targets": 2,
      "conditions": [{"type": "Selected", "status": "True"},
                     {"type": "AllInjected", "status": "False", "reason": "shop/b/app waits"}],
      "experiment": {"desiredPhase": "Run", "containerRecords": [
        {"id": "shop/a/app", "phase": "Injected",
         "measured": {"askedBytes": 52428800, "heldBytes": 52428800, "usageBytes": 73400320,
                      "limitBytes": 524288000, "cpuAskedMillicores": 500, "cpuGotMillicores": 499,
                      "kills": 1, "oomKills": 2, "restarts": 3, "since": "2026-11-24T10:00:01Z",
                      "verdict": "The OOM killer took a worker.", "forecast": "safe"},
         "events": [{"operation": "Apply", "type": "Succeeded"}]},
        {"id": "shop/b/app", "phase": "Not Injected",
         "events": [{"operation": "Apply", "type": "Failed", "message": "no such container"}]}
      ]}}})");
}

WallTime now() { return *parse_time("2026-11-24T10:00:31Z"); }

TEST(View, ListsAnExperimentInOneRow) {
  const std::string text = list_text({experiment_of(an_object())}, now());
  for (const char* word :
       {"shop", "memory", "Running", "fixed 2", "1/2", "50 MiB", "49.9 MiB", "31s"})
    EXPECT_THAT(text, HasSubstr(word));
}

TEST(View, ShowsWhatIsMeasuredOfEachContainer) {
  const std::string text = status_text(experiment_of(an_object()), now());
  for (const char* word : {"shop/a/app", "70 MiB", "500 MiB", "499m of 500m", "30s",
                           "The OOM killer took a worker.", "AllInjected not (shop/b/app waits)"})
    EXPECT_THAT(text, HasSubstr(word));
}

TEST(View, ExplainsEachContainer) {
  const std::string text = explain_text(experiment_of(an_object()));
  for (const char* word : {"not AllInjected: shop/b/app waits", "The OOM killer took a worker.",
                           "Foretold: safe", "Apply Failed: no such container"})
    EXPECT_THAT(text, HasSubstr(word));
}

TEST(View, SaysThatNobodyHasSeenAnExperimentYet) {
  const auto object =
      kube::parse_json(R"({"metadata": {"namespace": "a", "name": "b"}, "spec": {}})");
  const Experiment experiment = experiment_of(object);
  EXPECT_THAT(list_text({experiment}, now()), HasSubstr("Pending"));
  EXPECT_THAT(status_text(experiment, now()), Not(HasSubstr("container")));
  EXPECT_FALSE(experiment.is_over());
}

TEST(View, TakesWhateverTheServerSends) {
  for (const char* text :
       {"null", "[]", R"({"status": 7})", R"({"status": {"conditions": [3]}})",
        R"({"status": {"experiment": {"containerRecords": [{"measured": []}]}}})"}) {
    const Experiment experiment = experiment_of(kube::parse_json(text));
    (void)list_text({experiment}, now());
    (void)status_text(experiment, now());
    (void)explain_text(experiment);
  }
}

}  // namespace
}  // namespace duress::kubectl
