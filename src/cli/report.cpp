#include "cli/report.h"

#include <array>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "explain/verdict.h"
#include "observe/recording_file.h"
#include "observe/recording_store.h"
#include "os/whole_file.h"
#include "render/report.h"

namespace duress::cli {

namespace {

constexpr const char* kHelp =
    "duress report FILE... [-o FILE] [--force]: recordings as one HTML page\n"
    "duress report --last [-o FILE] [--force]\n\n"
    "  FILE             a recording; several become one page with an index\n"
    "  --last           the latest recording that was made without a name\n"
    "  -o, --output     where the page goes; - is standard output (default: beside the recording,\n"
    "                   with .html; needed where there are several)\n"
    "  --force          write over a file though it is no report\n\n"
    "The page is one file: verdict, chart, tables, the commands to do it again. It asks for "
    "nothing\n"
    "from any network, works without script, on paper and on a phone.";

constexpr std::array<std::string_view, 5> kFlags = {"--last", "--force", "--output", "-o",
                                                    "--help"};

struct Part {
  std::string file;
  observe::Recording recording;
  explain::Verdict verdict;
};

Result<std::vector<Part>> read_parts(const std::vector<std::string>& files) {
  std::vector<Part> out;
  for (const std::string& file : files) {
    auto recording = observe::read_recording(file);
    if (!recording) return Failure(recording.error());
    Part part{file, std::move(*recording), {}};
    part.verdict = explain::judge(part.recording);
    out.push_back(std::move(part));
  }
  return out;
}

std::string page_of(const std::vector<Part>& parts) {
  std::vector<render::ReportPart> out;
  for (const Part& part : parts) out.push_back({&part.recording, &part.verdict, part.file});
  return render::report_page(out, {DURESS_VERSION});
}

int complain(const Error& error, int code) {
  std::fprintf(stderr, "duress report: %s\n", error.message.c_str());
  return code;
}

}  // namespace

Result<ReportArguments> parse_report_arguments(const std::vector<std::string>& words) {
  ReportArguments out;
  bool only_files = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (only_files || !word.starts_with("-")) {
      out.files.push_back(word);
    } else if (word == "--") {
      only_files = true;
    } else if (word == "--help" || word == "-h") {
      out.help = true;
      return out;
    } else if (word == "--last") {
      out.last = true;
    } else if (word == "--force") {
      out.force = true;
    } else if (word.starts_with("--output=")) {
      out.output = word.substr(std::string_view("--output=").size());
    } else if (word == "-o" || word == "--output") {
      if (++i == words.size()) return fail(Code::kUsage, word + ": a file's name is missing");
      out.output = words[i];
    } else {
      const auto near = nearest(word, kFlags);
      return fail(Code::kUsage, "unknown flag " + quoted(word) +
                                    (near ? ": did you mean " + std::string(*near) + "?"
                                          : ": see duress report --help"));
    }
  }
  if (out.files.empty() && !out.last) {
    return fail(Code::kUsage, "which recording? Give a file's name, or --last");
  }
  if (!out.files.empty() && out.last) {
    return fail(Code::kUsage, "--last and " + quoted(out.files.front()) + ": one of the two");
  }
  if (out.files.size() > 1 && out.output.empty()) {
    return fail(Code::kUsage, "several recordings make one page: say where it goes with -o FILE");
  }
  return out;
}

std::string page_beside(const std::string& recording) {
  const std::size_t slash = recording.rfind('/');
  const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t dot = recording.rfind('.');
  const bool has_ending = dot != std::string::npos && dot > begin;
  return recording.substr(0, has_ending ? dot : recording.size()) + ".html";
}

Result<> write_page(const std::string& path, const std::string& page, bool force) {
  return os::write_whole(
      path, page,
      {.may = [force](std::string_view beginning) { return force || render::is_report(beginning); },
       .refusal = std::string(render::kIsNoReport)});
}

int report(const std::vector<std::string>& arguments) {
  auto parsed = parse_report_arguments(arguments);
  if (!parsed) return complain(parsed.error(), 2);
  if (parsed->help) {
    std::puts(kHelp);
    return 0;
  }
  if (parsed->last) {
    auto last = observe::newest_recording(std::string(observe::kRecordingDirectory));
    if (!last) return complain(last.error(), 1);
    parsed->files = {*last};
  }
  const auto parts = read_parts(parsed->files);
  if (!parts) return complain(parts.error(), 1);
  const std::string page = page_of(*parts);
  if (parsed->output == "-") {
    const bool out = std::fwrite(page.data(), 1, page.size(), stdout) == page.size();
    return out && std::fflush(stdout) == 0 ? 0 : 1;
  }
  const std::string path =
      parsed->output.empty() ? page_beside(parsed->files.front()) : parsed->output;
  if (const auto written = write_page(path, page, parsed->force); !written) {
    return complain(written.error(), 1);
  }
  std::printf("%s\n", path.c_str());
  return 0;
}

}  // namespace duress::cli
