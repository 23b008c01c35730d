#include "kube/watch.h"

#include <algorithm>

namespace duress::kube {

namespace {

constexpr std::size_t kMostLine = 8U << 20U;  // etcd takes 1.5 MiB, JSON may be more than that
constexpr auto kHeadWithin = std::chrono::seconds(30);
constexpr auto kGrace = std::chrono::seconds(30);

std::string key_of(const Json& object) {
  return text_at(object, "/metadata/namespace") + "/" + text_at(object, "/metadata/name");
}

Json remains_of(const std::string& key, const std::string& uid) {
  const std::size_t slash = key.find('/');
  Json metadata{{"name", key.substr(slash + 1)}, {"uid", uid}};
  if (slash > 0) metadata["namespace"] = key.substr(0, slash);
  return Json{{"metadata", std::move(metadata)}};
}

}  // namespace

Watch::Watch(Client& client, Place place, WatchOptions options, WatchCalls calls)
    : client_(client),
      place_(std::move(place)),
      options_(std::move(options)),
      calls_(std::move(calls)),
      plan_(client.dice()) {
  follow(WatchPlan::first());
}

void Watch::follow(const WatchStep& step) {
  timer_ = client_.reactor().after(step.after, [this, step] {
    if (step.what == WatchStep::What::kList)
      list(step.from);
    else
      watch(step.from);
  });
}

void Watch::list(const std::string& from) {
  if (from.empty()) list_ += 1;
  Query query{{"limit", std::to_string(options_.page_size)}};
  if (!from.empty()) query.emplace_back("continue", from);
  if (!options_.label_selector.empty())
    query.emplace_back("labelSelector", options_.label_selector);
  if (!options_.field_selector.empty())
    query.emplace_back("fieldSelector", options_.field_selector);
  page_ = client_.get(place_, [this](Answer<Json> page) { listed(std::move(page)); }, query);
}

void Watch::listed(Answer<Json> page) {
  if (!page) {
    trouble(page.error());
    return follow(plan_.failed(page.error(), client_.reactor().now()));
  }
  const std::weak_ptr<bool> alive = alive_;
  if (calls_.on_contact) calls_.on_contact();
  for (const Json& object : list_at(*page, "/items")) {
    if (alive.expired()) return;
    saw(object);
  }
  if (alive.expired()) return;
  const WatchStep step =
      plan_.page(text_at(*page, "/metadata/continue"), text_at(*page, "/metadata/resourceVersion"));
  follow(step);
  if (step.what != WatchStep::What::kWatch) return;
  sweep();
  if (alive.expired()) return;
  synced_ = true;
  if (calls_.on_synced) calls_.on_synced();
}

void Watch::watch(const std::string& version) {
  line_.clear();
  error_.reset();
  const auto spread = static_cast<std::uint64_t>(options_.renewed_after.count()) + 1;
  const auto renewed = options_.renewed_after +
                       std::chrono::seconds(static_cast<std::int64_t>(client_.dice() % spread));
  ApiRequest request{.path = path_of(place_),
                     .query = {{"watch", "true"},
                               {"allowWatchBookmarks", "true"},
                               {"resourceVersion", version},
                               {"timeoutSeconds", std::to_string(renewed.count())}},
                     .what = "watch " + words_of(place_),
                     .within = kHeadWithin};
  if (!options_.label_selector.empty())
    request.query.emplace_back("labelSelector", options_.label_selector);
  if (!options_.field_selector.empty())
    request.query.emplace_back("fieldSelector", options_.field_selector);
  auto stream = client_.stream(
      request, renewed + kGrace, [this](std::string_view piece) { take(piece); },
      [this](Answer<> result) { ended(std::move(result)); });
  if (!stream) return ended(std::unexpected(stream.error()));
  stream_ = std::move(*stream);
}

void Watch::take(std::string_view piece) {
  const std::weak_ptr<bool> alive = alive_;
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    line_ += piece.substr(0, std::min(end, piece.size()));
    if (line_.size() > kMostLine) {
      stream_.drop();
      return ended(refuse(Reason::kMalformed, "an event is larger than any object may be"));
    }
    if (end == std::string_view::npos) return;
    piece.remove_prefix(end + 1);
    const std::string line = std::exchange(line_, {});
    if (!line.empty()) take_line(line);
    if (alive.expired()) return;
  }
}

void Watch::take_line(std::string_view line) {
  const std::weak_ptr<bool> alive = alive_;
  const Json event = parse_json(line);
  const std::string type = text_at(event, "/type");
  const Json* object = find(event, "/object");
  if (object == nullptr) {
    error_ = ApiError{Reason::kMalformed,
                      "an event of a watch is none: " + std::string(line.substr(0, 200))};
    return;
  }
  if (type == "ERROR") {
    error_ = error_of_status(to_text(*object), "watch " + words_of(place_));
    return;
  }
  plan_.heard(text_at(*object, "/metadata/resourceVersion"));
  if (calls_.on_contact) calls_.on_contact();
  if (alive.expired() || type == "BOOKMARK") return;
  if (type == "DELETED") return gone(key_of(*object), *object);
  saw(*object);
}

void Watch::ended(Answer<> result) {
  const Instant now = client_.reactor().now();
  if (result && error_) result = std::unexpected(std::exchange(error_, std::nullopt).value());
  if (result) return follow(plan_.ended(now));
  if (result.error().reason == Reason::kUnauthorized && client_.renew_credentials())
    return follow(plan_.ended(now));
  trouble(result.error());
  follow(plan_.failed(result.error(), now));
}

void Watch::trouble(const ApiError& error) const {
  if (WatchPlan::is_trouble(error) && calls_.on_trouble) calls_.on_trouble(error);
}

void Watch::saw(const Json& object) {
  const std::string key = key_of(object);
  const std::string uid = text_at(object, "/metadata/uid");
  const std::string version = text_at(object, "/metadata/resourceVersion");
  const std::weak_ptr<bool> alive = alive_;
  // Deleted and made anew while nobody watched.
  if (const auto old = known_.find(key); old != known_.end() && old->second.uid != uid)
    gone(key, remains_of(key, old->second.uid));
  if (alive.expired()) return;
  const auto [at, is_new] = known_.try_emplace(key, Known{uid, version, list_});
  const bool is_same = !is_new && at->second.version == version;
  at->second.version = version;
  at->second.seen = list_;
  if (!is_same && calls_.on_change)
    calls_.on_change(is_new ? WatchCalls::Change::kAdded : WatchCalls::Change::kModified, object);
}

void Watch::gone(const std::string& key, const Json& object) {
  if (known_.erase(key) > 0 && calls_.on_change)
    calls_.on_change(WatchCalls::Change::kDeleted, object);
}

// What a complete list did not show is gone.
void Watch::sweep() {
  std::vector<std::pair<std::string, std::string>> missing;
  for (const auto& [key, known] : known_)
    if (known.seen != list_) missing.emplace_back(key, known.uid);
  const std::weak_ptr<bool> alive = alive_;
  for (const auto& [key, uid] : missing) {
    gone(key, remains_of(key, uid));
    if (alive.expired()) return;
  }
}

}  // namespace duress::kube
