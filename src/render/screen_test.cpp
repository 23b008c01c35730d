#include "render/screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include <csignal>
#include <cstdlib>

namespace duress::render {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<KeyKind> keys_of(std::string typed) {
  std::vector<KeyKind> out;
  for (Key key = take_key(typed, true); key.kind != KeyKind::kNone; key = take_key(typed, true))
    out.push_back(key.kind);
  return out;
}

TEST(Keys, SequencesOfTerminalsAreKeys) {
  using enum KeyKind;
  EXPECT_EQ(keys_of("\033[A\033OB\033[5~\033[6~\033[H\033[4~"),
            (std::vector{kUp, kDown, kPageUp, kPageDown, kHome, kEnd}));
  EXPECT_EQ(keys_of("\r\t\177q"), (std::vector{kEnter, kTab, kBackspace, kText}));
  EXPECT_EQ(keys_of("\033"), std::vector{kEscape});
}

TEST(Keys, UnknownSequenceIsPassedOverWhole) {
  EXPECT_EQ(keys_of("\033[1;5Cq"), std::vector{KeyKind::kText});
  EXPECT_EQ(keys_of("\001\002"), std::vector<KeyKind>{});
}

TEST(Keys, HalfASequenceWaitsForItsRest) {
  std::string typed = "\033[";
  EXPECT_EQ(take_key(typed, false).kind, KeyKind::kNone);
  typed += "B";
  EXPECT_EQ(take_key(typed, false).kind, KeyKind::kDown);
  typed = "\xc3";
  EXPECT_EQ(take_key(typed, false).kind, KeyKind::kNone);
  typed += "\xa4";
  EXPECT_TRUE(take_key(typed, false).is("ä"));
}

TEST(Lines, AreCutByColumnsAndKeepTheirColours) {
  EXPECT_EQ(cut_line("abc", 2), "ab");
  EXPECT_EQ(cut_line("äöü", 2), "äö");
  EXPECT_EQ(cut_line("\033[31mabc\033[0md", 2), "\033[31mab\033[0m");
  EXPECT_EQ(cut_line("a\033", 5), "a\033");
  EXPECT_EQ(shown_width("\033[31mäb\033[0m"), 2U);
}

TEST(Paint, IsNothingWithoutColour) {
  EXPECT_EQ(paint("x", Paint::kRed, false), "x");
  EXPECT_EQ(paint("x", Paint::kRed, true), "\033[31mx\033[0m");
}

TEST(Screen, PrintsPlainLinesWhereThereIsNoTerminal) {
  std::FILE* file = std::tmpfile();
  Screen screen(file);
  EXPECT_FALSE(screen.is_live());
  EXPECT_FALSE(screen.has_colour());
  EXPECT_TRUE(screen.draw({"one", "two"}));
  std::rewind(file);
  char text[64] = {};
  EXPECT_EQ(std::fread(text, 1, sizeof text, file), 8U);
  EXPECT_STREQ(text, "one\ntwo\n");
  std::fclose(file);
}

// A child on a terminal of its own; what it wrote, and how the terminal was left.
struct OnTerminal {
  std::string wrote;
  bool echoes = false;
  int status = 0;
};

OnTerminal on_terminal(void (*child)(), const std::string& typed = "", int columns = 20) {
  winsize size{};
  size.ws_row = 5;
  size.ws_col = static_cast<unsigned short>(columns);
  int leader = -1;
  int follower = -1;
  EXPECT_EQ(::openpty(&leader, &follower, nullptr, nullptr, &size), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::login_tty(::dup(follower));
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    child();
    std::exit(0);
  }
  OnTerminal out;
  EXPECT_EQ(::write(leader, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  ::waitpid(pid, &out.status, 0);
  termios now{};
  ::tcgetattr(follower, &now);
  out.echoes = (now.c_lflag & ECHO) != 0;
  ::close(follower);
  char part[4096];
  for (ssize_t got = 0; (got = ::read(leader, part, sizeof part)) > 0;)
    out.wrote.append(part, static_cast<std::size_t>(got));
  ::close(leader);
  return out;
}

TEST(Screen, DrawsOnTheAlternateScreenAndLeavesIt) {
  const OnTerminal seen = on_terminal([] {
    Screen screen(stdout);
    (void)screen.draw({"a line that is wider than twenty", "b"});
  });
  EXPECT_THAT(seen.wrote, HasSubstr("\033[?1049h"));
  // The terminal itself adds a carriage return.
  EXPECT_THAT(seen.wrote, HasSubstr("\033[Ha line that is wider\r\r\nb\033[K\r\r\n\033[J"));
  EXPECT_THAT(seen.wrote, EndsWith("\033[?1049l"));
  EXPECT_TRUE(seen.echoes);
}

TEST(Screen, IsPutBackBySignalsAndExit) {
  using End = void (*)();
  const std::vector<End> ends = {[] { ::raise(SIGTERM); }, [] { ::raise(SIGINT); },
                                 [] { std::exit(3); }};
  for (const End end : ends) {
    static End how;
    how = end;
    const OnTerminal seen = on_terminal([] {
      Screen screen(stdout);
      (void)screen.draw({"x"});
      how();
    });
    EXPECT_THAT(seen.wrote, EndsWith("\033[?1049l"));
    EXPECT_TRUE(seen.echoes);
    EXPECT_TRUE(WIFSIGNALED(seen.status) || WEXITSTATUS(seen.status) == 3);
  }
}

TEST(Screen, HearsKeysWithoutEnter) {
  const OnTerminal seen = on_terminal(
      [] {
        Screen screen(stdout);
        const Key first = screen.next_key(milliseconds(10'000));
        const Key second = screen.next_key(milliseconds(10'000));
        std::exit(first.is("q") && second.kind == KeyKind::kUp ? 0 : 1);
      },
      "q\033[A");
  EXPECT_EQ(WEXITSTATUS(seen.status), 0);
}

TEST(Screen, NoColorAndDumbTerminalsAreHonoured) {
  const OnTerminal plain = on_terminal([] {
    ::setenv("NO_COLOR", "1", 1);
    const Screen screen(stdout);
    std::exit(screen.is_live() && !screen.has_colour() ? 0 : 1);
  });
  EXPECT_EQ(WEXITSTATUS(plain.status), 0);
  const OnTerminal dumb = on_terminal([] {
    ::setenv("TERM", "dumb", 1);
    Screen screen(stdout);
    (void)screen.draw({"x"});
    std::exit(screen.is_live() ? 1 : 0);
  });
  EXPECT_EQ(WEXITSTATUS(dumb.status), 0);
  EXPECT_THAT(dumb.wrote, Not(HasSubstr("\033")));
}

}  // namespace
}  // namespace duress::render
