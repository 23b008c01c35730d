#include "cli/rehearse_teller.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/rehearse_view.h"
#include "render/screen.h"

namespace duress::cli {

namespace {

using nlohmann::ordered_json;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string line_of(const EventSight& event) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(event.at).count() / 100;
  std::string at = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "s";
  at.insert(0, at.size() < 8 ? 8 - at.size() : 0, ' ');
  return at + "  " + (event.warning ? "Warning  " : "Normal   ") + event.reason + "  " +
         (event.who.empty() ? "" : event.who + ": ") + event.text;
}

// Lines one after another; where nobody looks at a terminal, that is what there is.
class LineTeller final : public RehearseTeller {
 public:
  LineTeller(std::FILE* out, bool quiet) : out_(out), quiet_(quiet) {}
  void noted(const std::vector<std::string>& notes) override {
    if (quiet_) return;
    for (const std::string& note : notes) std::fprintf(out_, "note: %s\n", note.c_str());
    std::fflush(out_);
  }
  void happened(const EventSight& event) override {
    if (quiet_) return;
    std::fprintf(out_, "%s\n", line_of(event).c_str());
    std::fflush(out_);
  }
  void looked(const RehearsalSight& /*sight*/) override {}
  void ended(const RehearsalResult& result) override {
    std::fprintf(out_, "\n%s", summary_text(result).c_str());
    std::fflush(out_);
  }

 private:
  std::FILE* out_;
  bool quiet_;
};

class ScreenTeller final : public RehearseTeller {
 public:
  explicit ScreenTeller(std::FILE* out) : screen_(out), lines_(out, false) {}
  void noted(const std::vector<std::string>& notes) override { notes_ = notes; }
  void happened(const EventSight& event) override {
    if (past_.size() == kMostPast) past_.pop_front();
    past_.push_back(line_of(event));
  }
  void looked(const RehearsalSight& sight) override {
    const render::ScreenSize size = screen_.size();
    (void)screen_.draw(rehearse_lines(sight, {.columns = size.columns,
                                              .rows = size.rows,
                                              .colour = screen_.has_colour(),
                                              .utf8 = screen_.has_utf8()}));
  }
  // What the screen showed is gone with it: the terminal keeps the events and what came of them.
  void ended(const RehearsalResult& result) override {
    screen_.close();
    lines_.noted(notes_);
    for (const std::string& line : past_) std::puts(line.c_str());
    lines_.ended(result);
  }
  [[nodiscard]] int keys() const override { return STDIN_FILENO; }
  [[nodiscard]] bool wants_end() override {
    const render::Key key = screen_.next_key(std::chrono::milliseconds(0));
    return key.is("q") || key.kind == render::KeyKind::kClosed;
  }

 private:
  static constexpr std::size_t kMostPast = 10'000;
  render::Screen screen_;
  LineTeller lines_;
  std::vector<std::string> notes_;
  std::deque<std::string> past_;
};

ordered_json look_json(const RehearsalSight& sight) {
  ordered_json containers = ordered_json::array();
  for (const ContainerSight& one : sight.containers) {
    const rehearse::PodState& pod = sight.pods[one.pod];
    const rehearse::ContainerState& state = pod.containers[one.container];
    ordered_json loads = ordered_json::array();
    for (const LoadSight& load : one.loads) {
      loads.push_back({{"experiment", load.experiment},
                       {"on", load.stage == rehearse::LoadStage::kOn},
                       {"times", load.times},
                       {"askedBytes", load.asked ? ordered_json(load.asked->value) : nullptr},
                       {"heldBytes", load.held ? ordered_json(load.held->value) : nullptr}});
    }
    ordered_json item = {
        {"namespace", pod.ns},        {"pod", pod.name},
        {"container", state.name},    {"state", std::string(rehearse::name_of(state.stage))},
        {"reason", state.reason},     {"ready", state.ready},
        {"restarts", state.restarts}, {"loads", loads}};
    if (one.look) {
      item["usageBytes"] = one.look->memory.usage.value;
      item["workingSetBytes"] = one.look->memory.working_set().value;
      item["duressBytes"] = one.look->workers.value;
      item["limitBytes"] = one.look->limit ? ordered_json(one.look->limit->value) : nullptr;
      item["oomKills"] = one.look->oom_kills;
    }
    containers.push_back(std::move(item));
  }
  return {{"type", "look"}, {"atSeconds", seconds(sight.at)}, {"containers", containers}};
}

// One object a line, or one with everything at the end.
class JsonTeller final : public RehearseTeller {
 public:
  JsonTeller(std::FILE* out, bool lines, bool quiet) : out_(out), lines_(lines), quiet_(quiet) {}
  void noted(const std::vector<std::string>& notes) override {
    if (lines_) return print({{"type", "begin"}, {"notes", notes}});
    whole_["notes"] = notes;
    whole_["events"] = ordered_json::array();
  }
  void happened(const EventSight& event) override {
    ordered_json value = {{"type", "event"},          {"atSeconds", seconds(event.at)},
                          {"warning", event.warning}, {"reason", event.reason},
                          {"who", event.who},         {"message", event.text}};
    if (lines_) {
      if (!quiet_) print(value);
    } else if (whole_["events"].size() < kMostEvents) {
      value.erase("type");
      whole_["events"].push_back(std::move(value));
    }
  }
  void looked(const RehearsalSight& sight) override {
    if (!lines_ || quiet_ || sight.at - last_look_ < std::chrono::seconds(1)) return;
    last_look_ = sight.at;
    print(look_json(sight));
  }
  void ended(const RehearsalResult& result) override {
    if (lines_) return print(summary_json(result));
    const ordered_json end = summary_json(result);
    for (const auto& [name, value] : end.items()) {
      if (name != "type") whole_[name] = value;
    }
    print(whole_);
  }

 private:
  static constexpr std::size_t kMostEvents = 10'000;
  void print(const ordered_json& value) {
    std::fprintf(out_, "%s\n",
                 value.dump(-1, ' ', false, ordered_json::error_handler_t::replace).c_str());
    std::fflush(out_);
  }
  std::FILE* out_;
  bool lines_;
  bool quiet_;
  Duration last_look_{-std::chrono::seconds(1)};
  ordered_json whole_ = ordered_json::object();
};

}  // namespace

std::unique_ptr<RehearseTeller> make_teller(std::FILE* out, const TellerOptions& options) {
  if (options.format != Format::kText)
    return std::make_unique<JsonTeller>(out, options.format == Format::kJsonLines, options.quiet);
  if (options.live && !options.quiet && ::isatty(::fileno(out)) != 0)
    return std::make_unique<ScreenTeller>(out);
  return std::make_unique<LineTeller>(out, options.quiet);
}

}  // namespace duress::cli
