#include "render/html.h"

#include <gtest/gtest.h>

namespace duress::render {
namespace {

TEST(EscapeHtml, LeavesNoMarkup) {
  EXPECT_EQ(escape_html("</script><img src=x onerror='a(\"b\")'>&"),
            "&lt;/script&gt;&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;&amp;");
}

TEST(EscapeHtml, KeepsTextOfAllTongues) { EXPECT_EQ(escape_html("µs – 日本 🦀"), "µs – 日本 🦀"); }

TEST(EscapeHtml, ReplacesWhatIsNoText) {
  EXPECT_EQ(escape_html(std::string("a\0b\x1b\x7f", 5)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escape_html("\xC3(\xFF"), "\xEF\xBF\xBD(\xEF\xBF\xBD");
  EXPECT_EQ(escape_html("gnp\xE2\x80\xAE.exe"), "gnp\xEF\xBF\xBD.exe");
  EXPECT_EQ(escape_html("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Html, ClosesWhatItOpened) {
  Html html;
  html.open("ul", {{"class", "a\"b"}}).open("li").text("<x>").close().close();
  EXPECT_TRUE(html.all_closed());
  EXPECT_EQ(html.take(), "<ul class=\"a&quot;b\"><li>&lt;x&gt;</li>\n</ul>\n");
}

TEST(Html, LeavesOutEmptyAttributes) {
  Html html;
  html.leaf("a", {{"class", ""}, {"hidden", Html::kBare}}, "b").empty("br");
  EXPECT_EQ(html.take(), "<a hidden>b</a><br/>");
}

}  // namespace
}  // namespace duress::render
