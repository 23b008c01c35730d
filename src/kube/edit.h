// Reads an object, lets a pure function decide on a change, and writes it only if nobody else has
// written meanwhile; else it reads and decides anew. Not for what is ours alone (a patch without a
// version is shorter). One thread; told from within the reactor's turn.
#pragma once

#include <functional>
#include <optional>

#include "kube/client.h"

namespace duress::kube {

struct Edit {
  Place place{};
  // The merge patch for what is there now; nothing: all is as it should be.
  std::function<std::optional<Json>(const Json& now)> decide{};
  int attempts = 5;
  std::string manager = "duress";
};

class Editing final {
 public:
  // `done` gets the object as it is then.
  Editing(Client& client, Edit edit, Client::Done done);
  Editing(const Editing&) = delete;
  Editing& operator=(const Editing&) = delete;
  ~Editing() = default;

 private:
  void read();
  void decide(Answer<Json> object);
  void wrote(Answer<Json> object);

  Client& client_;
  Edit edit_;
  Client::Done done_;
  Backoff backoff_;
  Pending pending_;
  Handle timer_;
};

}  // namespace duress::kube
