#include <algorithm>
#include <array>
#include <utility>

#include "spec/crd_parts.h"
#include "spec/fields.h"

namespace duress::spec {

namespace {

using schema::Json;
using schema::literal;

constexpr int kLongestValue = 64;
constexpr int kLongestOption = 1024;

// As parse_size, parse_percent and parse_duration read them; for `matches`, which is RE2.
constexpr std::string_view kSizePattern = R"((?i)^\s*(\d+\.?\d*|\.\d+)\s*(b|[kmgtpe]i?b?)?\s*$)";
constexpr std::string_view kRatePattern =
    R"((?i)^\s*(\d+\.?\d*|\.\d+)\s*(b|[kmgtpe]i?b?)?\s*(/s)?\s*$)";
constexpr std::string_view kSizeOrPercentPattern =
    R"((?i)^\s*(\d+\.?\d*|\.\d+)\s*(%|b|[kmgtpe]i?b?)?\s*$)";
constexpr std::string_view kSizeOrSharePattern =
    R"((?i)^\s*((\d+\.?\d*|\.\d+)\s*(b|[kmgtpe]i?b?)?|(0*(100(\.0*)?|\d{1,2}(\.\d*)?)|\.\d+)\s*%)\s*$)";
constexpr std::string_view kLoadPattern = R"(^\s*0*(100(\.0*)?|[1-9]\d?(\.\d*)?)\s*%?\s*$)";
constexpr std::string_view kTimePattern =
    R"(^\s*\+?(0|((\d+\.?\d*|\.\d+)(h|m|s|ms|us|µs|ns))+)\s*$)";

std::string raw(std::string_view pattern) { return "r'" + std::string(pattern) + "'"; }

std::string matches(std::string_view pattern) { return "self.matches(" + raw(pattern) + ")"; }

// The help speaks of flags; a manifest has fields.
std::string in_a_manifest(std::string text) {
  for (const Field& field : fields()) {
    const std::string flag(field.flag);
    for (std::size_t at = text.find(flag); at != std::string::npos; at = text.find(flag)) {
      const std::size_t behind = at + flag.size();
      const bool longer = behind < text.size() && text[behind] == '-';
      if (longer) break;
      const bool has_value = behind < text.size() && text[behind] == ' ';
      text.replace(at, flag.size(), std::string(field.path) + (has_value ? ":" : ""));
    }
  }
  return text;
}

std::string described(const Field& field) {
  std::string out = in_a_manifest(std::string(field.help));
  out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out + ". Allowed: " + std::string(field.allowed) + ".";
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t bar = text.find('|');
    out.emplace_back(text.substr(0, bar));
    text.remove_prefix(bar == std::string_view::npos ? text.size() : bar + 1);
  }
  return out;
}

// "self" may be a number or a text: both by one rule, which says what was given.
void add_written(Json& schema, const Field& field, const std::string& of_number,
                 const std::string& of_text) {
  schema::add_rule(schema, {.holds = "type(self) == int ? " + of_number + " : (" + of_text + ")",
                            .message = std::string(field.allowed),
                            .says = "string(self) + " + literal(" is not allowed: ") + " + " +
                                    literal(field.allowed)});
}

Json schema_of(const Field& field) {
  const std::string text = described(field);
  Json out;
  const std::string at_least = "self >= " + std::to_string(field.least);
  const std::string some = field.least > 0 ? " && self.matches('[1-9]')" : "";
  switch (field.kind) {
    case FieldKind::kChoice:
      return schema::choice(text, split(field.value));
    case FieldKind::kInteger:
      return schema::integer(text, field.least, field.most);
    case FieldKind::kSwitch:
      return schema::yes_or_no(text);
    case FieldKind::kSize:
    case FieldKind::kRate:
      out = schema::number_or_text(text, kLongestValue);
      add_written(out, field, at_least,
                  matches(field.kind == FieldKind::kSize ? kSizePattern : kRatePattern) + some);
      return out;
    case FieldKind::kSizeOrPercent:
      // Empty means what a missing one does.
      out = schema::number_or_text(text, kLongestValue);
      add_written(out, field, at_least,
                  "self.trim() == '' || " + matches(kSizeOrPercentPattern) + some);
      return out;
    case FieldKind::kSizeOrShare:
      out = schema::number_or_text(text, kLongestValue);
      add_written(out, field, at_least, matches(kSizeOrSharePattern));
      return out;
    case FieldKind::kPercent:
      out = schema::number_or_text(text, kLongestValue);
      add_written(out, field, "self >= 1 && self <= 100",
                  "self.trim() == '' || " + matches(kLoadPattern));
      return out;
    case FieldKind::kTime:
      out = schema::text(text, kLongestValue);
      schema::add_rule(
          out, {.holds = matches(kTimePattern) + some,
                .message = std::string(field.allowed),
                .says = "self + " + literal(" is not allowed: ") + " + " + literal(field.allowed)});
      return out;
  }
  return out;
}

Json options_schema() {
  return schema::list(
      "Options of stress-ng: with any, the real stress-ng runs instead of Duress's own workers. "
      "[\"\"] holds nothing and is fine.",
      schema::text("", kLongestOption));
}

// Where "memory.whenOOM.then" is kept; its objects are made on the way.
Json& place_of(Json& properties, std::string_view path) {
  const std::size_t dot = path.find('.');
  Json& here = properties[std::string(path.substr(0, dot))];
  if (dot == std::string_view::npos) return here;
  if (here.is_null()) here = schema::object("", Json::object());
  return place_of(here["properties"], path.substr(dot + 1));
}

// Whether stress-ng's options hold anything.
constexpr std::string_view kOptions = "has(self.options) && self.options.exists(o, o.trim() != '')";

// Fields that stress-ng does not know must not stand beside its options.
void add_stressng_rules(Json& schema, const std::vector<std::string>& ours) {
  for (const std::string& condition : ours) {
    const std::string name = condition.substr(0, condition.find(' '));
    std::string given = "has(self." + name + ")";
    if (condition != name) given += " && self." + condition;
    schema::add_rule(schema, {.holds = "!(" + std::string(kOptions) + ") || !(" + given + ")",
                              .message = "stress-ng runs options and knows no such thing: leave "
                                         "out one of the two",
                              .at = "." + name});
  }
}

// The percentage that size says; only behind a look whether it is one.
constexpr std::string_view kIsPercent =
    R"(has(self.size) && type(self.size) == string && self.size.matches(r'^\s*(\d+\.?\d*|\.\d+)\s*%\s*$'))";
constexpr std::string_view kPercent = "double(self.size.replace('%', '').trim())";

void add_size_rules(Json& memory) {
  const std::string percent(kPercent);
  const std::string other = "!(" + std::string(kIsPercent) +
                            ") || (has(self.percentOf) && self.percentOf == 'request') || ";
  schema::add_rule(memory,
                   {.holds = other + percent + " <= 100.0",
                    .message = "above 0% and up to 100%; more only with percentOf: request",
                    .says = "self.size + ' is not allowed: above 0% and up to 100%; more only with "
                            "percentOf: request'",
                    .at = ".size"});
  schema::add_rule(
      memory, {.holds = "!has(self.sizeOf) || self.sizeOf != 'worker' || !has(self.workers) || " +
                        other + percent + " * double(self.workers) <= 100.0",
               .message = "for all workers together up to 100%, or leave out sizeOf: worker",
               .at = ".size"});
  schema::add_rule(
      memory, {.holds = "!has(self.percentOf) || !has(self.size) || " + std::string(kIsPercent) +
                        " || (type(self.size) == string && self.size.trim() == '')",
               .message = "the size is not a percentage: leave this out, or write the size as one "
                          "such as 80%",
               .says = "'the size is ' + string(self.size) + ', not a percentage: leave this out, "
                       "or write the size as one such as 80%'",
               .at = ".percentOf"});
}

void add_memory_rules(Json& memory) {
  const std::string reach = "has(self.mode) && self.mode == 'reach'";
  const std::string of_request = "has(self.percentOf) && self.percentOf == 'request'";
  add_size_rules(memory);
  schema::add_rule(
      memory,
      {.holds = "!(" + reach + ") || !has(self.sizeOf) || self.sizeOf != 'worker'",
       .message = "worker is not allowed: total with mode: reach, which brings the whole target to "
                  "the size",
       .at = ".sizeOf"});
  schema::add_rule(memory,
                   {.holds = "!has(self.metric) || self.metric == 'usage' || (" + reach + ")",
                    .message = "it says what mode: reach steers: give that too",
                    .at = ".metric"});
  schema::add_rule(memory, {.holds = "!(" + of_request + ") || has(self.request)",
                            .message = "request is missing: percentOf: request needs the "
                                       "container's memory request, such as 200MiB",
                            .at = ".request"});
  schema::add_rule(memory, {.holds = "!has(self.request) || (" + of_request + ")",
                            .message = "it would do nothing: give percentOf: request too",
                            .at = ".request"});
  schema::add_rule(memory, {.holds = "!has(self.time) || !has(self.ramp)",
                            .message = "the same as time, which is given too: leave one",
                            .at = ".ramp"});
  schema::add_rule(
      memory,
      {.holds = "!(" + std::string(kOptions) +
                ") || !has(self.whenOOM) || ((!has(self.whenOOM.policy) || self.whenOOM.policy == "
                "'natural') && (!has(self.whenOOM.then) || self.whenOOM.then == 'stop'))",
       .message = "stress-ng runs options and knows no such thing: leave out one of the two",
       .at = ".whenOOM"});
  add_stressng_rules(memory, {"mode != 'add'", "reserve", "time", "ramp", "rewrite", "swappable"});
}

void add_oom_rules(Json& when) {
  const std::string regrow = "has(self.then) && self.then == 'regrow'";
  const std::string nobody = "has(self.policy) && self.policy in ['avoid', 'appFirst']";
  const std::string why =
      " is not allowed: no worker is to be killed under this policy: leave it out, or take "
      "natural or stressorFirst";
  schema::add_rule(when, {.holds = "!has(self.maxKills) || self.maxKills != 0 || (" + regrow + ")",
                          .message = "0 is not allowed: 1 or more; 0, without end, only with then: "
                                     "regrow",
                          .at = ".maxKills"});
  schema::add_rule(when, {.holds = "!(" + nobody + ") || !(" + regrow + ")",
                          .message = "regrow" + why,
                          .at = ".then"});
  schema::add_rule(when, {.holds = "!(" + nobody + ") || !has(self.maxKills) || self.maxKills <= 1",
                          .message = "more than 1" + why,
                          .at = ".maxKills"});
}

bool is_guard(const Field& field) { return field.path.starts_with("guards."); }

}  // namespace

