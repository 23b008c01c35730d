#include "cli/top.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "cli/top_arguments.h"
#include "cli/top_output.h"
#include "os/poller.h"
#include "render/screen.h"

namespace duress::cli {

namespace {

using observe::Overview;
using render::Key;
using render::KeyKind;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kNotThere = 3;

int complain(const Error& error) {
  std::fprintf(stderr, "duress top: %s\n", error.message.c_str());
  switch (error.code) {
    case Code::kUsage:
      return kUsage;
    case Code::kInternal:
    case Code::kIo:
      return kFailed;
    default:
      return kNotThere;
  }
}

Result<observe::SurveySetting> setting_of(const TopArguments& arguments) {
  observe::SurveySetting out;
  auto hierarchy = cgroup::detect(out.roots);
  if (!hierarchy) return std::unexpected(hierarchy.error());
  out.hierarchy = std::move(*hierarchy);
  out.names = cgroup::NameRoots::of_this_machine();
  for (const std::string& root : arguments.name_roots) {
    out.names.docker.push_back(root);
    out.names.containerd.push_back(root);
    out.names.storages.push_back(root);
  }
  for (const cgroup::Wanted& wanted : arguments.named) {
    auto path = cgroup::path_of(out.roots, out.hierarchy, wanted);
    if (!path) return std::unexpected(path.error());
    if (*path == "/") {
      return fail(Code::kRefused,
                  "the root cgroup is the whole machine, which free and top show: name a cgroup "
                  "below it");
    }
    out.cgroups.push_back(*path);
  }
  // Who names a cgroup wants that one, and containers only where they are named too.
  out.containers = arguments.named.empty() || arguments.selection.names_any();
  out.most_open_files = cgroup::room_for_files();
  return out;
}

std::string version_of(const cgroup::Hierarchy& hierarchy) {
  if (hierarchy.version == cgroup::Version::kV2) return "v2";
  return hierarchy.hybrid ? "v1, hybrid" : "v1";
}

class Top {
 public:
  Top(const TopArguments& arguments, observe::SurveySetting setting, const Clock& clock,
      os::Fd signals)
      : arguments_(arguments),
        hierarchy_(setting.hierarchy),
        named_(setting.cgroups),
        clock_(clock),
        signals_(std::move(signals)),
        began_(clock.now()),
        surveyor_(std::move(setting), clock),
        screen_(stdout, is_live(arguments)) {
    view_.order = arguments.order;
    view_.selection = arguments.selection;
    view_.columns = arguments.columns;
  }

  int run() {
    // One look before the first that is told: else there were no rates in it.
    if (!screen_.is_live()) {
      if (auto looked = look(); !looked) return complain(looked.error());
      if (!wait_until(began_ + arguments_.interval)) return 0;
    }
    for (std::int64_t turn = 1;; ++turn) {
      const Instant at = clock_.now();
      if (auto looked = look(); !looked) {
        screen_.close();
        return complain(looked.error());
      }
      if (!tell()) return 0;
      if (arguments_.once) return is_missing() ? kNotThere : 0;
      if (arguments_.count && turn >= *arguments_.count) return 0;
      if (!wait_until(at + arguments_.interval)) return 0;
    }
  }

 private:
  static bool is_live(const TopArguments& arguments) {
    return arguments.format == TopFormat::kText && !arguments.once && !arguments.plain;
  }

  Result<> look() {
    auto seen = surveyor_.look();
    if (!seen) return std::unexpected(seen.error());
    for (const std::string& note : seen->notes) {
      notes_.push_back(note);
      if (!screen_.is_live()) std::fprintf(stderr, "note: %s\n", note.c_str());
    }
    seen_ = std::move(*seen);
    seen_.notes = notes_;
    return {};
  }

  // What is selected, in order. A cgroup that was named is always shown.
  [[nodiscard]] Overview selected() const {
    Overview out = seen_;
    std::erase_if(out.rows, [this](const observe::Row& row) {
      const bool is_named = std::ranges::find(named_, row.path) != named_.end();
      return !selects(is_named ? Selection{.text = view_.selection.text} : view_.selection, row);
    });
    put_in_order(out.rows, view_.order);
    return out;
  }

  [[nodiscard]] bool is_missing() const {
    return (view_.selection.names_any() || !named_.empty()) && selected().rows.empty();
  }

  [[nodiscard]] TopFrame frame_of(const Overview& overview) const {
    const render::ScreenSize size = screen_.size();
    TopFrame out;
    out.columns = size.columns;
    out.rows = size.rows;
    out.look = {.width = static_cast<std::size_t>(size.columns),
                .colour = screen_.has_colour(),
                .utf8 = screen_.has_utf8(),
                .with_load = overview.has_load(),
                .columns = view_.columns,
                .sorted_by = view_.order.key};
    out.version = version_of(hierarchy_);
    out.interval = format_duration(arguments_.interval);
    out.all = seen_.rows.size();
    const std::time_t now = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock_.wall()));
    std::tm parts{};
    char text[16];
    if (::localtime_r(&now, &parts) != nullptr &&
        std::strftime(text, sizeof text, "%H:%M:%S", &parts) > 0)
      out.clock = text;
    return out;
  }

