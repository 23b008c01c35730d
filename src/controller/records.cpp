#include "controller/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace duress::controller {

namespace {

using spec::ContainerReport;
using spec::Injection;

struct Seen {
  const ContainerReport* report = nullptr;
  const OrderView* view = nullptr;
  bool holds = true;  // what its node told still does

  [[nodiscard]] bool is_injected() const {
    return report != nullptr && holds && report->injection == Injection::kInjected;
  }
};

AgentLife agent_on(const Facts& facts, const std::string& node) {
  return facts.inventory.agents ? facts.inventory.agents->on(node) : AgentLife::kRuns;
}

bool is_lost(const Facts& facts, const std::string& node) {
  const auto found = facts.inventory.nodes.find(node);
  return found != facts.inventory.nodes.end() && found->second.lost;
}

bool still_holds(const Facts& facts, const std::string& node) {
  return agent_on(facts, node) == AgentLife::kRuns && !is_lost(facts, node);
}

std::string is_down(const Facts& facts, const std::string& node, bool was_stressed) {
  if (is_lost(facts, node))
    return "nothing has been heard of node " + node +
           (was_stressed ? ": its agent releases what it stresses once it is without contact for "
                           "agent.disconnectedFor"
                         : "") +
           "; kubectl describe node " + node;
  return "the agent on node " + node + " does not run" +
         (was_stressed ? ": what it stressed was released with it" : "") + "; " +
         facts.inventory.agents->to_look(node);
}

// What each node says of each container.
std::map<std::string, Seen> reports_of(const Facts& facts) {
  std::map<std::string, Seen> out;
  for (const auto& [name, view] : facts.book) {
    if (view.experiment_uid != facts.experiment.uid) continue;
    const bool holds = still_holds(facts, view.order.node);
    for (const ContainerReport& report : view.report.containers) {
      Seen& known = out[report.ns + "/" + report.pod + "/" + report.container];
      const Seen seen{&report, &view, holds};
      // Of a Pod that went from one node to another, the one that is under stress counts.
      if (known.report == nullptr || seen.is_injected()) known = seen;
    }
  }
  return out;
}

void add_event(Record& record, RecordEvent event) {
  record.events.push_back(std::move(event));
  if (record.events.size() > kMostRecordEvents) record.events.erase(record.events.begin());
}

bool is_told(const Record& record, const std::string& failure) {
  return std::ranges::any_of(record.events, [&](const RecordEvent& event) {
    return event.type == "Failed" && event.message == failure;
  });
}

// Another load than the one that was told of: its container has been restarted.
bool is_new_load(const Record& before, const ContainerReport& report) {
  return !before.injected ||
         (before.measured.since && report.since && *before.measured.since != *report.since);
}

// What is over has no level any more; what happened stays told.
void clear_levels(ContainerReport& measured) {
  measured.injection = Injection::kNotInjected;
  measured.held.reset();
  measured.usage.reset();
  measured.working_set.reset();
  measured.cpu_got.reset();
  measured.since.reset();
  measured.message.clear();
}

// Of a load that ended with its agent, waits for it, or is on a node that nothing is heard of. What
// had failed, was released or foretold stays told.
std::string why_down(const Seen& seen, const Facts& facts) {
  if (seen.report == nullptr || seen.holds) return "";
  const Injection told = seen.report->injection;
  if (told != Injection::kInjected && told != Injection::kWaiting) return "";
  return is_down(facts, seen.view->order.node, told == Injection::kInjected);
}

Record next_record(const Record& before, const Seen& seen, const Facts& facts) {
  const WallTime now = facts.now;
  Record out = before;
  const bool injected = seen.is_injected();
  const std::string down = why_down(seen, facts);
  if (injected && is_new_load(before, *seen.report)) {
    out.injected_count += 1;
    add_event(out, {"Succeeded", "Apply", "", now});
  }
  if (!injected && before.injected) {
    out.recovered_count += 1;
    add_event(out, {"Succeeded", "Recover", down, now});
  }
  out.injected = injected;
  if (seen.report == nullptr) {
    clear_levels(out.measured);
    return out;
  }
  out.measured = *seen.report;
  if (!down.empty()) {
    clear_levels(out.measured);
    out.measured.message = down;
  }
  const bool failed = seen.report->injection == Injection::kFailed;
  if (failed && !facts.experiment.preflight && !is_told(before, seen.report->message))
    add_event(out, {"Failed", "Apply", seen.report->message, now});
  return out;
}

const OrderView* order_of(const Facts& facts, const Target& target) {
  const auto found = facts.book.find(spec::node_stress_name(facts.experiment.uid, target.node));
  return found == facts.book.end() ? nullptr : &found->second;
}

// Why nothing can come of a target as things are. Its order stays: an agent may come.
std::string refusal_of(const Facts& facts, const Target& target) {
  if (!target.refusal.empty()) return target.refusal;
  const OrderView* order = order_of(facts, target);
  if (order != nullptr && is_answered(*order) && !order->report.problem.empty())
    return "the agent of node " + target.node + " cannot carry this out: " + order->report.problem +
           "; are controller and agent of the same version? kubectl duress doctor";
  if (agent_on(facts, target.node) != AgentLife::kNone) return "";
  // One that has answered is being replaced.
  if (order != nullptr && order->report.observed_generation > 0) return "";
  return "no duress agent on node " + target.node +
         ": Windows and virtual nodes are not served, or the chart's agent.nodeSelector or "
         "agent.tolerations leave it out; " +
         facts.inventory.agents->to_look(target.node);
}

// Why a target that no node reports on is not under stress.
std::string why_not(const Facts& facts, const Target& target) {
  if (!still_holds(facts, target.node)) return is_down(facts, target.node, false);
  const OrderView* order = order_of(facts, target);
  if (order == nullptr) return "";
  const OrderView& view = *order;
  if (is_answered(view) || facts.now - view.ordered < kSilentAfter) return "";
  return "node " + target.node +
         " has not answered: does a duress agent run there? kubectl get pods -A -o wide "
         "--field-selector spec.nodeName=" +
         target.node;
}

class Builder final {
 public:
  explicit Builder(const Facts& facts) : facts_(facts), reports_(reports_of(facts)) {}

