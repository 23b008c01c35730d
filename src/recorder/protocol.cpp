#include "recorder/protocol.h"

namespace duress::recorder {

namespace {

constexpr std::size_t kMostCommand = 1U << 15U;

void encode(const std::vector<std::string>& words, observe::ByteWriter& out) {
  out.number(words.size());
  for (const std::string& word : words) out.text(word);
}

std::vector<std::string> decode_words(observe::ByteReader& in) {
  std::vector<std::string> out;
  for (std::uint64_t left = in.number(); left > 0 && in.ok(); --left) out.push_back(in.text());
  return out;
}

std::vector<std::string> cut(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  std::size_t size = 0;
  for (const std::string& word : words) {
    size += word.size();
    if (size > kMostCommand) return out.emplace_back("..."), out;
    out.push_back(word);
  }
  return out;
}

}  // namespace

std::string load_message(Bytes asked, Bytes held) {
  observe::ByteWriter out;
  out.byte(static_cast<std::uint8_t>(Word::kLoad));
  out.signed_number(asked.value);
  out.signed_number(held.value);
  return out.bytes();
}

std::string begin_message(const Begin& begin) {
  const observe::RecorderSetting& setting = begin.setting;
  observe::ByteWriter out;
  out.byte(static_cast<std::uint8_t>(Word::kBegin));
  for (const std::string* text :
       {&begin.cgroup, &setting.path, &setting.duress_version, &setting.qos_class, &setting.kernel})
    out.text(*text);
  out.signed_number(setting.node_cpus);
  encode(cut(setting.command), out);
  encode(setting.own_prefixes, out);
  return out.bytes();
}

std::optional<Begin> decode_begin(std::string_view message) {
  observe::ByteReader in(message);
  if (in.byte() != static_cast<std::uint8_t>(Word::kBegin)) return std::nullopt;
  Begin out;
  observe::RecorderSetting& setting = out.setting;
  for (std::string* text :
       {&out.cgroup, &setting.path, &setting.duress_version, &setting.qos_class, &setting.kernel})
    *text = in.text();
  setting.node_cpus = static_cast<int>(in.signed_number());
  setting.command = decode_words(in);
  setting.own_prefixes = decode_words(in);
  if (!in.ok()) return std::nullopt;
  return out;
}

std::string answer_message(const std::string& problem) {
  observe::ByteWriter out;
  out.text(problem);
  return out.bytes();
}

std::string decode_answer(std::string_view message) {
  observe::ByteReader in(message);
  const std::string out = in.text();
  return in.ok() ? out : "the recorder's answer cannot be read";
}

}  // namespace duress::recorder
