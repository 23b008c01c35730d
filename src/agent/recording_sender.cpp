#include "agent/recording_sender.h"

#include <utility>

namespace duress::agent {

void RecordingSender::asked(const std::string& experiment, WallTime asked) {
  const auto [known, is_new] = answered_.try_emplace(experiment, asked);
  if (!is_new && known->second == asked) return;
  known->second = asked;
  std::erase_if(queue_, [&](const auto& one) { return one.experiment_uid == experiment; });
  for (spec::RecordingObject& one : calls_.list(experiment)) {
    if (queue_.size() >= kMostAtOnce) {
      calls_.say("more than " + std::to_string(kMostAtOnce) +
                 " recordings are asked for at once: the rest is left out");
      break;
    }
    one.asked = asked;
    queue_.push_back(std::move(one));
  }
  if (pending_.is_pending() || timer_) return;
  const auto jitter = static_cast<std::uint64_t>(Duration(kMostJitter).count());
  timer_ = client_.reactor().after(Duration(static_cast<std::int64_t>(client_.dice() % jitter)),
                                   [this] { next(); });
}

void RecordingSender::gone(const std::string& experiment) {
  answered_.erase(experiment);
  std::erase_if(queue_, [&](const auto& one) { return one.experiment_uid == experiment; });
}

void RecordingSender::next() {
  timer_.reset();
  if (queue_.empty()) return;
  spec::RecordingObject one = std::move(queue_.front());
  queue_.pop_front();
  calls_.read(one);
  // Made, or in place of the one before.
  pending_ = client_.patch({kube::recordings(), one.experiment_ns, spec::recording_name(one), ""},
                           spec::recording_json(one),
                           {.type = kube::PatchType::kApply, .manager = "duress-agent"},
                           [this](const kube::Answer<kube::Json>& answer) { sent(answer); });
}

void RecordingSender::sent(const kube::Answer<kube::Json>& answer) {
  const std::string trouble = answer ? "" : answer.error().message;
  if (trouble != std::exchange(trouble_, trouble) && !trouble.empty()) calls_.say(trouble);
  timer_ = client_.reactor().after(kPause, [this] { next(); });
}

}  // namespace duress::agent
