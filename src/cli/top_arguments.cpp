#include "cli/top_arguments.h"

#include <algorithm>
#include <array>

#include "render/overview_columns.h"
#include "render/table.h"

namespace duress::cli {

namespace {

struct Flag {
  std::string_view name;
  std::string_view value;  // "" for a switch
  std::string_view help;
};

constexpr std::array kFlags = {
    Flag{"--container", "TEXT", "only containers with this in their name, or an ID that begins so"},
    Flag{"--pod", "TEXT", "only containers of Pods with this in their name or UID"},
    Flag{"--namespace", "NAME", "only containers of this namespace"},
    Flag{"--cgroup", "PATH", "this cgroup, a container or not; several may be given"},
    Flag{"--pid", "PID", "the cgroup of this process; several may be given"},
    Flag{"--sort", "COLUMN", "from the highest, names from A (default: percent)"},
    Flag{"--reverse", "", "the other way round"},
    Flag{"--columns", "LIST", "by comma, in this order (default: as many as the width takes)"},
    Flag{"--interval", "DURATION", "between two looks, at least 100ms (default: 1s)"},
    Flag{"--once", "", "one table, then the end; rates are those of one interval"},
    Flag{"--count", "N", "end after so many looks"},
    Flag{"--for", "DURATION", "end after this time"},
    Flag{"-o", "text|json|jsonl", "one object, or one a look (default: text)"},
    Flag{"--plain", "", "tables one after another, though it is a terminal"},
    Flag{"--names", "DIRECTORY", "where a runtime keeps its state, besides the usual places"},
    Flag{"--explain", "", "the file and the formula of every column"},
    Flag{"--help", "", "print this"},
};

constexpr Duration kShortest = std::chrono::milliseconds(100);

std::string keys_of_columns() {
  std::string out;
  for (const render::OverviewColumn& column : render::overview_columns())
    out += (out.empty() ? "" : " ") + std::string(column.key);
  return out;
}

class Parser {
 public:
  Result<TopArguments> parse(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::string name = words[i];
      std::optional<std::string> value;
      // --sort=cpu is --sort cpu.
      if (const std::size_t equals = name.find('=');
          name.starts_with("--") && equals != name.npos) {
        value = name.substr(equals + 1);
        name.resize(equals);
      }
      if (name == "-h") name = "--help";
      if (name == "--output") name = "-o";
      const auto* flag = std::ranges::find(kFlags, name, &Flag::name);
      if (flag == kFlags.end()) {
        unknown(name);
        continue;
      }
      if (flag->value.empty()) {
        value ? wrong(name + " takes no value") : set_switch(name);
        continue;
      }
      if (!value && i + 1 < words.size()) value = words[++i];
      value ? set(name, *value) : wrong(name + " needs a value: " + std::string(flag->value));
    }
    check_together();
    if (out_.help || wrong_.empty()) return out_;
    return fail(Code::kUsage, wrong_);
  }

 private:
  void wrong(const std::string& what) { wrong_ += (wrong_.empty() ? "" : "\n") + what; }

  void unknown(const std::string& name) {
    std::vector<std::string_view> names;
    for (const Flag& flag : kFlags) names.push_back(flag.name);
    const auto near = nearest(name, names);
    wrong("unknown " + quoted(name) +
          (near ? ": did you mean " + std::string(*near) + "?" : ": see duress top --help"));
  }

  void set_switch(const std::string& name) {
    if (name == "--reverse") out_.order.reversed = true;
    if (name == "--once") out_.once = true;
    if (name == "--plain") out_.plain = true;
    if (name == "--explain") out_.explain = true;
    if (name == "--help") out_.help = true;
  }

  void set(const std::string& name, const std::string& value) {
    if (value.empty()) return wrong(name + ": nothing was given");
    if (name == "--container") out_.selection.container = value;
    if (name == "--pod") out_.selection.pod = value;
    if (name == "--namespace") out_.selection.name_space = value;
    if (name == "--cgroup") out_.named.emplace_back(cgroup::ByPath{value});
    if (name == "--pid") set_pid(value);
    if (name == "--names") out_.name_roots.push_back(value);
    if (name == "--sort" && is_column(name, value)) out_.order.key = value;
    if (name == "--columns") set_columns(value);
    if (name == "--interval") set_duration(name, value, kShortest, out_.interval);
    if (name == "--for") set_duration(name, value, Duration(1), out_.duration.emplace());
    if (name == "--count") set_count(value);
    if (name == "-o") set_format(value);
  }

  bool is_column(const std::string& flag, const std::string& key) {
    if (render::overview_column(key) != nullptr) return true;
    std::vector<std::string_view> keys;
    for (const render::OverviewColumn& column : render::overview_columns())
      keys.push_back(column.key);
    const auto near = nearest(key, keys);
    wrong(
        flag + ": there is no column " + quoted(key) +
        (near ? ": did you mean " + std::string(*near) + "?" : "; there are " + keys_of_columns()));
    return false;
  }

  void set_columns(const std::string& value) {
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string key(trim(rest.substr(0, end)));
      if (!key.empty() && is_column("--columns", key)) out_.columns.push_back(key);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void set_pid(const std::string& value) {
    const auto pid = parse_integer(value);
    constexpr std::int64_t kLargestPid = 1 << 22;
    if (!pid || *pid < 1 || *pid > kLargestPid)
      return wrong("--pid: " + quoted(value) + " is no PID");
    out_.named.emplace_back(cgroup::ByPid{static_cast<pid_t>(*pid)});
  }

  void set_duration(const std::string& flag, const std::string& value, Duration least,
                    Duration& out) {
    const auto duration = parse_duration(value);
    if (!duration) return wrong(flag + ": " + duration.error().message);
    if (*duration < least)
      return wrong(flag + ": " + quoted(value) + " is too short; at least " +
                   (least == kShortest ? format_duration(least) : std::string("more than 0")));
    out = *duration;
  }

  void set_count(const std::string& value) {
    const auto count = parse_integer(value);
    if (!count || *count < 1) return wrong("--count: " + quoted(value) + " is no number from 1");
    out_.count = *count;
  }

  void set_format(const std::string& value) {
    if (value == "text") return void(out_.format = TopFormat::kText);
    if (value == "json") return void(out_.format = TopFormat::kJson);
    if (value == "jsonl") return void(out_.format = TopFormat::kJsonLines);
    wrong("-o: " + quoted(value) + " is not known; there are text, json and jsonl");
  }

  void check_together() {
    if (out_.format == TopFormat::kJson) out_.once = true;
    if (out_.once && (out_.count || out_.duration))
      wrong(
          "--once and -o json look once: --count and --for do not go with them (-o jsonl takes "
          "them)");
  }

  TopArguments out_;
  std::string wrong_;
};

}  // namespace

Result<TopArguments> parse_top_arguments(const std::vector<std::string>& words) {
  return Parser().parse(words);
}

std::string top_help() {
  std::vector<std::vector<std::string>> rows;
  for (const Flag& flag : kFlags) {
    const std::string value = flag.value.empty() ? "" : " " + std::string(flag.value);
    rows.push_back({"  " + std::string(flag.name) + value, std::string(flag.help)});
  }
  return "duress top: what each container of this machine uses, and how near its limit it is\n\n" +
         render::table({{""}, {""}}, rows) + "\nColumns: " + keys_of_columns() +
         "\nKeys of the live table: q end, s next column to sort by, r the other way round, / "
         "filter,\n  arrows and page keys move, e the meaning of the columns, h help\n"
         "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 3 what was named is not "
         "there\n";
}

}  // namespace duress::cli
