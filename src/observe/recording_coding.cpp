#include "observe/recording_coding.h"

#include <deque>

#include "base/text.h"
#include "observe/byte_coding.h"
#include "observe/event_order.h"
#include "observe/record_values.h"
#include "observe/thinning.h"

namespace duress::observe {

namespace {

constexpr std::uint8_t kMark = 0xD7;
constexpr std::size_t kPreamble = 12;  // magic, version, three bytes for later
constexpr std::size_t kHalfOfEvents = 25'000;
// Bytes that are looked at a second time while the next good record is searched for: a file made to
// be slow is given up.
constexpr std::uint64_t kSearchBudget = 256U << 20U;

// One record at the beginning of `bytes`.
struct Framed {
  RecordKind kind = RecordKind::kClose;
  std::string_view payload;
  std::size_t size = 0;  // of the whole record
};

enum class Frame : std::uint8_t { kGood, kCutOff, kDamaged };

Frame take_frame(std::string_view bytes, Framed& out) {
  ByteReader in(bytes.substr(0, 16));
  const std::uint8_t mark = in.byte();
  const std::uint8_t kind = in.byte();
  const std::uint64_t length = in.number();
  if (!in.ok()) return bytes.size() < 16 ? Frame::kCutOff : Frame::kDamaged;
  if (mark != kMark || kind < static_cast<std::uint8_t>(RecordKind::kHeader) ||
      kind > static_cast<std::uint8_t>(RecordKind::kClose) || length > kMostPayload) {
    return Frame::kDamaged;
  }
  const std::size_t body = in.at() + length;
  if (body + 4 > bytes.size()) return Frame::kCutOff;
  ByteReader sum(bytes.substr(body, 4));
  out = {static_cast<RecordKind>(kind), bytes.substr(in.at(), length), body + 4};
  return sum.fixed32() == checksum(bytes.substr(0, body)) ? Frame::kGood : Frame::kDamaged;
}

// The first and the last of many events.
class Events final {
 public:
  void add(Event event) {
    if (first_.size() < kHalfOfEvents) {
      first_.push_back(std::move(event));
      return;
    }
    last_.push_back(std::move(event));
    if (last_.size() <= kHalfOfEvents) return;
    last_.pop_front();
    ++left_out_;
  }
  void move_to(Recording& recording) {
    recording.events = std::move(first_);
    recording.events.insert(recording.events.end(), std::make_move_iterator(last_.begin()),
                            std::make_move_iterator(last_.end()));
    // What is told late (a process's name, a victim's) was seen earlier.
    recording.events = in_order(std::move(recording.events));
    recording.events_left_out = left_out_;
  }

 private:
  std::vector<Event> first_;
  std::deque<Event> last_;
  std::int64_t left_out_ = 0;
};

class Decoder final {
 public:
  Recording decode(std::string_view bytes) {
    std::size_t at = kPreamble;
    bool skipping = false;
    while (at < bytes.size()) {
      Framed framed;
      const Frame frame = take_frame(bytes.substr(at), framed);
      if (frame == Frame::kGood) {
        skipping = false;
        take(framed);
        at += framed.size;
        continue;
      }
      if (!skipping) begin_skipping(frame);
      skipping = true;
      searched_ += framed.size + 1;
      if (searched_ > kSearchBudget) break;
      ++at;
    }
    finish(skipping);
    return std::move(out_);
  }

 private:
  void begin_skipping(Frame frame) {
    ++damaged_;
    cut_off_ = frame == Frame::kCutOff;
    synchronous_ = false;  // a look may be missing
  }

  void take(const Framed& framed) {
    if (out_.complete) trailing_ = true;
    cut_off_ = false;
    ByteReader in(framed.payload);
    const bool good = framed.kind == RecordKind::kLook || framed.kind == RecordKind::kLookAlone
                          ? take_look(framed.kind == RecordKind::kLookAlone, in)
                          : take_value(framed.kind, in);
    if (!good) ++damaged_;
  }

  bool take_look(bool alone, ByteReader& in) {
    if (!alone && !synchronous_) {
      ++lost_looks_;
      return true;  // the damage before it was counted
    }
    const auto look = looks_.decode(alone, in);
    synchronous_ = look.has_value();
    if (!look || (kept_.last_at() && look->at < *kept_.last_at())) return false;
    kept_.add(*look);
    return true;
  }

