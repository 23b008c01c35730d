#include "observe/oom_feed.h"

#include <algorithm>

namespace duress::observe {

namespace {

// Records are read until there are none, but a log that is written faster than it is read must not
// keep the loop.
constexpr int kRecordsAtOnce = 20'000;
constexpr std::size_t kMostLines = 4096;

}  // namespace

Result<std::shared_ptr<OomFeed>> OomFeed::open(const std::string& path) {
  auto log = KernelLog::open(path);
  if (!log) return std::unexpected(log.error());
  return std::make_shared<OomFeed>(std::move(*log));
}

void OomFeed::read() {
  for (int i = 0; !failure_ && i < kRecordsAtOnce; ++i) {
    auto record = log_.next();
    if (!record) {
      failure_ = record.error();
      return;
    }
    if (!*record) return;
    auto line = parse_oom_line((*record)->text);
    if (!line) continue;
    lines_.push_back(std::move(*line));
    if (lines_.size() <= kMostLines) continue;
    lines_.pop_front();
    ++first_;
  }
}

const OomLine* OomFeed::next(std::uint64_t& at) const {
  at = std::max(at, first_);
  if (at >= end()) return nullptr;
  return &lines_[at++ - first_];
}

}  // namespace duress::observe
