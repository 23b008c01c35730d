// The rules of a Pod's fields one by one: what is taken and as what, and each refusal in its words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "spec/pod_refusal_test.h"
#include "spec/workload_test_text.h"

namespace duress::spec {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(PodReader, TakesTheWholeOfAPod) {
  const Pod pod = taken(R"(
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web}
  annotations: {a: "1"}
  uid: 5
spec:
  hostname: box
  restartPolicy: OnFailure
  terminationGracePeriodSeconds: 5
  securityContext: {runAsUser: 1000, runAsGroup: 1000}
  os: {name: linux}
  initContainers:
    - {name: wait, command: [sleep, "1"]}
    - {name: log, command: [log], restartPolicy: Always, startupProbe: {exec: {command: [ok]}}}
  containers:
    - name: app
      command: [run]
      args: [--fast]
      workingDir: /srv
      ports: [{name: http, containerPort: 8080}, {containerPort: 9000}]
      securityContext: {runAsUser: 7}
      lifecycle: {preStop: {exec: {command: [bye]}}}
      volumeMounts:
        - {name: data, mountPath: /data, subPath: a/b, readOnly: true}
        - {name: shm, mountPath: /dev/shm}
        - {name: logs, mountPath: /logs}
    - {name: other, command: [o], lifecycle: {preStop: {sleep: {seconds: 5}}}}
  volumes:
    - {name: data, hostPath: {path: /srv/data, type: Directory}}
    - {name: shm, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
    - name: logs
      emptyDir:
)")
                      .pods[0];
  EXPECT_EQ(pod.ns, "shop");
  EXPECT_EQ(pod.hostname, "box");
  EXPECT_EQ(pod.owner, "");
  EXPECT_EQ(pod.restart_policy, RestartPolicy::kOnFailure);
  EXPECT_EQ(pod.grace, seconds(5));
  EXPECT_THAT(pod.annotations, ElementsAre(Pair("a", "1")));
  ASSERT_THAT(pod.init_containers, SizeIs(2));
  EXPECT_FALSE(pod.init_containers[0].sidecar);
  EXPECT_TRUE(pod.init_containers[1].sidecar);
  EXPECT_TRUE(pod.init_containers[1].startup);
  ASSERT_THAT(pod.containers, SizeIs(2));
  const Container& app = pod.containers[0];
  EXPECT_THAT(app.command, ElementsAre("run", "--fast"));
  EXPECT_EQ(app.arguments, 1U);
  EXPECT_EQ(app.working_directory, "/srv");
  EXPECT_THAT(app.ports, ElementsAre(Pair("http", 8080)));
  EXPECT_EQ(app.user, 7U);
  EXPECT_EQ(app.group, 1000U);
  EXPECT_THAT(std::get<Exec>(*app.pre_stop).command, ElementsAre("bye"));
  EXPECT_EQ(std::get<Sleep>(*pod.containers[1].pre_stop).duration, seconds(5));
  ASSERT_THAT(app.mounts, SizeIs(3));
  EXPECT_EQ(app.mounts[0].sub_path, "a/b");
  EXPECT_TRUE(app.mounts[0].read_only);
  EXPECT_FALSE(app.mounts[1].read_only);
  ASSERT_THAT(pod.volumes, SizeIs(3));
  EXPECT_EQ(std::get<HostPath>(pod.volumes[0].source).path, "/srv/data");
  EXPECT_TRUE(std::get<EmptyDir>(pod.volumes[1].source).in_memory);
  EXPECT_EQ(std::get<EmptyDir>(pod.volumes[1].source).size_limit, mib(64));
  EXPECT_FALSE(std::get<EmptyDir>(pod.volumes[2].source).in_memory);
}

TEST(Resources, AreReadAndFilledIn) {
  const auto of = [](std::string_view fields) {
    return container_of("resources: {" + std::string(fields) + "}").resources;
  };
  const Resources limits = of("limits: {cpu: 500m, memory: 500Mi}");
  EXPECT_EQ(limits.requests.memory, mib(500)) << "requests default to the limits";
  EXPECT_EQ(limits.requests.cpu, Cores{0.5});
  const Resources both = of("limits: {memory: 500Mi}, requests: {memory: 200Mi, cpu: 1}");
  EXPECT_EQ(both.requests.memory, mib(200));
  EXPECT_EQ(both.requests.cpu, Cores{1});
  EXPECT_FALSE(both.limits.cpu);
  const Resources none = of("limits: {memory: 0}, requests: {memory: 0}");
  EXPECT_FALSE(none.limits.memory) << "a limit of 0 limits nothing";
  EXPECT_EQ(of("limits: {memory: 500Mi}, requests: {memory: 0}").requests.memory, Bytes{0});
}

TEST(Resources, KeepKubernetesRules) {
  all_refused({
      {"resources: {requests: {memory: 600Mi}, limits: {memory: 500Mi}}",
       "resources.requests.memory: 600Mi is not allowed: no more than the limit, 500Mi"},
      {"resources: {requests: {cpu: 2}, limits: {cpu: 1500m}}",
       "resources.requests.cpu: 2 is not allowed: no more than the limit, 1500m"},
      {"resources: {requests: {memory: 1Mi}, limits: {memory: 0}}", "no more than the limit, 0"},
      {"resources: {limits: {memory: 500m}}",
       "limits.memory: 500m is not allowed: m is a thousandth: 500Mi or 500M is meant"},
      {"resources: {limits: {memory: 500MB}}", "limits.memory: 500MB is not allowed: a quantity"},
      {"resources: {limits: {memory: 500MiB}}", "limits.memory: 500MiB is not allowed: a quantity"},
      {"resources: {limits: {memory: -1}}", "limits.memory: -1 is not allowed"},
      {"resources: {limits: {cpu: 0.0001}}",
       "limits.cpu: 0.0001 is not allowed: whole thousandths"},
      {"resources: {limits: {cpu: half}}", "limits.cpu: half is not allowed: cores such as 500m"},
      {"resources: {limits: {mem: 1Mi}}", "limits.mem: unknown field: "},
      {"resources: {limits: {memroy: 1Mi}}", "limits.memroy: unknown field: did you mean memory?"},
      {"resources: {limits: {hugepages-2Mi: 4Mi}}", "hugepages-2Mi: not to be had here"},
      {"resources: {limit: {memory: 1Mi}}", "resources.limit: unknown field: did you mean limits?"},
      {"resources: {limits: [1]}", "resources.limits: a list is not allowed"},
      {"resources: {limits: {memory: [1]}}", "limits.memory: a list is not allowed"},
  });
  EXPECT_THAT(taken(pod(with("resources: {limits: {nvidia.com/gpu: 1}}"))).notes,
              Contains(HasSubstr("nvidia.com/gpu")));
}

TEST(Environment, KeepsKubernetesRules) {
  all_refused({
      {"env: [{value: a}]", "env[0].name: the name of a variable"},
      {"env: [{name: 'a=b', value: c}]", "env[0].name: a=b is not allowed"},
      {"env: [{name: A, value: 8080}]",
       "env[0].value: 8080 is not allowed: a text: put it in quotes, as \"8080\""},
      {"env: [{name: A, value: true}]", "env[0].value: true is not allowed: a text"},
      {"env: [{name: A, value: no}]", "env[0].value: no is not allowed: a text"},
      {"env: [{name: A, value: 1.5}]", "env[0].value: 1.5 is not allowed: a text"},
      {"env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
       "env[0].valueFrom: leave out either this or value"},
      {"env: [{name: A, valueFrom: {}}]", "env[0].valueFrom: exactly one of fieldRef and"},
      {"env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]",
       "fieldRef.fieldPath: status.phase is not allowed: metadata.name, "},
      {"env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.mem}}}]",
       "resourceFieldRef.resource: limits.mem is not allowed: limits.cpu, limits.memory"},
      {"env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: x}}}]",
       "resourceFieldRef.divisor: x is not allowed"},
      {"env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, containerName: b}}}]",
       "b is not allowed: a container of the Pod: app"},
      {"env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
       "valueFrom.secretKeyRef: not to be had here: write the value"},
      {"envFrom: [{configMapRef: {name: a}}]", "envFrom: not to be had here: write the variables"},
      {"env: {A: b}", "env: a map is not allowed: a list"},
  });
  EXPECT_THAT(container_of("env: [{name: A, value: '8080'}, {name: B}]").environment, SizeIs(2));
}

TEST(Containers, KeepKubernetesRules) {
  all_refused({
      {"ports: [{name: http}]", "ports[0].containerPort: missing: 1 to 65535"},
      {"ports: [{containerPort: 0}]", "ports[0].containerPort: 0 is not allowed: 1 to 65535"},
      {"ports: [{containerPort: http}]", "ports[0].containerPort: http is not allowed"},
      {"ports: [{name: HTTP, containerPort: 1}]", "ports[0].name: HTTP is not allowed"},
      {"ports: [{name: '1', containerPort: 1}]", "ports[0].name: 1 is not allowed"},
      {"ports: [{name: a-name-too-long-x, containerPort: 1}]", "ports[0].name"},
      {"ports: [{name: a, containerPort: 1}, {name: a, containerPort: 2}]",
       "ports[1].name: a is not allowed: a name that no other port has"},
      {"args: [1]", "args[0]: 1 is not allowed: a text: put it in quotes"},
      {"args: run", "args: run is not allowed: a list"},
      {"workingDir: app", "workingDir: app is not allowed: an absolute path"},
      {"restartPolicy: Always", "restartPolicy: Always is not allowed: leave it out"},
      {"lifecycle: {postStart: {exec: {command: [a]}}}", "lifecycle.postStart: not to be had here"},
      {"lifecycle: {preStop: {httpGet: {port: 1}}}", "preStop.httpGet: not to be had here"},
      {"lifecycle: {preStop: {exec: {command: [a]}, sleep: {seconds: 1}}}",
       "preStop: exactly one of exec and sleep"},
      {"lifecycle: {preStop: {sleep: {seconds: 31}}}",
       "preStop.sleep.seconds: 31 is not allowed: up to the Pod's terminationGracePeriodSeconds, "
       "30"},
      {"lifecycle: {preStop: {sleep: {}}}, tty: false", "preStop.sleep.seconds: missing"},
      {"securityContext: {runAsUser: -1}", "securityContext.runAsUser: -1 is not allowed: 0 to"},
      {"securityContext: {runAsUser: root}", "securityContext.runAsUser: root is not allowed"},
      {"securityContext: {runAsNonRoot: 'true'}",
       "runAsNonRoot: true is not allowed: true or "
       "false, without quotes"},
      {"securityContext: {runAsNonRoot: true, runAsUser: 0}",
       "securityContext.runAsUser: 0 is not allowed: a user other than root"},
      {"volumeMounts: [{name: v, mountPath: /d}]",
       "volumeMounts[0].name: v is not allowed: the Pod has no volumes"},
      {"image: [a]", "image: a list is not allowed: a text"},
  });
  EXPECT_THAT(refusals(pod("command: [a]")), ElementsAre(HasSubstr("containers[0].name: missing")));
  EXPECT_THAT(refusals(pod("name: App, command: [a]")),
              ElementsAre(HasSubstr("containers[0].name: App is not allowed: lower-case")));
  EXPECT_THAT(refusals(pod("name: a, command: [x]}, {name: a, command: [z]")),
              ElementsAre(HasSubstr("containers[1].name: a is not allowed: a name that no other")));
}

TEST(Users, ComeFromTheContainerOrThePod) {
  const auto user = [](std::string_view pod_context, std::string_view context) {
    return pod_of(with("securityContext: {" + std::string(context) + "}"),
                  "securityContext: {" + std::string(pod_context) + "}")
        .containers[0]
        .user;
  };
  EXPECT_EQ(user("", ""), std::nullopt);
  EXPECT_EQ(user("runAsUser: 5", ""), 5U);
  EXPECT_EQ(user("runAsUser: 5", "runAsUser: 6"), 6U);
  EXPECT_EQ(user("runAsNonRoot: true", ""), 65534U);
  EXPECT_EQ(user("runAsNonRoot: true", "runAsNonRoot: false"), std::nullopt);
  EXPECT_EQ(user("runAsNonRoot: true, runAsUser: 5", ""), 5U);
  EXPECT_THAT(taken(pod(kBase, "securityContext: {runAsNonRoot: true}")).notes,
              ElementsAre(HasSubstr("runs as 65534 (nobody)")));
}

TEST(Volumes, KeepKubernetesRules) {
  const std::string mount = "volumes: [{name: v, emptyDir: {}}]";
  const auto mounted = [&](std::string_view fields) {
    return refusals(pod(with("volumeMounts: [" + std::string(fields) + "]"), mount));
  };
  EXPECT_THAT(mounted("{name: v, mountPath: /d}"), IsEmpty());
  EXPECT_THAT(mounted("{name: w, mountPath: /d}"),
              ElementsAre(HasSubstr("w is not allowed: a volume of the Pod: v")));
  EXPECT_THAT(mounted("{name: v, mountPath: d}"),
              ElementsAre(HasSubstr("mountPath: d is not allowed: an absolute path")));
  EXPECT_THAT(mounted("{name: v}"), ElementsAre(HasSubstr("mountPath: an absolute path")));
  EXPECT_THAT(mounted("{name: v, mountPath: /}"), SizeIs(1));
  EXPECT_THAT(mounted("{name: v, mountPath: /d, subPath: ../x}"),
              ElementsAre(HasSubstr("subPath: ../x is not allowed")));
  EXPECT_THAT(mounted("{name: v, mountPath: /d, subPath: /x}"), SizeIs(1));
  EXPECT_THAT(mounted("{name: v, mountPath: /d, subPathExpr: $(A)}"),
              ElementsAre(HasSubstr("subPathExpr: not to be had here")));
  EXPECT_THAT(
      mounted("{name: v, mountPath: /d}, {name: v, mountPath: /d}"),
      ElementsAre(HasSubstr("volumeMounts[1].mountPath: /d is not allowed: a path that no")));
  all_refused_in_pod({
      {"volumes: [{name: v, emptyDir: {medium: HugePages}}]", "emptyDir.medium: HugePages is not"},
      {"volumes: [{name: v, emptyDir: {sizeLimit: much}}]", "emptyDir.sizeLimit: much is not"},
      {"volumes: [{name: v, hostPath: {path: srv}}]", "hostPath.path: srv is not allowed"},
      {"volumes: [{name: v, hostPath: {path: /a/../b}}]", "hostPath.path: /a/../b is not allowed"},
      {"volumes: [{name: v, hostPath: {path: /a, type: DirectoryOrCreate}}]",
       "hostPath.type: DirectoryOrCreate is not allowed: make it beforehand"},
      {"volumes: [{name: v, hostPath: {path: /a, type: Dir}}]",
       "hostPath.type: Dir is not allowed"},
      {"volumes: [{name: v}]", "volumes[0]: missing: emptyDir or hostPath"},
      {"volumes: [{name: v, emptyDir: {}}, {name: v, emptyDir: {}}]", "volumes[1].name: v is not"},
      {"volumes: [{name: V, emptyDir: {}}]", "volumes[0].name: V is not allowed"},
      {"volumes: [{name: v, emptyDir: {}, hostPath: {path: /a}}]", "exactly one of them"},
      {"volumes: [{name: v, configMap: {name: c}}]",
       "volumes[0].configMap: not to be had here: use emptyDir, or hostPath"},
      {"volumes: [{name: v, emptydir: {}}]", "emptydir: unknown field: did you mean emptyDir?"},
  });
}

TEST(Pods, KeepKubernetesRules) {
  all_refused_in_pod({
      {"terminationGracePeriodSeconds: -1", "terminationGracePeriodSeconds: -1 is not allowed"},
      {"restartPolicy: Sometimes",
       "restartPolicy: Sometimes is not allowed: Always, OnFailure or "
       "Never"},
      {"hostname: Box", "hostname: Box is not allowed"},
      {"os: {name: windows}", "os.name: windows is not allowed: linux"},
      {"hostNetwork: true", "hostNetwork: not to be had here: leave it out"},
      {"shareProcessNamespace: true", "shareProcessNamespace: not to be had here"},
      {"resources: {limits: {memory: 1Mi}}", "spec.resources: not to be had here: give each"},
      {"priorityClassName: system-node-critical", "priorityClassName: system-node-critical is not"},
      {"initContainers: {}", "initContainers: a map is not allowed: a list"},
  });
  EXPECT_THAT(refusals("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"),
              ElementsAre(HasSubstr("spec.containers: missing")));
  EXPECT_THAT(refusals("apiVersion: v1\nkind: Pod\nmetadata: {name: A_b, namespace: a.b, labels: "
                       "{app: 'not good'}}\nspec: {containers: [{name: a, command: [b]}]}\n"),
              ElementsAre(HasSubstr("labels.app: not good is not allowed"),
                          HasSubstr("metadata.name: A_b is not allowed"),
                          HasSubstr("metadata.namespace: a.b is not allowed")));
}

TEST(Pods, AreToldAllThatIsWrong) {
  EXPECT_THAT(refusals(pod("name: app, imagePullPolicy: Always, resources: {limits: {memory: x}}, "
                           "livenessProbe: {httpGet: {}}, envFrom: [{}]",
                           "hostPID: true, restartPolcy: Never")),
              ElementsAre(HasSubstr("hostPID"), HasSubstr("restartPolcy"), HasSubstr("envFrom"),
                          HasSubstr("limits.memory"), HasSubstr("httpGet.port"),
                          HasSubstr("command of app: missing")));
}

}  // namespace
}  // namespace duress::spec
