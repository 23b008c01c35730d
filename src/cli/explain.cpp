#include "cli/explain.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "explain/verdict.h"
#include "observe/recording_file.h"
#include "render/verdict.h"
#include "render/wrap.h"

namespace duress::cli {

namespace {

constexpr const char* kRecordings = "/var/lib/duress/recordings";
constexpr int kUsage = 2;
constexpr int kUnreadable = 3;
constexpr int kNotice = 10;
constexpr int kSuffered = 11;

constexpr const char* kHelp =
    R"(duress explain FILE | --last [OPTION]...: what happened to a target and why

  FILE               a recording, as `duress run` and `duress record` make them
  --last             the newest one of the recordings' directory
  --recordings DIR   that directory (default: $DURESS_RECORDINGS, else
                     /var/lib/duress/recordings)
  -o text|json       what to print (default: text)
  --exit-code        0: all is well; 10: something to know, such as a stressor that
                     was killed; 11: the application suffered
  --help             print this

Exit codes: 0 it could be explained, whatever happened; 2 usage; 3 no such
recording, not readable, or of a newer version.
)";

class Parser final {
 public:
  Result<ExplainArguments> parse(const std::vector<std::string>& words) {
    const char* const set = std::getenv("DURESS_RECORDINGS");
    out_.directory = set != nullptr && *set != '\0' ? set : kRecordings;
    for (std::size_t i = 0; i < words.size(); ++i) take(words, i);
    if (out_.help) return out_;
    if (out_.last && !out_.file.empty()) wrong("give a FILE or --last, not both");
    if (!out_.last && out_.file.empty()) wrong("give a FILE, or --last for the newest recording");
    if (wrong_.empty()) return out_;
    return fail(Code::kUsage, wrong_);
  }

 private:
  void wrong(const std::string& line) { wrong_ += (wrong_.empty() ? "" : "\n") + line; }

  // The value that stands in the word or behind it.
  std::optional<std::string> value_of(const std::vector<std::string>& words, std::size_t& at,
                                      const std::string& name) {
    const std::string& word = words[at];
    if (word.size() > name.size()) return word.substr(name.size() + 1);
    if (at + 1 < words.size()) return words[++at];
    wrong(name + ": a value is missing");
    return std::nullopt;
  }

  static bool is(const std::string& word, const std::string& name) {
    return word == name || word.starts_with(name + "=");
  }

  void take(const std::vector<std::string>& words, std::size_t& at) {
    const std::string& word = words[at];
    if (word == "--help" || word == "-h") {
      out_.help = true;
    } else if (word == "--last") {
      out_.last = true;
    } else if (word == "--exit-code") {
      out_.exit_code = true;
    } else if (is(word, "--recordings")) {
      if (const auto value = value_of(words, at, "--recordings")) out_.directory = *value;
    } else if (word == "-o" || is(word, "--output")) {
      take_format(value_of(words, at, word == "-o" ? "-o" : "--output"));
    } else if (word.starts_with("-") && word.size() > 1) {
      unknown(word);
    } else if (!out_.file.empty()) {
      wrong("more than one FILE: " + quoted(word));
    } else {
      out_.file = word;
    }
  }

  void take_format(const std::optional<std::string>& value) {
    if (!value) return;
    if (*value != "text" && *value != "json") {
      wrong("-o: " + quoted(*value) + " is not known; it takes text or json");
    }
    out_.json = *value == "json";
  }

  void unknown(const std::string& word) {
    constexpr std::array<std::string_view, 5> kFlags = {"--last", "--recordings", "--output",
                                                        "--exit-code", "--help"};
    const auto near = nearest(word, kFlags);
    wrong("unknown flag " + quoted(word) +
          (near ? ": did you mean " + std::string(*near) + "?" : ": see duress explain --help"));
  }

  ExplainArguments out_;
  std::string wrong_;
};

std::string began(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts{};
  char text[64];
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return "";
  }
  return text;
}

Duration lasted(const observe::Recording& recording) {
  Duration out{0};
  for (const auto& look : recording.looks) out = std::max(out, look.at);
  for (const auto& event : recording.events) out = std::max(out, event.at);
  return out;
}

std::string name_of_target(const observe::Header& header) {
  return quoted(header.target.empty() ? header.cgroup : header.target);
}

