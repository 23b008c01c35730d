// Writes recordings that are made by rule into a directory, for the browser test and for whoever
// wants to look at reports: sample-recordings DIRECTORY.
#include <cstdio>
#include <string>

#include "observe/recording_file.h"
#include "render/report_samples_test.h"

namespace {

using namespace duress;

Result<> write(const std::string& path, const observe::Recording& recording) {
  auto writer = observe::RecordingWriter::create(path, recording.header);
  if (!writer) return Failure(writer.error());
  Result<> done;
  const auto next = [&](auto append) {
    if (done) done = append();
  };
  if (recording.plan) next([&] { return writer->plan(*recording.plan); });
  if (recording.foretold) next([&] { return writer->foretold(*recording.foretold); });
  for (const observe::Look& look : recording.looks) next([&] { return writer->look(look); });
  for (const observe::Event& event : recording.events) next([&] { return writer->event(event); });
  if (recording.end) next([&] { return writer->end(*recording.end); });
  next([&] { return writer->close(); });
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: sample-recordings DIRECTORY\n", stderr);
    return 2;
  }
  auto all = render::samples();
  all.emplace_back("long", render::long_sample(10, 2));
  for (const auto& [name, recording] : all) {
    const std::string path = std::string(argv[1]) + '/' + name + ".duress";
    if (auto done = write(path, recording); !done) {
      std::fprintf(stderr, "%s: %s\n", path.c_str(), done.error().message.c_str());
      return 1;
    }
  }
  return 0;
}