Json guards_schema() {
  Json all = Json::object();
  for (const Field& field : fields())
    if (is_guard(field)) place_of(all, field.path) = schema_of(field);
  Json out = all["guards"];
  out["description"] =
      "What ends the whole experiment for good: its stress is released on every node, and the "
      "condition Completed says which guard it was.";
  out["minProperties"] = 1;
  out["properties"]["nodePressure"]["description"] =
      "How long the tasks of a node may wait, as its /proc/pressure tells.";
  return out;
}

Json stressors_schema() {
  Json properties = Json::object();
  for (const Field& field : fields())
    if (!is_guard(field)) place_of(properties, field.path) = schema_of(field);
  for (const char* load : {"memory", "cpu"}) {
    properties[load]["properties"]["options"] = options_schema();
    properties[load]["minProperties"] = 1;
  }
  Json& memory = properties["memory"];
  memory["properties"]["ramp"] = memory["properties"]["time"];
  memory["properties"]["ramp"]["description"] = "Another name for time.";
  memory["description"] =
      "Memory that is held in the container, exactly: size in all, by that many workers.";
  properties["cpu"]["description"] =
      "CPU time that is burnt in the container: load percent of a core by each worker.";
  Json& when = memory["properties"]["whenOOM"];
  when["description"] = "Who gives way when the container's limit is met, and what follows.";
  add_oom_rules(when);
  add_memory_rules(memory);
  add_stressng_rules(properties["cpu"], {"mode != 'add'", "percentOf != 'core'"});
  return schema::object(
      "The stress that each chosen container gets: memory, cpu or both. Both start together or "
      "not at all.",
      std::move(properties));
}

}  // namespace duress::spec
