#include "rehearse/grpc_health.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "base/text.h"

namespace duress::rehearse {

namespace {

constexpr std::size_t kPrefix = 5;  // a flag and the length

constexpr std::array<std::string_view, 17> kCodes = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};
constexpr std::array<std::string_view, 4> kStatuses = {"UNKNOWN", "SERVING", "NOT_SERVING",
                                                       "SERVICE_UNKNOWN"};
constexpr int kUnimplemented = 12;
constexpr int kServing = 1;

std::string named(int code) {
  const auto index = static_cast<std::size_t>(code);
  return index < kCodes.size() ? std::string(kCodes[index]) : "Code(" + std::to_string(code) + ")";
}

std::optional<std::uint64_t> varint(std::string_view& text) {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64 && !text.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    out |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return out;
  }
  return std::nullopt;
}

// Past a field that is not ours; false: the message is broken.
bool skip(std::string_view& text, std::uint64_t wire_type) {
  std::uint64_t size = 0;
  if (wire_type == 0) return varint(text).has_value();
  if (wire_type == 1) size = 8;
  if (wire_type == 5) size = 4;
  if (wire_type == 2) {
    const auto length = varint(text);
    if (!length) return false;
    size = *length;
  } else if (size == 0) {
    return false;
  }
  if (size > text.size()) return false;
  text.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

}  // namespace

std::string health_request(const std::string& service) {
  std::string message;
  if (!service.empty()) {
    message += '\x0A';  // field 1, a string
    for (std::size_t size = service.size();; size >>= 7U) {
      const bool more = size >= 0x80;
      message += static_cast<char>((size & 0x7FU) | (more ? 0x80U : 0U));
      if (!more) break;
    }
    message += service;
  }
  std::string out(1, '\0');  // not compressed
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out += static_cast<char>((message.size() >> shift) & 0xFFU);
  }
  return out + message;
}

std::optional<int> health_status(std::string_view message) {
  if (message.size() < kPrefix || message[0] != '\0') return std::nullopt;
  std::uint64_t size = 0;
  for (std::size_t i = 1; i < kPrefix; ++i) {
    size = size << 8U | static_cast<unsigned char>(message[i]);
  }
  message.remove_prefix(kPrefix);
  if (size != message.size()) return std::nullopt;
  int status = 0;  // what is not written is 0
  while (!message.empty()) {
    const auto key = varint(message);
    if (!key) return std::nullopt;
    if (*key != 8) {  // field 1, a number
      if (!skip(message, *key & 7U)) return std::nullopt;
      continue;
    }
    const auto value = varint(message);
    if (!value || *value > 1000) return std::nullopt;
    status = static_cast<int>(*value);
  }
  return status;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

ProbeDone meaning_of(const GrpcEnd& end) {
  const std::string said = end.message.empty() ? "" : quoted(percent_decoded(end.message), 300);
  const auto failed = [&](int code, const std::string& why) {
    return ProbeDone{ProbeOutcome::kFailure, "error: health rpc probe failed: rpc error: code = " +
                                                 named(code) + " desc = " + why};
  };
  constexpr int kUnknown = 2;
  constexpr int kInternal = 13;
  if (!end.code) return failed(kInternal, "server closed the stream without sending trailers");
  if (*end.code == kUnimplemented) {
    return {ProbeOutcome::kFailure,
            "error: this server does not implement the grpc health protocol "
            "(grpc.health.v1.Health): " +
                said};
  }
  if (*end.code != 0) return failed(*end.code < 0 ? kUnknown : *end.code, said);
  const auto status = health_status(end.body);
  if (!status) return failed(kInternal, "grpc: failed to unmarshal the received message");
  if (*status == kServing) return {};
  const auto index = static_cast<std::size_t>(*status);
  const std::string name =
      index < kStatuses.size() ? std::string(kStatuses[index]) : std::to_string(*status);
  return {ProbeOutcome::kFailure, "service unhealthy (responded with \"" + name + "\")"};
}

}  // namespace duress::rehearse
