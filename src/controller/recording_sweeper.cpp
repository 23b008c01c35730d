#include "controller/recording_sweeper.h"

#include <algorithm>

#include "spec/recording_object.h"

namespace duress::controller {

namespace {

using kube::Answer;
using kube::Json;

constexpr auto kLookEvery = std::chrono::hours(1);
constexpr auto kLookAgain = std::chrono::minutes(1);
constexpr auto kTogether = std::chrono::seconds(1);  // those of one request are over one by one
constexpr const char* kPage = "10";                  // an object may have 64 KiB

}  // namespace

void RecordingSweeper::begin() {
  works_ = true;
  list("");
}

void RecordingSweeper::rest() {
  works_ = false;
  timer_.reset();
  pending_.drop();
  over_.clear();
}

void RecordingSweeper::asked() {
  if (!works_ || pending_.is_pending()) return;  // it looks just now
  look_at(client_.reactor().now() + kept_ + kTogether);
}

void RecordingSweeper::look_at(Instant at) {
  if (timer_ && look_at_ <= at) return;
  look_at_ = at;
  timer_ = client_.reactor().at(at, [this] {
    timer_.reset();
    list("");
  });
}

void RecordingSweeper::list(const std::string& from) {
  if (from.empty()) next_.reset();
  kube::Query query{{"limit", kPage}};
  if (!from.empty()) query.emplace_back("continue", from);
  pending_ = client_.get(
      {kube::recordings(), ns_, "", ""}, [this](const Answer<Json>& page) { listed(page); }, query);
}

void RecordingSweeper::listed(const Answer<Json>& page) {
  if (!page) {
    // Custom resources of a version that had none.
    const bool has_none = page.error().reason == kube::Reason::kNotFound;
    if (!has_none && calls_.on_trouble) calls_.on_trouble(page.error());
    return look_at(client_.reactor().now() +
                   (has_none ? Duration(kLookEvery) : Duration(kLookAgain)));
  }
  const WallTime now = calls_.now();
  for (const Json& object : kube::list_at(*page, "/items")) {
    const WallTime ends = spec::recording_ends(object, kept_, now);
    if (ends <= now) {
      over_.push_back({{kube::recordings(), kube::text_at(object, "/metadata/namespace"),
                        kube::text_at(object, "/metadata/name"), ""},
                       kube::text_at(object, "/metadata/uid")});
    } else if (!next_ || ends < *next_) {
      next_ = ends;
    }
  }
  const std::string more = kube::text_at(*page, "/metadata/continue");
  if (!more.empty()) return list(more);
  remove_next();
}

void RecordingSweeper::remove_next() {
  if (over_.empty()) return done();
  const Over one = std::move(over_.back());
  over_.pop_back();
  pending_ = client_.remove(one.place, {{"preconditions", {{"uid", one.uid}}}},
                            [this](const Answer<Json>& answer) { removed(answer); });
}

void RecordingSweeper::removed(const Answer<Json>& answer) {
  if (answer || answer.error().reason == kube::Reason::kNotFound ||
      answer.error().reason == kube::Reason::kConflict)
    return remove_next();
  if (calls_.on_trouble) calls_.on_trouble(answer.error());
  over_.clear();
  look_at(client_.reactor().now() + kLookAgain);
}

void RecordingSweeper::done() {
  Duration in = kLookEvery;
  if (next_) in = std::min<Duration>(in, *next_ - calls_.now() + kTogether);
  // One that was asked for while it looked may not have been seen.
  look_at(client_.reactor().now() + std::min<Duration>(in, kept_ + kTogether));
}

}  // namespace duress::controller
