#include "cli/rehearse_view.h"

#include <algorithm>
#include <deque>
#include <ranges>

#include "observe/overview.h"
#include "render/overview_table.h"
#include "render/screen.h"
#include "render/table.h"
#include "render/wrap.h"

namespace duress::cli {

namespace {

using rehearse::ContainerState;
using rehearse::PodState;
using rehearse::Stage;
using render::Paint;

std::string clock_text(Duration at) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(at).count();
  const std::string rest = std::to_string(whole % 60);
  return std::to_string(whole / 60) + (rest.size() < 2 ? ":0" : ":") + rest;
}

std::string short_time(Duration time) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(time));
}

// Of a name its end is what tells it from others.
std::string padded(std::string text, std::size_t wide, bool right = false) {
  const std::size_t has = render::width(text);
  if (has > wide) return "…" + text.substr(text.size() - std::min(text.size(), wide - 1));
  text.insert(right ? 0 : text.size(), wide - has, ' ');
  return text;
}

// The Pod's name says enough where it has one container.
std::string title(const PodState& pod, const ContainerState& container) {
  return pod.containers.size() == 1 ? pod.name : pod.name + "/" + container.name;
}

Paint paint_of(const ContainerState& container) {
  if (container.stopping || container.stage == Stage::kTerminated) return Paint::kRed;
  if (container.stage == Stage::kWaiting) return Paint::kYellow;
  return container.ready ? Paint::kGreen : Paint::kYellow;
}

observe::Row row_of(const observe::Look& look) {
  observe::Row row;
  row.memory = look.memory;
  row.limit = look.limit.value_or(look.node_available + look.memory.usage);
  row.workers.resident = look.workers;
  return row;
}

class View {
 public:
  View(const RehearsalSight& sight, const ViewOptions& options)
      : sight_(sight), options_(options), wide_(static_cast<std::size_t>(options.columns)) {}