  // False: nobody reads any more.
  bool tell() {
    const Overview overview = selected();
    const double seconds = std::chrono::duration<double>(clock_.now() - began_).count();
    if (arguments_.format != TopFormat::kText) {
      const bool one_line = arguments_.format == TopFormat::kJsonLines;
      return std::printf("%s\n", top_json(overview, hierarchy_, seconds, one_line).c_str()) >= 0 &&
             std::fflush(stdout) == 0;
    }
    const TopFrame frame = frame_of(overview);
    if (screen_.is_live()) return screen_.draw(top_screen(overview, view_, frame));
    std::vector<std::string> lines;
    if (overview.rows.empty()) {
      lines.push_back(nothing_to_show(view_.selection, !seen_.rows.empty()));
    } else {
      lines = render::overview_lines(overview.rows, frame.look);
      lines.push_back(render::machine_line(overview, frame.look.width));
    }
    if (!arguments_.once) lines.emplace_back();
    return screen_.draw(lines);
  }

  // Keys are heard while it waits. False: the end.
  bool wait_until(Instant until) {
    if (arguments_.duration) {
      const Instant end = began_ + *arguments_.duration;
      if (clock_.now() >= end) return false;
      if (end < until) {
        (void)wait(end);
        return false;
      }
    }
    return wait(until);
  }

  bool wait(Instant until) {
    for (Instant now = clock_.now(); now < until; now = clock_.now()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
      const Key key = screen_.next_key(left, signals_.get());
      if (key.kind == KeyKind::kNone) continue;
      if (key.kind == KeyKind::kWake || key.kind == KeyKind::kClosed) return false;
      if (!press(key)) return false;
      if (screen_.is_live() && !tell()) return false;
    }
    return true;
  }

  void scroll(const Key& key) {
    const auto page = static_cast<std::size_t>(std::max(screen_.size().rows - 6, 1));
    const std::size_t most = std::max(seen_.rows.size(), std::size_t{200});
    std::size_t& at = view_.scroll;
    const auto up = [&at](std::size_t by) { at -= std::min(at, by); };
    if (key.kind == KeyKind::kUp) up(1);
    if (key.kind == KeyKind::kPageUp) up(page);
    if (key.kind == KeyKind::kDown) at = std::min(at + 1, most);
    if (key.kind == KeyKind::kPageDown) at = std::min(at + page, most);
    if (key.kind == KeyKind::kHome) at = 0;
    if (key.kind == KeyKind::kEnd) at = most;
  }

  void type(const Key& key) {
    std::string& text = view_.selection.text;
    if (key.kind == KeyKind::kText && text.size() < 64) text += key.text;
    if (key.kind == KeyKind::kBackspace && !text.empty()) {
      while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U)
        text.pop_back();
      text.pop_back();
    }
    if (key.kind == KeyKind::kEscape) text.clear();
    if (key.kind == KeyKind::kEscape || key.kind == KeyKind::kEnter) view_.typing = false;
  }

  void sort_by_next() {
    const Overview overview = selected();
    std::vector<std::string> shown;
    for (const render::OverviewColumn* column :
         render::columns_that_fit(overview.rows, frame_of(overview).look))
      shown.emplace_back(column->key);
    view_.order = {.key = next_order(view_.order.key, shown), .reversed = false};
  }

  // False: the user has seen enough.
  bool press(const Key& key) {
    const bool moves = key.kind >= KeyKind::kUp && key.kind <= KeyKind::kEnd;
    if (moves) return scroll(key), true;
    if (key.kind == KeyKind::kResized) return true;
    if (view_.typing) return type(key), true;
    if (view_.helping || view_.explaining) {
      view_.helping = view_.explaining = false;
      view_.scroll = 0;
      return true;
    }
    if (key.is("q") || key.is("Q")) return false;
    if (key.is("s")) sort_by_next();
    if (key.is("r")) view_.order.reversed = !view_.order.reversed;
    if (key.is("/")) view_.typing = true;
    if (key.is("e")) view_.explaining = true;
    if (key.is("h") || key.is("?")) view_.helping = true;
    if (key.kind == KeyKind::kEscape) view_.selection.text.clear();
    if (view_.explaining || view_.helping || view_.typing) view_.scroll = 0;
    return true;
  }

  const TopArguments& arguments_;
  cgroup::Hierarchy hierarchy_;
  std::vector<std::string> named_;
  const Clock& clock_;
  os::Fd signals_;
  Instant began_;
  observe::Surveyor surveyor_;
  render::Screen screen_;
  TopView view_;
  Overview seen_;
  std::vector<std::string> notes_;
};

}  // namespace

int top(const std::vector<std::string>& arguments) {
  auto parsed = parse_top_arguments(arguments);
  if (!parsed) return complain(parsed.error());
  if (parsed->help || parsed->explain) {
    std::fputs((parsed->help ? top_help() : top_explanation()).c_str(), stdout);
    return 0;
  }
  auto setting = setting_of(*parsed);
  if (!setting) return complain(setting.error());
  auto signals = os::signal_fd({SIGINT, SIGTERM, SIGHUP});
  if (!signals) return complain(signals.error());
  const SystemClock clock;
  return Top(*parsed, std::move(*setting), clock, std::move(*signals)).run();
}

}  // namespace duress::cli