// What was recorded, in one paragraph above the verdict.
std::string heading(const observe::Recording& recording) {
  const observe::Header& header = recording.header;
  std::string out = name_of_target(header);
  if (!header.cgroup.empty()) out += ", cgroup " + quoted(header.cgroup, 200);
  if (header.cgroup_version > 0) out += " (v" + std::to_string(header.cgroup_version) + ")";
  out += ", recorded " + began(header.began) + " for " +
         format_duration(std::chrono::round<std::chrono::milliseconds>(lasted(recording)));
  std::string command;
  for (const std::string& word : header.command) command += " " + word;
  if (!command.empty()) out += ", by:" + quoted(command, 300);
  return out;
}

nlohmann::ordered_json recording_json(const std::string& path,
                                      const observe::Recording& recording) {
  const observe::Header& header = recording.header;
  return {{"file", path},
          {"target", header.target},
          {"containerID", header.container_id},
          {"cgroup", header.cgroup},
          {"cgroupVersion", header.cgroup_version},
          {"began", began(header.began)},
          {"lastedSeconds", std::chrono::duration<double>(lasted(recording)).count()},
          {"command", header.command},
          {"looks", recording.looks.size()},
          {"events", recording.events.size()},
          {"complete", recording.complete},
          {"damage", recording.damage}};
}

int code_of(explain::Severity severity) {
  switch (severity) {
    case explain::Severity::kGood:
      return 0;
    case explain::Severity::kNotice:
      return kNotice;
    case explain::Severity::kBad:
      return kSuffered;
  }
  return kSuffered;
}

bool print(const ExplainArguments& arguments, const std::string& path,
           const observe::Recording& recording, const explain::Verdict& verdict) {
  std::string out;
  if (arguments.json) {
    nlohmann::ordered_json json = {{"recording", recording_json(path, recording)}};
    json.update(render::verdict_json(verdict));
    out = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  } else {
    const std::size_t columns = render::columns_of(stdout);
    out = render::paragraph("", heading(recording), columns) + "\n" +
          render::verdict_text(verdict, columns);
  }
  return std::fputs(out.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
}

}  // namespace

Result<ExplainArguments> parse_explain_arguments(const std::vector<std::string>& arguments) {
  return Parser().parse(arguments);
}

Result<std::string> newest_recording(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::directory_iterator files(directory, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail_errno(error.value(), "read " + quoted(directory, 200));
  }
  std::string newest;
  fs::file_time_type at{};
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    std::error_code gone;
    const fs::path& path = files->path();
    if (path.filename().string().starts_with('.') || !files->is_regular_file(gone)) continue;
    const auto written = files->last_write_time(gone);
    if (gone || (!newest.empty() && written < at)) continue;
    // Of two of one moment the later name, so that the answer does not depend on the directory.
    if (written == at && path.string() < newest) continue;
    newest = path.string();
    at = written;
  }
  if (newest.empty()) {
    return fail(Code::kNotFound, "no recording in " + quoted(directory, 200) +
                                     ": `duress run` makes one; or give a FILE");
  }
  return newest;
}

int explain(const std::vector<std::string>& arguments) {
  const auto complain = [](const Error& error) {
    (void)std::fprintf(stderr, "duress explain: %s\n", error.message.c_str());
    return error.code == Code::kUsage ? kUsage : kUnreadable;
  };
  const auto parsed = parse_explain_arguments(arguments);
  if (!parsed) return complain(parsed.error());
  if (parsed->help) {
    (void)std::fputs(kHelp, stdout);
    return 0;
  }
  std::string path = parsed->file;
  if (parsed->last) {
    const auto newest = newest_recording(parsed->directory);
    if (!newest) return complain(newest.error());
    path = *newest;
  }
  const auto recording = observe::read_recording(path);
  if (!recording) {
    (void)complain(recording.error());
    return kUnreadable;  // what is no recording is not a wrong command line
  }
  const explain::Verdict verdict = explain::judge(*recording);
  if (!print(*parsed, path, *recording, verdict)) {
    (void)std::fputs("duress explain: the answer could not be written\n", stderr);
    return 1;
  }
  return parsed->exit_code ? code_of(verdict.severity) : 0;
}

}  // namespace duress::cli