  std::vector<std::string> lines() {
    head();
    const auto rows = static_cast<std::size_t>(std::max(options_.rows, 10));
    // Details where they leave room for the events; else one line a container.
    const std::size_t events = std::min<std::size_t>(sight_.events.size() + 1, 7);
    std::vector<std::string> body = containers(true);
    const std::size_t room = rows - out_.size() - events - 1;
    if (body.size() > room) body = containers(false);
    if (body.size() > room) {
      const std::size_t hidden = body.size() - room + 1;
      body.resize(room - 1);
      body.push_back(dim("and " + std::to_string(hidden) + " more"));
    }
    out_.insert(out_.end(), body.begin(), body.end());
    out_.emplace_back();
    tail(rows);
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string dim(const std::string& text) const {
    return render::paint(text, Paint::kDim, options_.colour);
  }

  void head() {
    std::string line = render::paint("duress rehearse", Paint::kBold, options_.colour) + "  " +
                       clock_text(sight_.at);
    if (sight_.stopping) {
      line += "  ending";
    } else if (!sight_.loaded) {
      line += "  waiting until every Pod is ready";
    } else {
      line += "  under stress for " + clock_text(*sight_.loaded) +
              (sight_.left ? ", " + clock_text(*sight_.left) + " left" : ", no end");
    }
    if (render::width(line) + 2 + render::width(sight_.machine) <= wide_)
      line += dim("  " + sight_.machine);
    out_.push_back(line);
    const std::size_t name = name_width();
    out_.push_back(render::paint(padded("CONTAINER", name) + "  " + padded("STATE", kState) +
                                     "  READY  RESTARTS      USAGE      LIMIT",
                                 Paint::kBold, options_.colour));
  }

  [[nodiscard]] std::size_t name_width() const {
    std::size_t need = 9;
    for (const PodState& pod : sight_.pods) {
      for (const ContainerState& container : pod.containers)
        need = std::max(need, render::width(title(pod, container)));
    }
    constexpr std::size_t kOthers = 2 + kState + 39;
    return std::clamp<std::size_t>(need, 9, wide_ > kOthers + 9 ? wide_ - kOthers : 9);
  }

  [[nodiscard]] const ContainerSight* seen(std::size_t pod, std::size_t container) const {
    const auto found = std::ranges::find_if(sight_.containers, [&](const ContainerSight& one) {
      return one.pod == pod && one.container == container;
    });
    return found == sight_.containers.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::vector<std::string> containers(bool details) const {
    std::vector<std::string> out;
    for (std::size_t p = 0; p < sight_.pods.size(); ++p) {
      const PodState& pod = sight_.pods[p];
      for (std::size_t c = 0; c < pod.containers.size(); ++c) {
        const ContainerSight* const sight = seen(p, c);
        out.push_back(row(pod, pod.containers[c], sight));
        if (details) add_details(pod, pod.containers[c], sight, out);
      }
    }
    return out;
  }

  [[nodiscard]] std::string row(const PodState& pod, const ContainerState& container,
                                const ContainerSight* sight) const {
    const bool known = sight != nullptr && sight->look && container.stage == Stage::kRunning;
    const std::string usage = known ? format_bytes(sight->look->memory.usage) : "-";
    const std::string limit =
        known && sight->look->limit ? format_bytes(*sight->look->limit) : (known ? "none" : "-");
    const std::string state =
        padded(state_text(container, container.since.value_or(Instant{}) + age(container)), kState);
    return render::cut_line(padded(title(pod, container), name_width()) + "  " +
                                render::paint(state, paint_of(container), options_.colour) + "  " +
                                padded(container.ready ? "yes" : "no", 5) + "  " +
                                padded(std::to_string(container.restarts), 8, true) + "  " +
                                padded(usage, 9, true) + "  " + padded(limit, 9, true),
                            wide_);
  }

  // The states' times are of the clock that the sight was taken by.
  [[nodiscard]] Duration age(const ContainerState& container) const {
    return container.since ? std::max<Duration>(Duration(0), sight_.now - *container.since)
                           : Duration(0);
  }

  void add_details(const PodState& pod, const ContainerState& container,
                   const ContainerSight* sight, std::vector<std::string>& out) const {
    if (sight != nullptr && sight->look && container.stage == Stage::kRunning) {
      const std::size_t gauge = std::min<std::size_t>(wide_ - 4, 60);
      const render::TableLook look{
          .width = gauge, .colour = options_.colour, .utf8 = options_.utf8, .with_load = true};
      out.push_back("  " + render::gauge(row_of(*sight->look), gauge, look));
    }
    std::string facts = std::string(name_of(pod.qos)) + ", oom_score_adj " +
                        std::to_string(container.oom_score_adj);
    if (const std::string probes = probes_text(container); !probes.empty()) facts += "; " + probes;
    out.push_back(render::cut_line("  " + dim(facts), wide_));
    if (sight == nullptr) return;
    for (const LoadSight& load : sight->loads)
      out.push_back(render::cut_line("  " + load_text(load), wide_));
  }

  [[nodiscard]] static std::string load_text(const LoadSight& load) {
    std::string text = "load " + load.experiment + ": ";
    switch (load.stage) {
      case rehearse::LoadStage::kWaiting:
        return text + "waits";
      case rehearse::LoadStage::kOver:
        return text + "over: " + load.last_word;
      case rehearse::LoadStage::kOn:
        break;
    }
    text += load.held ? "holds " + format_bytes(*load.held) : "on";
    if (load.asked) text += " of " + format_bytes(*load.asked);
    if (load.times > 1) text += ", started " + std::to_string(load.times) + " times";
    return text;
  }

  void tail(std::size_t rows) {
    const render::TableLook look{
        .width = wide_, .colour = options_.colour, .utf8 = options_.utf8, .with_load = true};
    std::string head = render::paint("EVENTS", Paint::kBold, options_.colour) + dim("  q ends");
    if (wide_ >= kWithLegend) head += "   " + render::gauge_legend(look);
    out_.push_back(head);
    const std::size_t room = rows - std::min(rows, out_.size());
    std::deque<std::string> lines;
    for (const EventSight& event : std::views::reverse(sight_.events)) {
      std::vector<std::string> of_one = event_lines(event);
      if (lines.size() + of_one.size() > room) break;
      lines.insert(lines.begin(), of_one.begin(), of_one.end());
    }
    out_.insert(out_.end(), lines.begin(), lines.end());
  }

  [[nodiscard]] std::vector<std::string> event_lines(const EventSight& event) const {
    std::string text = event.reason;
    if (event.count > 1) text += " (x" + std::to_string(event.count) + ")";
    text += "  " + (event.who.empty() ? "" : short_name(event.who) + ": ") + event.text;
    std::vector<std::string> out;
    const Paint how = event.warning ? Paint::kYellow : Paint::kPlain;
    std::string start = padded(clock_text(event.at), 5, true) + "  ";
    for (const std::string& line : render::wrapped(text, wide_ - start.size())) {
      out.push_back(render::paint(start + line, how, options_.colour));
      start.assign(start.size(), ' ');
    }
    return out;
  }

  // With one Pod, or a container's name that only one has, that name is enough.
  [[nodiscard]] std::string short_name(const std::string& who) const {
    const std::size_t slash = who.find('/');
    const std::string container = slash == std::string::npos ? who : who.substr(slash + 1);
    std::ptrdiff_t with_it = 0;
    for (const PodState& pod : sight_.pods)
      with_it += std::ranges::count(pod.containers, container, &ContainerState::name);
    return with_it == 1 ? container : who;
  }

  static constexpr std::size_t kWithLegend = 70;
  static constexpr std::size_t kState = 16;
  const RehearsalSight& sight_;
  ViewOptions options_;
  std::size_t wide_;
  std::vector<std::string> out_;
};

}  // namespace

std::string state_text(const ContainerState& container, Instant now) {
  const std::string since =
      container.since ? " " + short_time(std::max<Duration>(Duration(0), now - *container.since))
                      : std::string();
  if (container.stopping) return "Terminating" + since;
  switch (container.stage) {
    case Stage::kRunning:
      return "Running" + since;
    case Stage::kWaiting:
      return (container.reason.empty() ? "Waiting" : container.reason) + since;
    case Stage::kTerminated:
      return container.reason.empty() ? "Terminated" : container.reason;
  }
  return "";
}

std::string probes_text(const ContainerState& container) {
  std::string out;
  for (const rehearse::ProbeState& probe : container.probes) {
    if (probe.runs == 0) continue;
    std::string name(rehearse::name_of(probe.kind));
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    out += (out.empty() ? "" : ", ") + name;
    if (probe.last == rehearse::ProbeOutcome::kSuccess) {
      out += " ok";
    } else {
      out += " failed";
      if (probe.in_a_row > 0) out += " " + std::to_string(probe.in_a_row) + "x";
    }
  }
  return out;
}

std::vector<std::string> rehearse_lines(const RehearsalSight& sight, const ViewOptions& options) {
  return View(sight, options).lines();
}

}  // namespace duress::cli
