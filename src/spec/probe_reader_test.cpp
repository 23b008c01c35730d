// The rules of probes one by one, read as a Pod's manifest has them.
#include "spec/probe_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/pod_refusal_test.h"
#include "spec/workload_test_text.h"

namespace duress::spec {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(Probes, HaveKubernetesDefaults) {
  const auto probe = container_of("livenessProbe: {tcpSocket: {port: 80}}").liveness;
  ASSERT_TRUE(probe);
  EXPECT_EQ(std::get<TcpSocket>(probe->how).port, 80);
  EXPECT_EQ(probe->initial_delay, seconds(0));
  EXPECT_EQ(probe->period, seconds(10));
  EXPECT_EQ(probe->timeout, seconds(1));
  EXPECT_EQ(probe->success_threshold, 1);
  EXPECT_EQ(probe->failure_threshold, 3);
  EXPECT_FALSE(probe->grace);
  // pkg/apis/core/v1/defaults.go takes 0 for "not given".
  const auto zeros = container_of(
                         "readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 0, "
                         "timeoutSeconds: 0, successThreshold: 0, failureThreshold: 0}")
                         .readiness;
  EXPECT_EQ(zeros->period, seconds(10));
  EXPECT_EQ(zeros->timeout, seconds(1));
  EXPECT_EQ(zeros->failure_threshold, 3);
}

TEST(Probes, TakeEveryKindAndTiming) {
  const Container got = container_of(
      "ports: [{name: http, containerPort: 8080}], livenessProbe: {httpGet: {port: http, path: "
      "healthz, scheme: HTTPS, httpHeaders: [{name: Host, value: a.b}]}, initialDelaySeconds: 3, "
      "periodSeconds: 4, timeoutSeconds: 5, failureThreshold: 6, successThreshold: 1, "
      "terminationGracePeriodSeconds: 7}, readinessProbe: {exec: {command: [cat, /ok]}, "
      "successThreshold: 2}, startupProbe: {grpc: {port: 9000, service: live}}");
  const auto& http = std::get<HttpGet>(got.liveness->how);
  EXPECT_EQ(http.port, 8080);
  EXPECT_EQ(http.path, "/healthz");
  EXPECT_TRUE(http.https);
  EXPECT_THAT(http.headers, ElementsAre(Pair("Host", "a.b")));
  EXPECT_EQ(got.liveness->initial_delay, seconds(3));
  EXPECT_EQ(got.liveness->period, seconds(4));
  EXPECT_EQ(got.liveness->timeout, seconds(5));
  EXPECT_EQ(got.liveness->failure_threshold, 6);
  EXPECT_EQ(got.liveness->grace, seconds(7));
  EXPECT_THAT(std::get<Exec>(got.readiness->how).command, ElementsAre("cat", "/ok"));
  EXPECT_EQ(got.readiness->success_threshold, 2);
  EXPECT_EQ(std::get<Grpc>(got.startup->how).port, 9000);
  EXPECT_EQ(std::get<Grpc>(got.startup->how).service, "live");
}

TEST(Probes, KeepKubernetesRules) {
  const std::string one = "exactly one of httpGet, tcpSocket, exec and grpc";
  all_refused({
      {"livenessProbe: {periodSeconds: 1}", "livenessProbe: " + one},
      {"livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}",
       "livenessProbe: tcpSocket and exec is not allowed: " + one},
      {"livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}",
       "livenessProbe.successThreshold: 2 is not allowed: 1: only a readinessProbe"},
      {"startupProbe: {tcpSocket: {port: 1}, successThreshold: 3}",
       "startupProbe.successThreshold"},
      {"livenessProbe: {tcpSocket: {port: 1}, timeoutSeconds: -1}",
       "livenessProbe.timeoutSeconds: -1 is not allowed: 0 to"},
      {"livenessProbe: {tcpSocket: {port: 1}, timeoutSeconds: 1.5}", "timeoutSeconds: 1.5 is not"},
      {"livenessProbe: {tcpSocket: {port: 1}, timeoutSeconds: '5'}",
       "timeoutSeconds: 5 is not allowed: a number: leave out the quotes"},
      {"livenessProbe: {tcpSocket: {port: 1}, periodSeconds: 5s}", "periodSeconds: 5s is not"},
      {"livenessProbe: {tcpSocket: {port: 1}, initialDelaySeconds: -5}", "initialDelaySeconds: -5"},
      {"livenessProbe: {tcpSocket: {port: 1}, failureThreshold: -1}", "failureThreshold: -1"},
      {"livenessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 0}",
       "livenessProbe.terminationGracePeriodSeconds: 0 is not allowed: 1 to"},
      {"readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 5}",
       "readinessProbe.terminationGracePeriodSeconds: 5 is not allowed: leave it out"},
      {"livenessProbe: {tcpSocket: {}}", "livenessProbe.tcpSocket.port: missing"},
      {"livenessProbe: {tcpSocket: {port: 0}}", "tcpSocket.port: 0 is not allowed: 1 to 65535"},
      {"livenessProbe: {tcpSocket: {port: 65536}}", "tcpSocket.port: 65536"},
      {"livenessProbe: {tcpSocket: {port: '80'}}", "tcpSocket.port: 80 is not allowed: a number: "},
      {"livenessProbe: {httpGet: {port: htpp}}, ports: [{name: http, containerPort: 1}]",
       "httpGet.port: htpp is not allowed: a number, or a port of the container: http"},
      {"livenessProbe: {httpGet: {port: http}}",
       "http is not allowed: a number, 1 to 65535: the "
       "container names no port"},
      {"livenessProbe: {httpGet: {port: 1, scheme: https}}",
       "scheme: https is not allowed: HTTP or"},
      {"livenessProbe: {httpGet: {port: 1, host: example.com}}",
       "host: example.com is not allowed"},
      {"livenessProbe: {httpGet: {port: 1, path: 'a b'}}", "path: a b is not allowed"},
      {"livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: 'a b', value: c}]}}",
       "httpHeaders[0].name: a b is not allowed"},
      {"livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: a, value: \"b\\r\\nc\"}]}}",
       "httpHeaders[0].value"},
      {"livenessProbe: {grpc: {port: http}}", "grpc.port: http is not allowed: 1 to 65535"},
      {"livenessProbe: {grpc: {service: a}}", "grpc.port: missing"},
      {"livenessProbe: {exec: {command: []}}", "exec.command: missing"},
      {"livenessProbe: {exec: {}}", "exec.command: missing"},
      {"livenessProbe: {exec: {command: cat}}", "exec.command: cat is not allowed: a list"},
      {"livenessProbe: {tcpSocket: {port: 1}, periodSecond: 1}",
       "livenessProbe.periodSecond: unknown field: did you mean periodSeconds?"},
      {"livenessProbe: {httpGet: {port: 1, headers: []}}", "httpGet.headers: unknown field"},
  });
}

TEST(Probes, AreForContainersThatRunOn) {
  const auto init = [](std::string_view fields) {
    return refusals(
        pod(kBase, "initContainers: [{name: i, command: [b], " + std::string(fields) + "}]"));
  };
  EXPECT_THAT(init("livenessProbe: {tcpSocket: {port: 1}}"),
              ElementsAre(HasSubstr("initContainers[0].livenessProbe: a map is not allowed: leave "
                                    "it out: an init container has one only with")));
  EXPECT_THAT(init("lifecycle: {preStop: {sleep: {seconds: 1}}}"), SizeIs(1));
  EXPECT_THAT(init("restartPolicy: Always, livenessProbe: {tcpSocket: {port: 1}}"), IsEmpty());
  EXPECT_THAT(init("restartPolicy: Never"), ElementsAre(HasSubstr("Never is not allowed: Always")));
}

}  // namespace
}  // namespace duress::spec