  Records build() {
    if (facts_.will == Will::kRun || facts_.will == Will::kPaused) {
      for (const Target& target : facts_.targets) add_target(target);
      add_leaving();
    } else {
      for (const Record& before : facts_.experiment.status.records)
        add(next_record(before, seen(before.id), facts_));
      out_.targets = static_cast<std::int64_t>(out_.all.size());
    }
    std::ranges::sort(out_.all, {}, &Record::id);
    return std::move(out_);
  }

 private:
  Seen seen(const std::string& id) const {
    const auto found = reports_.find(id);
    return found == reports_.end() ? Seen{} : found->second;
  }

  bool is_current(const OrderView& view) const {
    return is_answered(view) &&
           std::ranges::find(facts_.changes, view.name, &OrderAction::name) == facts_.changes.end();
  }

  void add(Record record) {
    out_.injected += record.injected ? 1 : 0;
    out_.all.push_back(std::move(record));
  }

  void add_target(const Target& target) {
    const std::string id = target.key();
    const Record* before = record_of(facts_.experiment.status, id);
    const Seen what = seen(id);
    Record record = next_record(before != nullptr ? *before : Record{.id = id}, what, facts_);
    if (what.report == nullptr) record.measured.message = why_not(facts_, target);
    if (const std::string why = refusal_of(facts_, target); !why.empty() && !record.injected)
      refuse(record, why);
    const bool failed = record.measured.injection == Injection::kFailed;
    out_.targets += 1;
    // What runs may be the load of before a change that its node has not seen yet.
    out_.on_target += record.injected && is_current(*what.view) ? 1 : 0;
    out_.failed += !record.injected && failed ? 1 : 0;
    const bool is_foretold =
        record.measured.preflight && what.report != nullptr && is_current(*what.view);
    out_.answered += failed || is_foretold ? 1 : 0;
    targets_.insert(id);
    add(std::move(record));
  }

  void refuse(Record& record, const std::string& why) const {
    record.measured.injection = Injection::kFailed;
    record.measured.message = why;
    if (!facts_.experiment.preflight && !is_told(record, why))
      add_event(record, {"Failed", "Apply", why, facts_.now});
  }

  // No target any more, but still under stress: told until it is not.
  void add_leaving() {
    for (const Record& before : facts_.experiment.status.records) {
      if (targets_.contains(before.id)) continue;
      Record record = next_record(before, seen(before.id), facts_);
      if (record.injected) add(std::move(record));
    }
  }

  const Facts& facts_;
  std::map<std::string, Seen> reports_;
  std::set<std::string> targets_;
  Records out_;
};

std::string size_text(const spec::MemoryLoad& memory) {
  if (const auto* bytes = std::get_if<Bytes>(&memory.size)) return format_bytes(*bytes);
  return fmt::format("{:g}%", std::get<Percent>(memory.size).value);
}

std::optional<Bytes> level_of(const spec::MemoryLoad& load, const ContainerReport& measured) {
  if (load.mode == spec::Mode::kAdd) return measured.held;
  return load.metric == spec::Metric::kWorkingSet ? measured.working_set : measured.usage;
}

}  // namespace

Records next_records(const Facts& facts) { return Builder(facts).build(); }

std::string answers_text(const std::vector<Record>& records) {
  std::map<std::string, int> counts;
  for (const Record& record : records) {
    if (record.measured.preflight) counts[record.measured.preflight->answer] += 1;
  }
  std::string out;
  for (const auto& [answer, count] : counts)
    out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + answer;
  return out;
}

std::string asked_text(const spec::Stressors& loads) {
  if (!loads.stressng.empty()) return "stress-ng " + quoted(loads.stressng, 40);
  std::string out;
  if (loads.memory)
    out = (loads.memory->mode == spec::Mode::kReach ? "reach " : "") + size_text(*loads.memory);
  if (!loads.cpu) return out;
  if (!out.empty()) out += ", ";
  if (loads.cpu->mode == spec::Mode::kReach) out += "reach ";
  return out + fmt::format("{} x {:g}% CPU", loads.cpu->workers, loads.cpu->load.value);
}

std::string got_text(const spec::Stressors& loads, const std::vector<Record>& records) {
  std::optional<std::pair<Bytes, Bytes>> memory;
  std::optional<std::pair<double, double>> cpu;
  const auto widen = [](auto& range, auto value) {
    if (!range) range.emplace(value, value);
    range->first = std::min(range->first, value);
    range->second = std::max(range->second, value);
  };
  for (const Record& record : records) {
    if (!record.injected) continue;
    if (loads.memory)
      if (const auto level = level_of(*loads.memory, record.measured)) widen(memory, *level);
    if (record.measured.cpu_got) widen(cpu, record.measured.cpu_got->value);
  }
  std::string out;
  if (memory) {
    out = format_bytes(memory->second);
    if (const std::string least = format_bytes(memory->first); least != out)
      out = least + " to " + out;
  }
  if (!cpu) return out;
  if (!out.empty()) out += ", ";
  const std::string most = fmt::format("{:.2f}", cpu->second);
  const std::string least = fmt::format("{:.2f}", cpu->first);
  return out + (least == most ? most : least + " to " + most) + " CPU";
}

}  // namespace duress::controller
