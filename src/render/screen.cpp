#include "render/screen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace duress::render {

namespace {

// Alternate screen, no cursor, no wrapping; and all of it undone.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[?7l\033[2J";
constexpr std::string_view kLeave = "\033[?7h\033[0m\033[?25h\033[?1049l";
constexpr int kFatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV,
                          SIGBUS, SIGFPE,  SIGILL, SIGPIPE, SIGALRM, SIGXCPU};

// What a signal handler needs; set before the handlers are.
struct Terminal {
  std::atomic<bool> entered{false};
  int out = -1;
  int keys = -1;  // -1: not a terminal, nothing to put back
  termios before{};
};
Terminal terminal;

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(fd, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

// Only what a signal handler may call.
void put_back() {
  if (!terminal.entered.exchange(false)) return;
  if (terminal.keys >= 0) ::tcsetattr(terminal.keys, TCSADRAIN, &terminal.before);
  write_all(terminal.out, kLeave);
}

void take() {
  if (terminal.keys >= 0) {
    termios raw = terminal.before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    ::tcsetattr(terminal.keys, TCSADRAIN, &raw);
  }
  write_all(terminal.out, kEnter);
  terminal.entered = true;
}

void on_fatal(int number) {
  const int error = errno;
  put_back();
  std::signal(number, SIG_DFL);
  ::raise(number);
  errno = error;
}

// Ctrl-Z: the shell gets its terminal back, and fg brings the view again.
void on_stop(int) {
  const int error = errno;
  put_back();
  ::raise(SIGSTOP);
  errno = error;
}

void on_continue(int) {
  const int error = errno;
  if (!terminal.entered) take();
  errno = error;
}

void on_resize(int) {}  // only wakes poll()

// A signal that the program handles itself is left to it.
void handle(int number, void (*handler)(int), void (*instead_of)(int)) {
  struct sigaction now{};
  if (::sigaction(number, nullptr, &now) < 0 || now.sa_handler != instead_of) return;
  struct sigaction action{};
  action.sa_handler = handler;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

void handle_all(bool on) {
  const auto set = [on](int number, void (*handler)(int)) {
    on ? handle(number, handler, SIG_DFL) : handle(number, SIG_DFL, handler);
  };
  for (const int number : kFatal) set(number, on_fatal);
  set(SIGTSTP, on_stop);
  set(SIGCONT, on_continue);
  set(SIGWINCH, on_resize);
}

// "" where it is not set.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = variable(name);
    if (value.empty()) continue;
    std::ranges::transform(value, value.begin(), [](unsigned char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    });
    return value.contains("utf-8") || value.contains("utf8");
  }
  return false;
}

}  // namespace

Screen::Screen(std::FILE* out, bool live) : out_(out), utf8_(locale_is_utf8()) {
  const int fd = ::fileno(out);
  const std::string term = variable("TERM");
  const bool smart = !term.empty() && term != "dumb";
  const bool is_terminal = ::isatty(fd) == 1 && smart;
  colour_ = is_terminal && variable("NO_COLOR").empty();
  live_ = live && is_terminal && !terminal.entered;
  if (!live_) return;
  std::fflush(out_);
  terminal.out = fd;
  keys_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &terminal.before) == 0;
  terminal.keys = keys_ ? STDIN_FILENO : -1;
  enter();
}

void Screen::enter() {
  static bool registered = false;
  if (!registered) std::atexit(put_back);
  registered = true;
  take();
  handle_all(true);
}

void Screen::close() {
  if (!live_) return;
  handle_all(false);
  put_back();
  live_ = false;
}

ScreenSize Screen::size() const {
  ScreenSize out;
  winsize size{};
  if (::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) out.columns = size.ws_col;
    if (size.ws_row > 0) out.rows = size.ws_row;
  } else if (const std::string given = variable("COLUMNS"); !given.empty()) {
    const int columns = std::atoi(given.c_str());
    if (columns > 0 && columns < 10'000) out.columns = columns;
  }
  return out;
}

bool Screen::draw(const std::vector<std::string>& lines) {
  if (!live_) {
    for (const std::string& line : lines) std::fprintf(out_, "%s\n", line.c_str());
    return std::fflush(out_) == 0;
  }
  const ScreenSize size = this->size();
  std::string frame = "\033[H";
  const std::size_t shown = std::min(lines.size(), static_cast<std::size_t>(size.rows));
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) frame += "\r\n";
    const auto columns = static_cast<std::size_t>(size.columns);
    frame += cut_line(lines[i], columns);
    // Behind a full line the cursor stands on its last character, which this would erase.
    if (shown_width(lines[i]) < columns) frame += "\033[K";
  }
  // Below the last line: all of the screen if there is none.
  if (shown < static_cast<std::size_t>(size.rows)) frame += shown > 0 ? "\r\n\033[J" : "\033[J";
  write_all(terminal.out, frame);
  return true;
}

Key Screen::next_key(std::chrono::milliseconds most, int other) {
  if (Key key = take_key(typed_, false); key.kind != KeyKind::kNone) return key;
  pollfd waited[2] = {{.fd = keys_ && live_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0},
                      {.fd = other, .events = POLLIN, .revents = 0}};
  // Esc alone, or the beginning of an arrow key? The rest of it comes at once.
  constexpr std::chrono::milliseconds kRest(25);
  const bool begun = !typed_.empty();
  const auto time = begun ? std::min(most, kRest) : most;
  const int ready = ::poll(waited, 2, static_cast<int>(time.count()));
  if (ready < 0) return {.kind = errno == EINTR ? KeyKind::kResized : KeyKind::kClosed};
  if (waited[1].revents != 0) return {.kind = KeyKind::kWake};
  if (waited[0].revents == 0) return take_key(typed_, true);
  char part[64];
  const ssize_t got = ::read(STDIN_FILENO, part, sizeof part);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (got <= 0) return {.kind = KeyKind::kClosed};
  typed_.append(part, static_cast<std::size_t>(got));
  if (Key key = take_key(typed_, false); key.kind != KeyKind::kNone) return key;
  return next_key(kRest, other);
}

}  // namespace duress::render
