// What the tests of workloads share: manifests made of a few words, and reading them with every
// problem told. It asserts nothing of its own but that what is taken is taken.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "spec/workload.h"

namespace duress::spec {

// A Pod called web with one container.
inline std::string pod(std::string_view container, std::string_view more = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {" + std::string(more) +
         (more.empty() ? "" : ", ") + "containers: [{" + std::string(container) + "}]}\n";
}

inline std::string deployment(std::string_view container, std::string_view more = "",
                              int replicas = 1) {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: " +
         std::to_string(replicas) +
         ", selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "
         "spec: {" +
         std::string(more) + "containers: [{" + std::string(container) + "}]}}}\n";
}

inline Workloads taken(std::string_view text, const WorkloadOptions& options = {}) {
  const std::vector<ManifestText> files = {{"f.yaml", std::string(text)}};
  auto got = read_workloads(files, options);
  if (got) return std::move(*got);
  for (const Problem& problem : got.error()) ADD_FAILURE() << format_problem(problem);
  Workloads none;
  none.pods.resize(1);
  none.pods[0].containers.resize(1);
  return none;
}

inline std::vector<std::string> refusals(std::string_view text,
                                         const WorkloadOptions& options = {}) {
  const std::vector<ManifestText> files = {{"f.yaml", std::string(text)}};
  const auto got = read_workloads(files, options);
  std::vector<std::string> out;
  if (got) return out;
  for (const Problem& problem : got.error()) out.push_back(format_problem(problem));
  return out;
}

inline Pod pod_of(std::string_view container, std::string_view more = "") {
  return taken(pod(container, more)).pods[0];
}

// A file of this repository.
inline std::string file(const std::string& path) {
  std::ifstream in(std::string(DURESS_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// As `helm template` writes an ordinary web application.
inline std::string chart() { return file("tests/manifests/chart.yaml"); }

}  // namespace duress::spec
