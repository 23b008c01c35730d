// Every field that Kubernetes knows of the kinds that rehearse reads, and what becomes of it:
// honoured, without effect here, or refused. It reads nothing (pod_reader.h does). Constant; any
// thread.
#pragma once

#include <span>
#include <string_view>

#include "spec/object_reader.h"

namespace duress::spec {

struct FieldTable {
  std::string_view object;  // "Pod spec"
  std::span<const KnownField> fields;
};

[[nodiscard]] std::span<const KnownField> pod_fields();
[[nodiscard]] std::span<const KnownField> pod_security_fields();
[[nodiscard]] std::span<const KnownField> container_fields();
[[nodiscard]] std::span<const KnownField> security_fields();
[[nodiscard]] std::span<const KnownField> environment_fields();
[[nodiscard]] std::span<const KnownField> value_source_fields();
[[nodiscard]] std::span<const KnownField> resources_fields();
[[nodiscard]] std::span<const KnownField> port_fields();
[[nodiscard]] std::span<const KnownField> mount_fields();
[[nodiscard]] std::span<const KnownField> lifecycle_fields();
[[nodiscard]] std::span<const KnownField> handler_fields();
[[nodiscard]] std::span<const KnownField> probe_fields();
[[nodiscard]] std::span<const KnownField> http_get_fields();
[[nodiscard]] std::span<const KnownField> volume_fields();
[[nodiscard]] std::span<const KnownField> metadata_fields();

// Of a workload's spec; empty: not a kind that makes Pods.
[[nodiscard]] std::span<const KnownField> workload_fields(std::string_view kind);

// All of them, for the documentation and its test.
[[nodiscard]] std::span<const FieldTable> field_tables();

}  // namespace duress::spec
