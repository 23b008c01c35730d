#include "kube/resource.h"

#include "kube/url.h"

namespace duress::kube {

std::string path_of(const Place& place) {
  const Resource& resource = place.resource;
  std::string path = resource.group.empty() ? "/api/" : "/apis/" + resource.group + "/";
  path += resource.version;
  if (resource.is_namespaced && !place.ns.empty())
    path += "/namespaces/" + percent_encoded(place.ns);
  path += "/" + resource.plural;
  if (!place.name.empty()) path += "/" + percent_encoded(place.name);
  if (!place.subresource.empty()) path += "/" + place.subresource;
  return path;
}

std::string words_of(const Place& place) {
  std::string words = place.resource.plural;
  if (!place.subresource.empty()) words += "/" + place.subresource;
  const bool in_namespace = place.resource.is_namespaced && !place.ns.empty();
  if (!place.name.empty()) return words + " " + (in_namespace ? place.ns + "/" : "") + place.name;
  if (!place.resource.is_namespaced) return words;
  return words + (in_namespace ? " in namespace " + place.ns : " in all namespaces");
}

}  // namespace duress::kube
