// The one file of this folder that knows yaml-cpp.
#include <yaml-cpp/yaml.h>

#include "base/text.h"
#include "kube/kubeconfig.h"

namespace duress::kube {

namespace {

constexpr int kMostDepth = 32;
constexpr int kMostNodes = 50'000;  // aliases included: a short file may say a lot

class Reader final {
 public:
  // False: too much.
  bool read(const YAML::Node& node, Json& to, int depth) {
    if (depth > kMostDepth || ++nodes_ > kMostNodes) return false;
    if (node.IsSequence()) {
      to = Json::array();
      for (const auto& item : node)
        if (!read(item, to.emplace_back(), depth + 1)) return false;
      return true;
    }
    if (node.IsMap()) {
      to = Json::object();
      for (const auto& member : node)
        if (!read(member.second, to[member.first.Scalar()], depth + 1)) return false;
      return true;
    }
    to = scalar(node);
    return true;
  }

 private:
  static Json scalar(const YAML::Node& node) {
    if (!node.IsScalar()) return nullptr;
    const std::string& text = node.Scalar();
    if (node.Tag() != "?") return text;  // it stands in quotes
    if (text == "true") return true;
    if (text == "false") return false;
    if (text == "null" || text == "~" || text.empty()) return nullptr;
    return text;
  }

  int nodes_ = 0;
};

}  // namespace

Result<Json> yaml_to_json(std::string_view text) {
  try {
    Json json;
    Reader reader;
    if (!reader.read(YAML::Load(std::string(text)), json, 0))
      return fail(Code::kUsage, "it is nested too deep or too large for a kubeconfig");
    return json;
  } catch (const YAML::Exception& e) {
    const std::string line =
        e.mark.is_null() ? "" : "line " + std::to_string(e.mark.line + 1) + ": ";
    return fail(Code::kUsage, line + e.msg);
  }
}

}  // namespace duress::kube
