// What the tests of workloads share: manifests made of a few words, and reading them with every
// problem told. It asserts nothing of its own but that what is taken is taken.
#pragma once

#include <gtest/gtest.h>

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

// As `helm template` writes an ordinary web application.
inline constexpr std::string_view kChart = R"(---
# Source: web/templates/serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  labels:
    helm.sh/chart: web-0.1.0
    app.kubernetes.io/managed-by: Helm
automountServiceAccountToken: true
---
# Source: web/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: ClusterIP
  ports:
    - {port: 80, targetPort: http, protocol: TCP, name: http}
  selector:
    app.kubernetes.io/name: web
---
# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    helm.sh/chart: web-0.1.0
    app.kubernetes.io/name: web
    app.kubernetes.io/version: "1.16.0"
spec:
  replicas: 3
  revisionHistoryLimit: 10
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}
  selector:
    matchLabels:
      app.kubernetes.io/name: web
      app.kubernetes.io/instance: release-name
  template:
    metadata:
      annotations:
        checksum/config: 01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b
      labels:
        app.kubernetes.io/name: web
        app.kubernetes.io/instance: release-name
    spec:
      serviceAccountName: web
      securityContext:
        fsGroup: 1001
        runAsNonRoot: true
        runAsUser: 1001
        runAsGroup: 1001
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: web
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          image: "nginx:1.16.0"
          imagePullPolicy: IfNotPresent
          command:
            - /usr/sbin/nginx
          args: ["-g", "daemon off;"]
          env:
            - name: PORT
              value: "8080"
            - name: HOST_IP
              valueFrom: {fieldRef: {apiVersion: v1, fieldPath: status.hostIP}}
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            initialDelaySeconds: 10
          readinessProbe:
            httpGet: {path: /, port: http, httpHeaders: [{name: X-Probe, value: "1"}]}
            periodSeconds: 5
          resources:
            limits: {cpu: 100m, memory: 128Mi}
            requests: {cpu: 100m, memory: 128Mi, ephemeral-storage: 50Mi}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: tmp
          emptyDir: {}
      nodeSelector:
        kubernetes.io/os: linux
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution: []
      tolerations:
        - {key: dedicated, operator: Exists, effect: NoSchedule}
---
# Source: web/templates/hpa.yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 1, maxReplicas: 3}
---
# Source: web/templates/tests/test-connection.yaml
)";

}  // namespace duress::spec
