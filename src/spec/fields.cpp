#include "spec/fields.h"

#include <algorithm>
#include <array>
#include <utility>

namespace duress::spec {

namespace {

template <class E>
struct Name {
  std::string_view name;
  E value;
};

constexpr Name<SizeOf> kSizeOf[] = {{"total", SizeOf::kTotal}, {"worker", SizeOf::kWorker}};
constexpr Name<Mode> kMode[] = {{"add", Mode::kAdd}, {"reach", Mode::kReach}};
constexpr Name<Metric> kMetric[] = {
    {"usage", Metric::kUsage}, {"workingSet", Metric::kWorkingSet}, {"anon", Metric::kAnon}};
constexpr Name<PercentOf> kPercentOf[] = {{"limit", PercentOf::kLimit},
                                          {"request", PercentOf::kRequest},
                                          {"node", PercentOf::kNode},
                                          {"available", PercentOf::kAvailable}};
constexpr Name<CpuPercentOf> kCpuPercentOf[] = {{"core", CpuPercentOf::kCore},
                                                {"limit", CpuPercentOf::kLimit}};
constexpr Name<OomPolicy> kPolicy[] = {{"avoid", OomPolicy::kAvoid},
                                       {"stressorFirst", OomPolicy::kStressorFirst},
                                       {"appFirst", OomPolicy::kAppFirst},
                                       {"natural", OomPolicy::kNatural}};
constexpr Name<Then> kThen[] = {{"stop", Then::kStop}, {"regrow", Then::kRegrow}};
constexpr Name<bool> kSwitch[] = {{"true", true}, {"false", false}};

constexpr int kMostKills = 1'000'000;

// The setters below answer whether they took the text; the row says what is allowed.

template <class E, std::size_t N>
std::optional<E> choose(const Name<E> (&names)[N], std::string_view text) {
  const auto* const found = std::ranges::find(names, trim(text), &Name<E>::name);
  if (found == std::end(names)) return std::nullopt;
  return found->value;
}

std::optional<int> whole(std::string_view text, int least, int most) {
  const auto number = parse_integer(trim(text));
  if (!number || *number < least || *number > most) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<Bytes> size_from(std::string_view text, Bytes least) {
  const auto size = parse_size(text);
  if (!size || *size < least) return std::nullopt;
  return *size;
}

MemoryLoad& memory(Stressors& loads) {
  return loads.memory ? *loads.memory : loads.memory.emplace();
}

CpuLoad& cpu(Stressors& loads) { return loads.cpu ? *loads.cpu : loads.cpu.emplace(); }

template <class T, class Member>
bool put(const std::optional<T>& value, Stressors& loads, Member member) {
  if (!value) return false;
  const T& taken = *value;
  member(loads) = taken;
  return true;
}

bool set_memory(Stressors& loads, std::string_view text) {
  const auto size = parse_size_or_percent(text);
  if (!size) return false;
  if (const auto* bytes = std::get_if<Bytes>(&*size); bytes != nullptr && bytes->value == 0) {
    return false;
  }
  if (const auto* part = std::get_if<Percent>(&*size); part != nullptr && part->value <= 0) {
    return false;
  }
  memory(loads).size = *size;
  memory(loads).size_given = true;
  return true;
}

bool set_rewrite(Stressors& loads, std::string_view text) {
  std::string_view rate = trim(text);
  if (rate.ends_with("/s")) rate.remove_suffix(2);
  return put(size_from(rate, Bytes{0}), loads,
             [](Stressors& l) -> Bytes& { return memory(l).rewrite; });
}

bool set_ramp(Stressors& loads, std::string_view text) {
  const auto ramp = parse_duration(text);
  if (!ramp || ramp->count() < 0) return false;
  memory(loads).ramp = *ramp;
  return true;
}

bool set_cpu(Stressors& loads, std::string_view text) {
  std::string load(trim(text));
  if (!load.ends_with('%')) load += '%';
  const auto percent = parse_percent(load);
  if (!percent || percent->value < 1 || percent->value > 100) return false;
  cpu(loads).load = *percent;
  cpu(loads).load_given = true;
  return true;
}

struct Row {
  Field field;
  bool (*put)(Stressors& loads, std::string_view text);
};

constexpr std::array kRows = {
    Row{{.flag = "--memory",
         .path = "memory.size",
         .value = "SIZE|PERCENT",
         .help = "memory to hold, e.g. 200MiB or 80% (of the effective limit)",
         .allowed = "a size above 0 such as 200MiB, or a percentage such as 80%"},
        set_memory},
    Row{{.flag = "--workers",
         .path = "memory.workers",
         .value = "N",
         .help = "processes that share the memory (default: 1)",
         .allowed = "1 to 1024"},
        [](Stressors& loads, std::string_view text) {
          return put(whole(text, 1, kMostWorkers), loads,
                     [](Stressors& l) -> int& { return memory(l).workers; });
        }},
    Row{{.flag = "--size-of",
         .path = "memory.sizeOf",
         .value = "total|worker",
         .help = "whether the size is that of all workers or of each (default: total)",
         .allowed = "total or worker"},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kSizeOf, text), loads,
                     [](Stressors& l) -> SizeOf& { return memory(l).size_of; });
        }},
    Row{{.flag = "--mode",
         .path = "memory.mode",
         .value = "add|reach",
         .help = "add the size, or bring the target's own use up to it (default: add)",
         .allowed = "add or reach"},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kMode, text), loads,
                     [](Stressors& l) -> Mode& { return memory(l).mode; });
        }},
    Row{{.flag = "--metric",
         .path = "memory.metric",
         .value = "usage|workingSet|anon",
         .help = "what --mode reach steers (default: usage)",
         .allowed = "usage, workingSet or anon"},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kMetric, text), loads,
                     [](Stressors& l) -> Metric& { return memory(l).metric; });
        }},
    Row{{.flag = "--percent-of",
         .path = "memory.percentOf",
         .value = "limit|request|node|available",
         .help = "what a percentage is of (default: limit; node where there is none)",
         .allowed = "limit, request, node or available"},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kPercentOf, text), loads,
                     [](Stressors& l) -> auto& { return memory(l).percent_of; });
        }},
    Row{{.flag = "--request",
         .path = "memory.request",
         .value = "SIZE",
         .help = "the container's memory request, for --percent-of request",
         .allowed = "a size above 0 such as 200MiB"},
        [](Stressors& loads, std::string_view text) {
          return put(size_from(text, Bytes{1}), loads,
                     [](Stressors& l) -> auto& { return memory(l).request; });
        }},
    Row{{.flag = "--reserve",
         .path = "memory.reserve",
         .value = "SIZE",
         .help = "memory left free below the limit, whatever the size says",
         .allowed = "a size such as 64MiB"},
        [](Stressors& loads, std::string_view text) {
          return put(size_from(text, Bytes{0}), loads,
                     [](Stressors& l) -> Bytes& { return memory(l).reserve; });
        }},
    Row{{.flag = "--ramp",
         .path = "memory.time",
         .value = "DURATION",
         .help = "time from nothing to the size, linearly (default: at once)",
         .allowed = "a duration of 0s or more such as 30s or 1m30s"},
        set_ramp},
    Row{{.flag = "--rewrite",
         .path = "memory.rewrite",
         .value = "RATE",
         .help = "bytes a second rewritten while holding, e.g. 10MiB (default: 0)",
         .allowed = "a size a second such as 10MiB or 10MiB/s"},
        set_rewrite},
    Row{{.flag = "--swappable",
         .path = "memory.swappable",
         .value = "",
         .help = "let the kernel swap the memory out; without it, it is locked",
         .allowed = "true or false",
         .is_switch = true},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kSwitch, text), loads,
                     [](Stressors& l) -> bool& { return memory(l).swappable; });
        }},
    Row{{.flag = "--oom-score-adj",
         .path = "memory.oomScoreAdj",
         .value = "N",
         .help = "the workers' oom_score_adj (default: the application's)",
         .allowed = "-1000 to 1000"},
        [](Stressors& loads, std::string_view text) {
          return put(whole(text, -1000, 1000), loads,
                     [](Stressors& l) -> auto& { return memory(l).oom_score_adj; });
        }},
    Row{{.flag = "--when-oom",
         .path = "memory.whenOOM.policy",
         .value = "avoid|stressorFirst|appFirst|natural",
         .help = "who gives way when the limit is met (default: natural, as the kernel decides)",
         .allowed = "avoid, stressorFirst, appFirst or natural"},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kPolicy, text), loads,
                     [](Stressors& l) -> OomPolicy& { return memory(l).when_oom.policy; });
        }},
    Row{{.flag = "--max-kills",
         .path = "memory.whenOOM.maxKills",
         .value = "N",
         .help = "OOM kills of workers that end the load; 0 with --then regrow: none (default: 1)",
         .allowed = "0 to 1000000"},
        [](Stressors& loads, std::string_view text) {
          return put(whole(text, 0, kMostKills), loads,
                     [](Stressors& l) -> int& { return memory(l).when_oom.max_kills; });
        }},
    Row{{.flag = "--then",
         .path = "memory.whenOOM.then",
         .value = "stop|regrow",
         .help = "what follows a worker's OOM kill (default: stop)",
         .allowed = "stop or regrow"},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kThen, text), loads,
                     [](Stressors& l) -> Then& { return memory(l).when_oom.then; });
        }},
    Row{{.flag = "--cpu",
         .path = "cpu.load",
         .value = "LOAD%",
         .help = "CPU load of each worker, percent of one core",
         .allowed = "1 to 100 (percent)"},
        set_cpu},
    Row{{.flag = "--cpu-workers",
         .path = "cpu.workers",
         .value = "N",
         .help = "processes that load the CPU (default: 1)",
         .allowed = "1 to 1024"},
        [](Stressors& loads, std::string_view text) {
          return put(whole(text, 1, kMostWorkers), loads,
                     [](Stressors& l) -> int& { return cpu(l).workers; });
        }},
    Row{{.flag = "--cpu-mode",
         .path = "cpu.mode",
         .value = "add|reach",
         .help = "add the load, or bring the target's own use up to it (default: add)",
         .allowed = "add or reach"},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kMode, text), loads, [](Stressors& l) -> Mode& { return cpu(l).mode; });
        }},
    Row{{.flag = "--cpu-percent-of",
         .path = "cpu.percentOf",
         .value = "core|limit",
         .help = "load is of one core a worker, or of the quota for all (default: core)",
         .allowed = "core or limit"},
        [](Stressors& loads, std::string_view text) {
          return put(choose(kCpuPercentOf, text), loads,
                     [](Stressors& l) -> CpuPercentOf& { return cpu(l).percent_of; });
        }},
};

