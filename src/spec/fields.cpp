#include "spec/fields.h"

#include <algorithm>
#include <array>
#include <utility>

#include "spec/field_kinds.h"

namespace duress::spec {

namespace {

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
constexpr int kMostRestarts = 1000;

constexpr Choice kSizeOfs{kSizeOf};
constexpr Choice kModes{kMode};
constexpr Choice kMetrics{kMetric};
constexpr Choice kPercentsOf{kPercentOf};
constexpr Choice kCpuPercentsOf{kCpuPercentOf};
constexpr Choice kPolicies{kPolicy};
constexpr Choice kThens{kThen};
constexpr Choice kSwitches{kSwitch};
constexpr Whole kWorkers{1, kMostWorkers};
constexpr Whole kOomScoreAdj{-1000, 1000};
constexpr Whole kKills{0, kMostKills};
constexpr Size kAnySize{Bytes{0}};
constexpr Size kRealSize{Bytes{1}};
constexpr Size kRate{Bytes{0}, "/s"};
constexpr SizeOrPercent kSizeOrPercent{};
constexpr SizeOrShare kSizeOrShare{};
constexpr Load kLoad{};
constexpr Time kTime{Duration(0)};
constexpr Time kSomeTime{Duration(1)};
constexpr Whole kRestarts{1, kMostRestarts};

// The part of the loads that a member belongs to; made where it is not there, or null.

void make(Stressors& loads, MemoryLoad*& part) {
  part = loads.memory ? &*loads.memory : &loads.memory.emplace();
}
void make(Stressors& loads, CpuLoad*& part) {
  part = loads.cpu ? &*loads.cpu : &loads.cpu.emplace();
}
void make(Stressors& loads, WhenOom*& part) {
  MemoryLoad* memory = nullptr;
  make(loads, memory);
  part = &memory->when_oom;
}
void make(Stressors& loads, Guards*& part) { part = &loads.guards; }
void make(Stressors& loads, NodePressure*& part) { part = &loads.guards.node_pressure; }

void find(const Stressors& loads, const MemoryLoad*& part) {
  part = loads.memory ? &*loads.memory : nullptr;
}
void find(const Stressors& loads, const CpuLoad*& part) {
  part = loads.cpu ? &*loads.cpu : nullptr;
}
void find(const Stressors& loads, const WhenOom*& part) {
  part = loads.memory ? &loads.memory->when_oom : nullptr;
}
void find(const Stressors& loads, const Guards*& part) { part = &loads.guards; }
void find(const Stressors& loads, const NodePressure*& part) { part = &loads.guards.node_pressure; }

template <class T>
const T* given(const T& value) {
  return &value;
}
template <class T>
const T* given(const std::optional<T>& value) {
  return value ? &*value : nullptr;
}

// Said is said, though it is the default's value: what has a flag for that keeps it.
bool* said(MemoryLoad& load, std::variant<Bytes, Percent> MemoryLoad::* /*size*/) {
  return &load.size_given;
}
bool* said(CpuLoad& load, Percent CpuLoad::* /*load*/) { return &load.load_given; }
template <class Part, class T>
bool* said(Part& /*load*/, T Part::* /*any other*/) {
  return nullptr;
}

template <const auto& Kind, class Part, class T, T Part::* Member>
bool put_member(Stressors& loads, std::string_view text) {
  const auto read = Kind.read(text);
  if (!read) return false;
  const auto& value = *read;
  Part* part = nullptr;
  make(loads, part);
  part->*Member = value;
  if (bool* const flag = said(*part, Member)) *flag = true;
  return true;
}

template <const auto& Kind, class Part, class T, T Part::* Member>
std::optional<std::string> text_of_member(const Stressors& loads) {
  const Part* found = nullptr;
  find(loads, found);
  if (found == nullptr) return std::nullopt;
  Part part = *found;
  const bool* const flag = said(part, Member);
  if (flag != nullptr ? !*flag : part.*Member == Part{}.*Member) return std::nullopt;
  const auto* const value = given(part.*Member);
  return value == nullptr ? std::nullopt : std::optional(Kind.write(*value));
}

struct Row {
  Field field;
  bool (*put)(Stressors& loads, std::string_view text);
};

template <class>
struct MemberOf;
template <class Part, class T>
struct MemberOf<T Part::*> {
  using Owner = Part;
  using Type = T;
};

// What the kind of a value tells a schema of it.
template <class E, std::size_t N>
constexpr void describe(Field& field, const Choice<E, N>& /*names*/) {
  field.kind = field.is_switch ? FieldKind::kSwitch : FieldKind::kChoice;
}
constexpr void describe(Field& field, const Whole& whole) {
  field.kind = FieldKind::kInteger;
  field.least = whole.least;
  field.most = whole.most;
}
constexpr void describe(Field& field, const Size& size) {
  field.kind = size.may_end_in.empty() ? FieldKind::kSize : FieldKind::kRate;
  field.least = size.least.value;
}
constexpr void describe(Field& field, const SizeOrPercent& /*any*/) {
  field.kind = FieldKind::kSizeOrPercent;
  field.least = 1;
}
constexpr void describe(Field& field, const Load& /*any*/) { field.kind = FieldKind::kPercent; }
constexpr void describe(Field& field, const SizeOrShare& /*any*/) {
  field.kind = FieldKind::kSizeOrShare;
}
constexpr void describe(Field& field, const Time& time) {
  field.kind = FieldKind::kTime;
  field.least = time.least.count();
}
template <auto Member, const auto& Kind>
constexpr Row row(Field field) {
  using Of = MemberOf<decltype(Member)>;
  describe(field, Kind);
  field.text = text_of_member<Kind, typename Of::Owner, typename Of::Type, Member>;
  return {field, put_member<Kind, typename Of::Owner, typename Of::Type, Member>};
}

constexpr std::array kRows = {
    row<&MemoryLoad::size, kSizeOrPercent>(
        {.flag = "--memory",
         .path = "memory.size",
         .value = "SIZE|PERCENT",
         .help = "memory to hold, e.g. 200MiB or 80% (of the effective limit)",
         .allowed = "a size above 0 such as 200MiB, or a percentage such as 80%"}),
    row<&MemoryLoad::workers, kWorkers>({.flag = "--workers",
                                         .path = "memory.workers",
                                         .value = "N",
                                         .help = "processes that share the memory (default: 1)",
                                         .allowed = "1 to 1024"}),
    row<&MemoryLoad::size_of, kSizeOfs>(
        {.flag = "--size-of",
         .path = "memory.sizeOf",
         .value = "total|worker",
         .help = "whether the size is that of all workers or of each (default: total)",
         .allowed = "total or worker"}),
    row<&MemoryLoad::mode, kModes>(
        {.flag = "--mode",
         .path = "memory.mode",
         .value = "add|reach",
         .help = "add the size, or bring the target's own use up to it (default: add)",
         .allowed = "add or reach"}),
    row<&MemoryLoad::metric, kMetrics>({.flag = "--metric",
                                        .path = "memory.metric",
                                        .value = "usage|workingSet|anon",
                                        .help = "what --mode reach steers (default: usage)",
                                        .allowed = "usage, workingSet or anon"}),
    row<&MemoryLoad::percent_of, kPercentsOf>(
        {.flag = "--percent-of",
         .path = "memory.percentOf",
         .value = "limit|request|node|available",
         .help = "what a percentage is of (default: limit; node where there is none)",
         .allowed = "limit, request, node or available"}),
    row<&MemoryLoad::request, kRealSize>(
        {.flag = "--request",
         .path = "memory.request",
         .value = "SIZE",
         .help = "the container's memory request, for --percent-of request",
         .allowed = "a size above 0 such as 200MiB"}),
    row<&MemoryLoad::reserve, kAnySize>(
        {.flag = "--reserve",
         .path = "memory.reserve",
         .value = "SIZE",
         .help = "memory left free below the limit, whatever the size says",
         .allowed = "a size such as 64MiB"}),
    row<&MemoryLoad::ramp, kTime>(
        {.flag = "--ramp",
         .path = "memory.time",
         .value = "DURATION",
         .help = "time from nothing to the size, linearly (default: at once)",
         .allowed = "a duration of 0s or more such as 30s or 1m30s"}),
    row<&MemoryLoad::rewrite, kRate>(
        {.flag = "--rewrite",
         .path = "memory.rewrite",
         .value = "RATE",
         .help = "bytes a second rewritten while holding, e.g. 10MiB (default: 0)",
         .allowed = "a size a second such as 10MiB or 10MiB/s"}),
    row<&MemoryLoad::swappable, kSwitches>(
        {.flag = "--swappable",
         .path = "memory.swappable",
         .value = "",
         .help = "let the kernel swap the memory out; without it, it is locked",
         .allowed = "true or false",
         .is_switch = true}),
    row<&MemoryLoad::oom_score_adj, kOomScoreAdj>(
        {.flag = "--oom-score-adj",
         .path = "memory.oomScoreAdj",
         .value = "N",
         .help = "the workers' oom_score_adj (default: the application's)",
         .allowed = "-1000 to 1000"}),
    row<&WhenOom::policy, kPolicies>(
        {.flag = "--when-oom",
         .path = "memory.whenOOM.policy",
         .value = "avoid|stressorFirst|appFirst|natural",
         .help = "who gives way when the limit is met (default: natural, as the kernel decides)",
         .allowed = "avoid, stressorFirst, appFirst or natural"}),
    row<&WhenOom::max_kills, kKills>(
        {.flag = "--max-kills",
         .path = "memory.whenOOM.maxKills",
         .value = "N",
         .help = "OOM kills of workers that end the load; 0 with --then regrow: none (default: 1)",
         .allowed = "0 to 1000000"}),
    row<&WhenOom::then, kThens>({.flag = "--then",
                                 .path = "memory.whenOOM.then",
                                 .value = "stop|regrow",
                                 .help = "what follows a worker's OOM kill (default: stop)",
                                 .allowed = "stop or regrow"}),
    row<&CpuLoad::load, kLoad>({.flag = "--cpu",
                                .path = "cpu.load",
                                .value = "LOAD%",
                                .help = "CPU load of each worker, percent of one core",
                                .allowed = "1 to 100 (percent)"}),
    row<&CpuLoad::workers, kWorkers>({.flag = "--cpu-workers",
                                      .path = "cpu.workers",
                                      .value = "N",
                                      .help = "processes that load the CPU (default: 1)",
                                      .allowed = "1 to 1024"}),
    row<&CpuLoad::mode, kModes>(
        {.flag = "--cpu-mode",
         .path = "cpu.mode",
         .value = "add|reach",
         .help = "add the load, or bring the target's own use up to it (default: add)",
         .allowed = "add or reach"}),
    row<&CpuLoad::percent_of, kCpuPercentsOf>(
        {.flag = "--cpu-percent-of",
         .path = "cpu.percentOf",
         .value = "core|limit",
         .help = "load is of one core a worker, or of the quota for all (default: core)",
         .allowed = "core or limit"}),
    row<&Guards::node_memory, kSizeOrShare>(
        {.flag = "--guard",
         .path = "guards.nodeMemory",
         .value = "SIZE|PERCENT",
         .help = "end when the machine has less memory available (default: the larger of 5 % and "
                 "256 MiB)",
         .allowed = "a size, or 0% to 100%"}),
    row<&NodePressure::memory, kLoad>(
        {.flag = "--guard-memory-pressure",
         .path = "guards.nodePressure.memory",
         .value = "PERCENT",
         .help = "end when the machine's tasks wait for memory so much of the time (some avg10)",
         .allowed = "1 to 100 (percent)"}),
    row<&NodePressure::cpu, kLoad>(
        {.flag = "--guard-cpu-pressure",
         .path = "guards.nodePressure.cpu",
         .value = "PERCENT",
         .help = "end when the machine's tasks wait for a CPU so much of the time",
         .allowed = "1 to 100 (percent)"}),
    row<&NodePressure::io, kLoad>(
        {.flag = "--guard-io-pressure",
         .path = "guards.nodePressure.io",
         .value = "PERCENT",
         .help = "end when the machine's tasks wait for disks so much of the time",
         .allowed = "1 to 100 (percent)"}),
    row<&Guards::restarts, kRestarts>(
        {.flag = "--guard-restarts",
         .path = "guards.restarts",
         .value = "N",
         .help = "end the experiment when a container was restarted so often while stressed",
         .allowed = "1 to 1000",
         .needs_cluster = true}),
    row<&Guards::not_ready_for, kSomeTime>(
        {.flag = "--guard-not-ready",
         .path = "guards.notReadyFor",
         .value = "DURATION",
         .help = "end the experiment when a Pod that has the stress is not Ready for so long",
         .allowed = "a duration above 0s such as 30s",
         .needs_cluster = true}),
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

std::string name_of(OomPolicy policy) { return kPolicies.write(policy); }

std::span<const Field> fields() { return kFields; }

std::string manifest_path(std::string_view path) {
  return (path.starts_with("guards") ? "spec." : "spec.stressors.") + std::string(path);
}

const Field* field_by_flag(std::string_view flag) { return field_where(&Field::flag, flag); }

const Field* field_by_path(std::string_view path) {
  return field_where(&Field::path, path == "memory.ramp" ? "memory.time" : path);
}

std::vector<std::string> drop_cluster_guards(Stressors& loads) {
  std::vector<std::string> out;
  for (const Field& field : kFields) {
    if (field.needs_cluster && field.text(loads)) out.push_back(manifest_path(field.path));
  }
  loads.guards.restarts.reset();
  loads.guards.not_ready_for.reset();
  return out;
}

std::optional<Problem> set_field(Stressors& loads, const Field& field, std::string_view text,
                                 std::string_view name) {
  if (field.set(loads, text)) return std::nullopt;
  return Problem{std::string(name), quoted(text), std::string(field.allowed)};
}

}  // namespace duress::spec