  bool take_value(RecordKind kind, ByteReader& in) {
    switch (kind) {
      case RecordKind::kHeader:
        out_.header = decode_header(in);
        has_header_ = in.ok();
        break;
      case RecordKind::kPlan:
        out_.plan = decode_plan(in);
        break;
      case RecordKind::kForetold:
        out_.foretold = decode_foretold(in);
        break;
      case RecordKind::kEvent: {
        Event event = decode_event(in);
        if (in.ok()) events_.add(std::move(event));
        break;
      }
      case RecordKind::kEnd:
        out_.end = decode_end(in);
        break;
      case RecordKind::kClose:
        out_.complete = true;
        break;
      case RecordKind::kLook:
      case RecordKind::kLookAlone:
        break;
    }
    return in.ok() && in.left() == 0;
  }

  void finish(bool skipping) {
    out_.header.version = kFormatVersion;
    out_.looks_taken = kept_.added();
    out_.looks = kept_.take();
    events_.move_to(out_);
    const bool closed = std::exchange(out_.complete, false);
    const bool only_cut_off = damaged_ == 1 && skipping && cut_off_;
    if (damaged_ > 0 && !only_cut_off) {
      out_.damage = "the recording is damaged in " + std::to_string(damaged_) +
                    (damaged_ == 1 ? " place" : " places") + ", and " +
                    std::to_string(lost_looks_) + " looks that could be read depend on lost ones";
      if (!closed) out_.damage += "; it was not closed in order either";
    } else if (!closed) {
      out_.damage =
          "the recording was not closed in order: whoever wrote it was killed, or is "
          "still writing";
    } else if (!has_header_ || trailing_) {
      out_.damage = trailing_ ? "there are records behind the recording's end"
                              : "the recording has no header";
    } else {
      out_.complete = true;
    }
  }

  Recording out_;
  LookCoding looks_;
  Thinning kept_;
  Events events_;
  bool has_header_ = false;
  bool synchronous_ = false;  // the look before is known
  bool cut_off_ = false;
  bool trailing_ = false;
  std::int64_t damaged_ = 0;
  std::int64_t lost_looks_ = 0;
  std::uint64_t searched_ = 0;
};

template <class Value>
std::string encoded(RecordKind kind, const Value& value) {
  ByteWriter out;
  encode(value, out);
  return record(kind, out.bytes());
}

}  // namespace

std::string record(RecordKind kind, std::string_view payload) {
  ByteWriter out;
  out.byte(kMark);
  out.byte(static_cast<std::uint8_t>(kind));
  out.number(payload.size());
  out.raw(payload);
  out.fixed32(checksum(out.bytes()));
  return out.bytes();
}

std::string RecordingEncoder::header(const Header& header) {
  std::string out(kMagic);
  out += static_cast<char>(kFormatVersion);
  out.resize(kPreamble, '\0');
  return out + encoded(RecordKind::kHeader, header);
}

std::string RecordingEncoder::plan(const LoadPlan& plan) {
  return encoded(RecordKind::kPlan, plan);
}

std::string RecordingEncoder::foretold(const Foretold& foretold) {
  return encoded(RecordKind::kForetold, foretold);
}

std::string RecordingEncoder::look(const Look& look) {
  const bool alone = count_++ % kAloneEvery == 0;
  ByteWriter out;
  looks_.encode(look, alone, out);
  return record(alone ? RecordKind::kLookAlone : RecordKind::kLook, out.bytes());
}

std::string RecordingEncoder::event(const Event& event) {
  return encoded(RecordKind::kEvent, event);
}

std::string RecordingEncoder::end(const LoadEnd& end) { return encoded(RecordKind::kEnd, end); }

std::string RecordingEncoder::close() { return record(RecordKind::kClose, {}); }

Result<Recording> decode_recording(std::string_view bytes) {
  if (bytes.size() < kPreamble || !bytes.starts_with(kMagic)) {
    return fail(Code::kUsage,
                "this is not a recording of Duress: `duress record` and `duress run` make them");
  }
  const auto version = static_cast<std::uint8_t>(bytes[kMagic.size()]);
  if (version > kFormatVersion) {
    return fail(Code::kUnsupported, "the recording is of format version " +
                                        std::to_string(version) + " and this Duress reads up to " +
                                        std::to_string(kFormatVersion) +
                                        ": read it with the Duress that wrote it, or a newer one");
  }
  return Decoder().decode(bytes);
}

}  // namespace duress::observe
