#include "kubectl/report_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/wall_time.h"
#include "observe/recording_coding.h"

namespace duress::kubectl {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const WallTime kAsked = parse_time("2026-11-25T12:00:00Z").value();

std::string a_recording() {
  observe::RecordingEncoder encoder;
  std::string out = encoder.header({.target = "/kubepods/pod1/c0", .node_total = gib(8)});
  out += encoder.plan({.memory = mib(50)});
  for (int i = 0; i < 100; ++i) {
    observe::Look look{.at = std::chrono::milliseconds(100 * i)};
    look.memory.usage = mib(70);
    look.asked = look.held = mib(50);
    out += encoder.look(look);
  }
  out += encoder.end({.reason = "deadline", .message = "the time is over"});
  return out + encoder.close();
}

kube::Json object(const std::string& pod, WallTime asked, const std::string& bytes,
                  const std::string& node = "n1") {
  return spec::recording_json({.node = node,
                               .experiment_ns = "shop",
                               .experiment = "mem",
                               .experiment_uid = "e1",
                               .ns = "web",
                               .pod = pod,
                               .container = "app",
                               .asked = asked,
                               .taken = asked,
                               .bytes = bytes,
                               .problem = bytes.empty() ? "nothing was recorded" : ""});
}

TEST(KubectlReport, HasEachContainerOrSaysWhyNot) {
  const std::vector<std::string> ids = {"web/a/app", "web/b/app", "web/c/app", "web/d/app"};
  const std::vector<kube::Json> objects = {object("a", kAsked, a_recording()),
                                           object("b", kAsked, ""),
                                           object("c", kAsked - seconds(1), a_recording()),
                                           object("d", kAsked + seconds(2), "no recording at all")};
  EXPECT_EQ(unanswered(ids, objects, kAsked), 1U) << "an answer to an earlier request is none";
  ExperimentReport report = report_of(ids, objects, kAsked);
  report.name = "mem";
  ASSERT_THAT(report.containers, SizeIs(1));
  EXPECT_THAT(report.containers[0].recording.looks, SizeIs(100));
  ASSERT_THAT(report.missing, SizeIs(3));
  EXPECT_EQ(missing_sentences(report)[0], "web/b/app: nothing was recorded");
  EXPECT_THAT(missing_sentences(report)[1], HasSubstr("has not answered"));
  EXPECT_THAT(missing_sentences(report)[2], HasSubstr("not a recording"));
  const std::string page = report_html(report);
  EXPECT_THAT(page, AllOf(HasSubstr("web/a/app"), HasSubstr("web/b/app: nothing was recorded"),
                          Not(HasSubstr("kubepods"))));
  EXPECT_THAT(report_text(report, 80),
              AllOf(HasSubstr("web/a/app, node n1"), HasSubstr("web/c/app: ")));
  const auto json = report_json(report);
  EXPECT_EQ(json["experiment"]["name"], "mem");
  EXPECT_EQ(json["containers"][0]["id"], "web/a/app");
  EXPECT_EQ(json["containers"][0]["looks"], 100);
  EXPECT_TRUE(json["containers"][0].contains("finding")) << json.dump();
  EXPECT_EQ(json["missing"][0]["id"], "web/b/app");
}

TEST(KubectlReport, OfAPodThatMovedTheNodeWithARecordingCounts) {
  const ExperimentReport report =
      report_of({"web/a/app"},
                {object("a", kAsked, "", "n1"), object("a", kAsked, a_recording(), "n2"),
                 object("a", kAsked, "", "n3")},
                kAsked);
  ASSERT_THAT(report.containers, SizeIs(1));
  EXPECT_EQ(report.containers[0].object.node, "n2");
}

}  // namespace
}  // namespace duress::kubectl
