// What the two sources of RehearseSession share. Not for others.
#pragma once

#include <string>
#include <utility>

#include "cli/rehearse_session.h"

namespace duress::cli {

struct RehearseSession::Load {
  explicit Load(agent::LoadProcess started) : process(std::move(started)) {}
  agent::LoadProcess process;
};

struct RehearseSession::Watched {
  Watched(std::size_t of_pod, std::size_t of_container, ContainerWatch::Setting setting)
      : pod(of_pod), container(of_container), watch(std::move(setting)) {}
  std::size_t pod;
  std::size_t container;
  ContainerWatch watch;
  bool log_watched = false;
};

// What a word of a load makes of its sight, and what is said of it; an empty text: nothing.
struct NewsTold {
  bool warning = false;
  bool failed = false;  // the load could not be put on, or ended by an error of its own
  std::string reason{};
  std::string text{};
};
[[nodiscard]] NewsTold heed_news(const agent::LoadNews& news, LoadSight& sight);

}  // namespace duress::cli
