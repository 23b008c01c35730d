#include "cli/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "render/report.h"

namespace duress::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WritePage : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "duress-report-XXXXXX").string();
    directory_ = ::mkdtemp(path.data());
    file_ = directory_ / "page.html";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string content() const {
    std::ifstream in(file_);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
  }
  void put(const std::string& text) const { std::ofstream(file_) << text; }

  std::filesystem::path directory_;
  std::filesystem::path file_;
};

TEST(ReportArguments, TakeFilesAndWhereThePageGoes) {
  const auto parsed = parse_report_arguments({"a", "b", "-o", "x.html", "--force"});
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->files, ElementsAre("a", "b"));
  EXPECT_EQ(parsed->output, "x.html");
  EXPECT_TRUE(parsed->force);
  EXPECT_EQ(parse_report_arguments({"a", "--output=-"})->output, "-");
  EXPECT_THAT(parse_report_arguments({"--", "-a"})->files, ElementsAre("-a"));
}

TEST(ReportArguments, RefuseWhatCannotBeMeant) {
  EXPECT_THAT(parse_report_arguments({}).error().message, HasSubstr("which recording?"));
  EXPECT_THAT(parse_report_arguments({"a", "b"}).error().message, HasSubstr("-o FILE"));
  EXPECT_THAT(parse_report_arguments({"a", "--last"}).error().message, HasSubstr("one of the two"));
  EXPECT_THAT(parse_report_arguments({"--outptu", "x"}).error().message, HasSubstr("--output"));
  EXPECT_THAT(parse_report_arguments({"a", "-o"}).error().message, HasSubstr("missing"));
}

TEST(PageBeside, HasTheRecordingsName) {
  EXPECT_EQ(page_beside("/a.b/web.duress"), "/a.b/web.html");
  EXPECT_EQ(page_beside("/a.b/web"), "/a.b/web.html");
  EXPECT_EQ(page_beside(".hidden"), ".hidden.html");
}

TEST_F(WritePage, LeavesOneWholeFileThatOthersMayRead) {
  ASSERT_TRUE(write_page(file_, "<p>", false));
  EXPECT_EQ(content(), "<p>");
  struct stat info{};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(info.st_mode & 0777U, 0666U & ~mask);
  const std::filesystem::directory_iterator files(directory_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(WritePage, RefusesToWriteOverWhatIsNoReport) {
  put("my thesis");
  const auto written = write_page(file_, "<p>", false);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::kRefused);
  EXPECT_THAT(written.error().message, HasSubstr("--force"));
  EXPECT_EQ(content(), "my thesis");
  EXPECT_TRUE(write_page(file_, "<p>", true));
  EXPECT_EQ(content(), "<p>");
}

TEST_F(WritePage, WritesOverAReport) {
  put(render::report_page({}, {}));
  EXPECT_TRUE(write_page(file_, "<p>", false));
  EXPECT_EQ(content(), "<p>");
}

TEST_F(WritePage, RefusesADirectoryAndSaysWhatIsMissing) {
  EXPECT_THAT(write_page(directory_, "<p>", true).error().message, HasSubstr("is a directory"));
  EXPECT_EQ(write_page(directory_ / "no" / "page", "<p>", false).error().code, Code::kNotFound);
}

TEST(Report, TellsOfAFileThatIsNotThere) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(report({"/no/such/recording"}), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("/no/such/recording"));
}

}  // namespace
}  // namespace duress::cli
