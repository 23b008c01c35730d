// For command lines, which have nothing else to do: turns the reactor until a request has its
// answer. Not for daemons, whose other work it would hold up, and not from within a callback.
#pragma once

#include <functional>
#include <optional>

#include "kube/client.h"

namespace duress::kube {

// `begin` starts the request with the callback that it is given. A client's requests end in time by
// themselves.
template <class T = Json>
[[nodiscard]] Answer<T> await(Reactor& reactor,
                              const std::function<Pending(std::function<void(Answer<T>)>)>& begin) {
  std::optional<Answer<T>> answer;
  const Pending pending = begin([&answer](Answer<T> got) { answer = std::move(got); });
  while (!answer)
    if (auto done = reactor.turn(std::chrono::seconds(1)); !done)
      return refuse(Reason::kOther, done.error().message);
  return *answer;
}

}  // namespace duress::kube
