#include "agent/kept_recordings.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "observe/recording_coding.h"

namespace duress::agent {
namespace {

using std::chrono::seconds;

const Slot kApp{"e1", "shop", "a", "app"};

// A recording in a file of its own, as a load leaves it behind.
class Directory {
 public:
  Directory() {
    char name[] = "/tmp/duress-kept-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    for (int i = 0; i < count_; ++i) ::unlink(name_of(i).c_str());
    ::rmdir(path_.c_str());
  }

  KeptRecordings::File file(const std::string& target) {
    observe::RecordingEncoder encoder;
    std::string bytes = encoder.header({.target = target});
    bytes += encoder.end({.reason = "signal", .message = "it was told to end"});
    bytes += encoder.close();
    auto file = std::make_shared<os::Fd>(
        ::open(name_of(count_++).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(::write(file->get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return file;
  }
  void remove_last() { ::unlink(name_of(count_ - 1).c_str()); }

 private:
  [[nodiscard]] std::string name_of(int i) const { return path_ + "/" + std::to_string(i); }
  std::string path_;
  int count_ = 0;
};

TEST(KeptRecordings, HasTheLastOfEachSlot) {
  Directory directory;
  KeptRecordings kept;
  EXPECT_EQ(kept.read(kApp).error().code, Code::kNotFound);
  kept.keep(kApp, "c0", directory.file("first"), Instant(seconds(1)));
  kept.keep(kApp, "c1", directory.file("second"), Instant(seconds(2)));
  kept.keep(kApp, "c2", nullptr, Instant(seconds(3)));
  const auto read = kept.read(kApp);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->header.target, "second");
  EXPECT_EQ(kept.container_id(kApp), "c1");
  EXPECT_TRUE(kept.read(kApp)) << "it is read as often as it is asked for";
}

TEST(KeptRecordings, ALoadThatWasEndedAtItsDeadlineSaysSo) {
  Directory directory;
  KeptRecordings kept;
  const auto file = directory.file("app");
  kept.keep(kApp, "c0", file, Instant(seconds(1)));
  EXPECT_EQ(kept.read(kApp)->end->reason, "signal");
  kept.time_was_over(file);
  EXPECT_EQ(kept.read(kApp)->end->reason, "deadline");
}

TEST(KeptRecordings, LetsGoWhatWasRemovedOrIsAskedForNoMore) {
  Directory directory;
  KeptRecordings kept;
  const Slot other{"e2", "shop", "b", "app"};
  kept.keep(other, "c1", directory.file("other"), Instant(seconds(1)));
  const auto file = directory.file("app");
  const std::weak_ptr<os::Fd> held = file;
  kept.keep(kApp, "c0", file, Instant(seconds(1)));
  kept.let_removed_go();
  EXPECT_TRUE(kept.read(kApp));
  directory.remove_last();
  kept.let_removed_go();
  EXPECT_FALSE(kept.read(kApp));
  EXPECT_EQ(held.use_count(), 1) << "ours alone";
  EXPECT_TRUE(kept.read(other));
  kept.forget([](const Slot& slot) { return slot.experiment == "e2"; });
  EXPECT_TRUE(kept.is_empty());
}

TEST(KeptRecordings, OfTooManyTheOldestGo) {
  Directory directory;
  KeptRecordings kept;
  const auto file = directory.file("app");
  for (int i = 0; i <= static_cast<int>(KeptRecordings::kMost); ++i)
    kept.keep({"e1", "shop", std::to_string(i), "app"}, "c", file, Instant(seconds(i)));
  EXPECT_FALSE(kept.read({"e1", "shop", "0", "app"}));
  EXPECT_TRUE(kept.read({"e1", "shop", "1", "app"}));
  EXPECT_TRUE(kept.read({"e1", "shop", std::to_string(KeptRecordings::kMost), "app"}));
}

}  // namespace
}  // namespace duress::agent
