#include "kube/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <system_error>
#include <thread>

#include "base/text.h"
#include "os/message.h"

namespace duress::kube {

namespace {

constexpr std::size_t kMostAddresses = 8;

struct Reply {
  int error = 0;  // of getaddrinfo
  std::size_t count = 0;
  std::array<Address, kMostAddresses> addresses{};
};

Reply ask(const std::string& host, const std::string& port) {
  Reply reply;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  reply.error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  for (const addrinfo* one = found; one != nullptr && reply.count < kMostAddresses;
       one = one->ai_next) {
    Address& address = reply.addresses[reply.count++];
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
    address.family = one->ai_family;
  }
  if (found != nullptr) ::freeaddrinfo(found);
  return reply;
}

}  // namespace

std::optional<Address> literal_address(const std::string& host, std::uint16_t port) {
  Address address;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    address.size = sizeof four;
    std::memcpy(&address.storage, &four, sizeof four);
  } else if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    address.size = sizeof six;
    std::memcpy(&address.storage, &six, sizeof six);
  } else {
    return std::nullopt;
  }
  address.family = address.storage.ss_family;
  return address;
}

Result<Lookup> Lookup::begin(const std::string& host, std::uint16_t port) {
  auto ends = os::message_pair();
  if (!ends) return std::unexpected(ends.error());
  Lookup lookup(std::move(ends->first), host);
  try {
    std::thread([host, port = std::to_string(port), to = std::move(ends->second)] {
      // Nobody may wait for it any more.
      [[maybe_unused]] const auto done = os::send(to, ask(host, port));
    }).detach();
  } catch (const std::system_error& e) {
    return fail(Code::kBusy, std::string("no thread to look up a name in: ") + e.what());
  }
  return lookup;
}

Result<std::vector<Address>> Lookup::take() {
  Reply reply;
  if (auto got = os::receive(socket_, reply, false); !got)
    return std::unexpected(got.error().context("look up " + quoted(host_)));
  if (reply.error != 0 || reply.count == 0)
    return fail(Code::kNotFound, "the name " + quoted(host_) + " has no address: " +
                                     (reply.error == 0 ? "none found" : gai_strerror(reply.error)));
  return std::vector<Address>(reply.addresses.begin(),
                              reply.addresses.begin() + static_cast<std::ptrdiff_t>(reply.count));
}

}  // namespace duress::kube
