#include "cli/explain.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "explain/course_test.h"
#include "observe/recording_file.h"

namespace duress::cli {
namespace {

using explain::testing::Course;
using observe::EventKind;
using std::chrono::seconds;
using ::testing::HasSubstr;

class Directory final {
 public:
  Directory() : path_(::testing::TempDir() + "duress-explain-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(path_);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string written(const Directory& directory, const std::string& name, const Course& course) {
  const observe::Recording& recording = course.recording();
  auto writer = observe::RecordingWriter::create(directory.file(name), recording.header);
  EXPECT_TRUE(writer) << writer.error().message;
  if (recording.plan) {
    EXPECT_TRUE(writer->plan(*recording.plan));
  }
  for (const auto& look : recording.looks) EXPECT_TRUE(writer->look(look));
  for (const auto& event : recording.events) EXPECT_TRUE(writer->event(event));
  if (recording.end) {
    EXPECT_TRUE(writer->end(*recording.end));
  }
  EXPECT_TRUE(writer->close());
  return writer->path();
}

Course fine() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(5)).end("deadline");
  return course;
}

Course killed(bool ours) {
  Course course;
  course.own(mib(100)).plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted);
  course.asked(mib(3000)).pass(seconds(1), mib(100), mib(390));
  ours ? course.worker_killed() : course.killed("node", 18);
  course.pass(seconds(1)).end(ours ? "stressorKilled" : "targetEnded", "", ours ? 1 : 0);
  return course;
}

int quietly(const std::vector<std::string>& arguments, std::string* out = nullptr) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = explain(arguments);
  const std::string text = ::testing::internal::GetCapturedStdout();
  if (out != nullptr) *out = text;
  (void)::testing::internal::GetCapturedStderr();
  return code;
}

std::string refusal(const std::vector<std::string>& arguments) {
  const auto parsed = parse_explain_arguments(arguments);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code, Code::kUsage);
  return parsed.error().message;
}

TEST(ExplainArguments, AreAFileOrTheLast) {
  EXPECT_EQ(parse_explain_arguments({"a"})->file, "a");
  EXPECT_TRUE(parse_explain_arguments({"--last"})->last);
  EXPECT_EQ(parse_explain_arguments({"--last", "--recordings=/x"})->directory, "/x");
  EXPECT_EQ(parse_explain_arguments({"--recordings", "/x", "--last"})->directory, "/x");
  EXPECT_TRUE(parse_explain_arguments({"a", "-o", "json"})->json);
  EXPECT_TRUE(parse_explain_arguments({"a", "--output=json"})->json);
  EXPECT_THAT(refusal({}), HasSubstr("give a FILE, or --last"));
  EXPECT_THAT(refusal({"a", "--last"}), HasSubstr("not both"));
  EXPECT_THAT(refusal({"a", "b"}), HasSubstr("more than one FILE: b"));
  EXPECT_THAT(refusal({"--lsat"}), HasSubstr("did you mean --last?"));
  EXPECT_THAT(refusal({"a", "-o", "yaml"}), HasSubstr("text or json"));
  EXPECT_THAT(refusal({"a", "-o"}), HasSubstr("a value is missing"));
}

TEST(ExplainArguments, TakeTheDirectoryFromTheEnvironment) {
  ::setenv("DURESS_RECORDINGS", "/elsewhere", 1);
  EXPECT_EQ(parse_explain_arguments({"--last"})->directory, "/elsewhere");
  EXPECT_EQ(parse_explain_arguments({"--last", "--recordings", "/x"})->directory, "/x");
  ::unsetenv("DURESS_RECORDINGS");
  EXPECT_EQ(parse_explain_arguments({"--last"})->directory, "/var/lib/duress/recordings");
}

TEST(Explain, ExitCodesSayWhatWasFoundWhereAsked) {
  const Directory directory;
  const std::string good = written(directory, "good", fine());
  const std::string notice = written(directory, "notice", killed(true));
  const std::string bad = written(directory, "bad", killed(false));
  EXPECT_EQ(quietly({good}), 0);
  EXPECT_EQ(quietly({bad}), 0);
  EXPECT_EQ(quietly({good, "--exit-code"}), 0);
  EXPECT_EQ(quietly({notice, "--exit-code"}), 10);
  EXPECT_EQ(quietly({bad, "--exit-code"}), 11);
  EXPECT_EQ(quietly({"--nonsense"}), 2);
  EXPECT_EQ(quietly({directory.file("missing")}), 3);
}

TEST(Explain, RefusesWhatIsNoRecording) {
  const Directory directory;
  std::ofstream(directory.file("text")) << "not a recording\n";
  EXPECT_EQ(quietly({directory.file("text")}), 3);
  EXPECT_EQ(quietly({directory.path()}), 3);
}

TEST(Explain, TellsInJsonWhatWasRecordedAndFound) {
  const Directory directory;
  const std::string file = written(directory, "bad", killed(false));
  std::string text;
  ASSERT_EQ(quietly({file, "-o", "json"}, &text), 0);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["finding"], "appOomKilledByStress");
  EXPECT_EQ(json["recording"]["file"], file);
  EXPECT_EQ(json["recording"]["target"], "web");
  EXPECT_EQ(json["recording"]["cgroupVersion"], 2);
  EXPECT_EQ(json["recording"]["complete"], true);
  EXPECT_NEAR(json["recording"]["lastedSeconds"].get<double>(), 3.0, 0.01);
}

TEST(Explain, SaysInTextWhatWasRecorded) {
  const Directory directory;
  std::string text;
  ASSERT_EQ(quietly({written(directory, "good", fine())}, &text), 0);
  EXPECT_TRUE(text.starts_with("web, cgroup /kubepods/pod1/web (v2), recorded ")) << text;
  EXPECT_THAT(text, HasSubstr("\n\nNothing went wrong: "));
}

TEST(Last, IsTheNewestByTimeNotByName) {
  const Directory directory;
  const auto touch = [&](const std::string& name, std::time_t at) {
    std::ofstream(directory.file(name)) << name;
    const timespec times[2] = {{at, 0}, {at, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, directory.file(name).c_str(), times, 0), 0);
  };
  touch("b", 1000);
  touch("a", 2000);
  touch(".hidden", 3000);
  std::filesystem::create_directory(directory.file("z"));
  EXPECT_EQ(newest_recording(directory.path()).value(), directory.file("a"));
  touch("c", 2000);
  EXPECT_EQ(newest_recording(directory.path()).value(), directory.file("c"));
}

TEST(Last, SaysWhereItLookedWhenThereIsNone) {
  const Directory directory;
  for (const std::string& path : {directory.path(), directory.file("missing")}) {
    const auto none = newest_recording(path);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::kNotFound);
    EXPECT_THAT(none.error().message, HasSubstr(path));
  }
}

}  // namespace
}  // namespace duress::cli