// Text long enough to be a mistake is cut by quoted(), so the line stays one.
template <std::size_t I>
Result<> set_row(Stressors& loads, std::string_view text) {
  const Row& row = kRows[I];
  if (row.put(loads, text)) return {};
  return fail(Code::kUsage, quoted(text) + " is not allowed: " + std::string(row.field.allowed));
}

template <std::size_t... I>
constexpr std::array<Field, sizeof...(I)> with_setters(std::index_sequence<I...> /*rows*/) {
  std::array<Field, sizeof...(I)> out = {kRows[I].field...};
  ((out[I].set = set_row<I>), ...);
  return out;
}

constexpr auto kFields = with_setters(std::make_index_sequence<kRows.size()>());

const Field* field_where(std::string_view Field::* member, std::string_view value) {
  const auto* const found = std::ranges::find(kFields, value, member);
  return found == kFields.end() ? nullptr : found;
}

}  // namespace

std::span<const Field> fields() { return kFields; }

const Field* field_by_flag(std::string_view flag) { return field_where(&Field::flag, flag); }

const Field* field_by_path(std::string_view path) {
  return field_where(&Field::path, path == "memory.ramp" ? "memory.time" : path);
}

std::optional<Problem> set_field(Stressors& loads, const Field& field, std::string_view text,
                                 std::string_view name) {
  if (field.set(loads, text)) return std::nullopt;
  return Problem{std::string(name), quoted(text), std::string(field.allowed)};
}

}  // namespace duress::spec
