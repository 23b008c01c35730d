#include "agent/report.h"

#include <algorithm>
#include <cmath>

namespace duress::agent {

namespace {

using spec::ContainerReport;
using spec::Injection;

// The order is in the same object: names and IDs stand there once more.
constexpr std::size_t kMostObject = 256UL * 1024;
constexpr std::size_t kRest = 8UL * 1024;  // metadata, the loads
constexpr std::size_t kFigures = 540;      // of a container, with their names, in order and report
constexpr std::size_t kPreflightFigures = 400;
constexpr std::size_t kMostText = 400;
constexpr std::size_t kLeastText = 16;
constexpr std::size_t kMostProblem = 1024;
constexpr std::size_t kTexts = 4;           // of a container
constexpr std::size_t kPreflightTexts = 3;  // beside them; sentences of a kind are one
constexpr std::size_t kMostSentences = 8;   // of a preflight, of a kind

// A reading flutters by what the CPUs keep in stock.
constexpr Bytes kFlutter = kib(256);
constexpr Cores kCoresFlutter{0.01};
constexpr double kMoved = 0.01;
constexpr double kThere = 0.95;

bool moved(const std::optional<Bytes>& before, const std::optional<Bytes>& now) {
  if (!before || !now) return false;  // a change of state
  const std::int64_t by = std::abs(now->value - before->value);
  return by > mib(1).value ||
         (by > kFlutter.value &&
          static_cast<double>(by) > kMoved * static_cast<double>(before->value));
}

bool moved(const std::optional<Cores>& before, const std::optional<Cores>& now) {
  if (!before || !now) return false;
  const double by = std::abs(now->value - before->value);
  return by > kCoresFlutter.value && by > kMoved * before->value;
}

// Same figures, so that only the state is left to compare. Which are there at all is state.
void take_figures(ContainerReport& to, const ContainerReport& from) {
  const auto take = [](auto& into, const auto& value) {
    if (into && value) into = value;
  };
  take(to.asked, from.asked);  // a ramp's
  take(to.held, from.held);
  take(to.usage, from.usage);
  take(to.working_set, from.working_set);
  take(to.cpu_got, from.cpu_got);
}

bool same_state(const spec::NodeReport& told, spec::NodeReport now) {
  if (told.containers.size() != now.containers.size()) return false;
  for (std::size_t i = 0; i < now.containers.size(); ++i)
    take_figures(now.containers[i], told.containers[i]);
  return told == now;
}

bool figures_moved(const spec::NodeReport& told, const spec::NodeReport& now) {
  for (std::size_t i = 0; i < now.containers.size(); ++i) {
    const ContainerReport& a = told.containers[i];
    const ContainerReport& b = now.containers[i];
    if (moved(a.asked, b.asked) || moved(a.held, b.held) || moved(a.usage, b.usage) ||
        moved(a.working_set, b.working_set) || moved(a.cpu_got, b.cpu_got))
      return true;
  }
  return false;
}

void cut(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  std::size_t end = most - 3;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  text += "...";
}

// All of one kind together.
void cut(std::vector<std::string>& sentences, std::size_t most) {
  std::size_t left = std::min(most, kMostText * kMostSentences);
  std::size_t kept = 0;
  for (std::string& sentence : sentences) {
    if (kept == kMostSentences || left < kLeastText) break;
    cut(sentence, std::min(left, kMostText));
    left -= std::min(left, sentence.size());
    ++kept;
  }
  sentences.resize(kept);
}

std::size_t size_without_texts(const ContainerReport& container) {
  return kFigures + (container.preflight ? kPreflightFigures : 0) +
         2 * (container.ns.size() + container.pod.size() + container.container.size() +
              container.id.size());
}

}  // namespace

ContainerStory::ContainerStory(ContainerReport before)
    : report_(std::move(before)),
      kills_before_(report_.kills),
      oom_kills_before_(report_.oom_kills) {
  if (report_.injection == Injection::kInjected) report_.injection = Injection::kWaiting;
  report_.since.reset();
  forget_figures();
}

void ContainerStory::forget_figures() {
  report_.held.reset();
  report_.usage.reset();
  report_.working_set.reset();
  report_.limit.reset();
  report_.cpu_got.reset();
}

void ContainerStory::starts(const std::string& id) {
  if (!report_.id.empty() && report_.id != id && report_.times > 0) {
    ++report_.restarts;
    report_.event = "the container was restarted";
  }
  report_.id = id;
  report_.injection = Injection::kWaiting;
  report_.since.reset();
  report_.reached = false;
  report_.guarded = false;
  report_.message = "the load is being started";
  report_.forecast.clear();
  ++report_.times;
  kills_before_ = report_.kills;
  oom_kills_before_ = report_.oom_kills;
  throttled_before_ = metered_.throttled;
  forget_figures();
}

void ContainerStory::foretells(const std::string& id) {
  report_ = {};
  report_.id = id;
  report_.message = "it is being foretold";
}

void ContainerStory::hear_foretold(const LoadForetold& foretold) {
  report_.injection = Injection::kNotInjected;
  report_.message.clear();
  report_.asked = foretold.asked;
  report_.usage = foretold.usage;
  report_.working_set = foretold.working_set;
  report_.limit = foretold.limit;
  report_.forecast = foretold.sentence;
  report_.preflight = foretold.told;
}

void ContainerStory::hear_plan(const LoadPlanned& planned) {
  report_.asked = planned.plan.memory;
  report_.cpu_asked = planned.plan.cpu;
  if (planned.foretold && planned.foretold->answer != "safe")
    report_.forecast = planned.foretold->sentence;
}

void ContainerStory::hear_sample(const LoadSampled& sampled) {
  if (report_.asked) {
    report_.asked = sampled.asked;
    report_.held = sampled.held;
  }
  if (report_.cpu_asked) {
    report_.cpu_asked = sampled.cpu_asked;
    report_.cpu_got = sampled.cpu_got;
    // Only of memory does a load itself say that it is there.
    if (!report_.asked && sampled.cpu_asked && sampled.cpu_got &&
        *sampled.cpu_got >= *sampled.cpu_asked * kThere)
      report_.reached = true;
  }
  report_.usage = sampled.usage;
  report_.working_set = sampled.working_set;
  report_.limit = sampled.limit;
  report_.kills = kills_before_ + sampled.kills;
  report_.oom_kills = oom_kills_before_ + sampled.oom_kills;
  metered_.throttled = throttled_before_ + sampled.throttled;
}

void ContainerStory::hear(const LoadNews& news, WallTime now) {
  if (const auto* planned = std::get_if<LoadPlanned>(&news)) return hear_plan(*planned);
  if (const auto* foretold = std::get_if<LoadForetold>(&news)) return hear_foretold(*foretold);
  if (const auto* sampled = std::get_if<LoadSampled>(&news)) return hear_sample(*sampled);
  if (const auto* told = std::get_if<LoadTold>(&news)) report_.event = told->what;
  if (std::holds_alternative<LoadReached>(news)) report_.reached = true;
  if (std::holds_alternative<LoadStarted>(news)) {
    report_.injection = Injection::kInjected;
    report_.since = now;
    report_.message.clear();
  }
}

void ContainerStory::ended(const LoadOver& over, const LoadEnding& ending) {
  forget_figures();
  report_.since.reset();
  report_.kills = kills_before_ + over.end.kills;
  report_.oom_kills = std::max(report_.oom_kills, oom_kills_before_ + over.oom_kills);
  const std::string& reason = over.end.reason;
  // However a load ended that we were ending: it is released, and may begin again elsewhere.
  const bool failed = ending.ours.empty() &&
                      (over.silent || reason == "failed" || reason == "heldUp" ||
                       reason == "guard" || reason == "stressorKilled" || reason == "signal");
  const bool waits = reason == "targetEnded" || ending.begins_again;
  report_.injection = waits    ? Injection::kWaiting
                      : failed ? Injection::kFailed
                               : Injection::kNotInjected;
  report_.guarded = reason == "guard";
  report_.message = ending.ours.empty() ? over.end.message : ending.ours;
  if (ending.begins_again) report_.message += ": it is begun again";
  report_.event = report_.message;
  for (const std::string& left : over.end.left_behind) report_.message += "; left behind: " + left;
}

void ContainerStory::asked_anew() {
  if (report_.injection != Injection::kFailed) return;
  report_.injection = Injection::kWaiting;
  report_.guarded = false;
  report_.message.clear();
}

void ContainerStory::refused(const std::string& why) {
  forget_figures();
  report_.injection = Injection::kFailed;
  report_.message = why;
}

void ContainerStory::held_back() {
  forget_figures();
  report_.injection = Injection::kWaiting;
  --report_.times;
}

void ContainerStory::waits(const std::string& why) {
  // What became of a load that ended is worth more than that nothing is on.
  if (report_.injection == Injection::kWaiting || report_.id.empty()) report_.message = why;
}

void fit(spec::NodeReport& report) {
  cut(report.problem, kMostProblem);
  std::size_t taken = kRest;
  std::size_t texts = 0;
  for (const ContainerReport& container : report.containers) {
    taken += size_without_texts(container);
    texts += kTexts + (container.preflight ? kPreflightTexts : 0);
  }
  if (texts == 0) return;
  const std::size_t each =
      std::max(kMostObject > taken ? (kMostObject - taken) / texts : 0, kLeastText);
  const std::size_t most = std::min(each, kMostText);
  for (ContainerReport& container : report.containers) {
    for (std::string* text :
         {&container.event, &container.message, &container.forecast, &container.verdict})
      cut(*text, most);
    if (!container.preflight) continue;
    cut(container.preflight->level, most);
    cut(container.preflight->follows, each);
    cut(container.preflight->advice, each);
  }
}

std::optional<Duration> ReportPacer::due_in(const spec::NodeReport& report, Instant now) const {
  if (!at_) return Duration(0);
  // Whoever deletes the experiment waits for it, and an order is released once.
  if (told_ && report.released && !told_->released) return Duration(0);
  const auto after = [&](Duration time) {
    return std::max<Duration>(Duration(0), *at_ + time - now);
  };
  if (!told_ || !same_state(*told_, report)) return after(kAtMostEvery);
  const bool is_watched = watched_until_ && now < *watched_until_;
  if (is_watched && *told_ != report) return after(kAtMostEvery);
  if (figures_moved(*told_, report)) return after(figures_every_);
  return std::nullopt;
}

void ReportPacer::wrote(const spec::NodeReport& report, Instant now) {
  told_ = report;
  at_ = now;
}

}  // namespace duress::agent
