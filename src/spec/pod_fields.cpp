#include "spec/pod_fields.h"

#include <array>

namespace duress::spec {

namespace {

constexpr Treatment kNoEffect = Treatment::kNoEffect;
constexpr Treatment kRefused = Treatment::kRefused;

constexpr std::string_view kImages =
    "images are not pulled: commands run from this machine's files";
constexpr std::string_view kOneNode = "there is one node, this machine, and no scheduler";
constexpr std::string_view kNoCluster = "there is no API server and no Service";
constexpr std::string_view kNetwork = "a Pod has a network of its own, with this machine's names";
constexpr std::string_view kRights = "processes have this machine's files and rights";
constexpr std::string_view kTerminal = "there is no terminal, and output goes to the log";
constexpr std::string_view kRollout =
    "nothing is rolled out: the Pods are there from the beginning";
constexpr std::string_view kJobs =
    "a Job's Pods are made once, and no other takes the place of one";
constexpr std::string_view kOtherVolume =
    "use emptyDir, or hostPath with a directory that holds the files";
constexpr std::string_view kWriteOut =
    "write the variables under env: no ConfigMap or Secret is read";
constexpr std::string_view kWriteValue = "write the value: no ConfigMap, Secret or file is read";
constexpr std::string_view kOwnNamespaces =
    "leave it out: every Pod has a network, and every container a PID namespace, of its own";

constexpr auto kPod = std::to_array<KnownField>({
    {"containers"},
    {"initContainers"},
    {"volumes"},
    {"restartPolicy"},
    {"terminationGracePeriodSeconds"},
    {"hostname"},
    {"securityContext"},
    {"os"},
    {"priorityClassName"},
    {"imagePullSecrets", kNoEffect, kImages},
    {"nodeName", kNoEffect, kOneNode},
    {"nodeSelector", kNoEffect, kOneNode},
    {"affinity", kNoEffect, kOneNode},
    {"tolerations", kNoEffect, kOneNode},
    {"topologySpreadConstraints", kNoEffect, kOneNode},
    {"schedulerName", kNoEffect, kOneNode},
    {"schedulingGates", kNoEffect, kOneNode},
    {"priority", kNoEffect, kOneNode},
    {"preemptionPolicy", kNoEffect, kOneNode},
    {"serviceAccountName", kNoEffect, kNoCluster},
    {"serviceAccount", kNoEffect, kNoCluster},
    {"automountServiceAccountToken", kNoEffect, kNoCluster},
    {"enableServiceLinks", kNoEffect, kNoCluster},
    {"readinessGates", kNoEffect, "nobody sets conditions: a Pod is ready when its containers are"},
    {"dnsPolicy", kNoEffect, kNetwork},
    {"dnsConfig", kNoEffect, kNetwork},
    {"hostAliases", kNoEffect, kNetwork},
    {"subdomain", kNoEffect, kNetwork},
    {"setHostnameAsFQDN", kNoEffect, kNetwork},
    {"hostnameOverride", kNoEffect, kNetwork},
    {"runtimeClassName", kNoEffect, "containers are processes of this machine's kernel"},
    {"hostUsers", kNoEffect, kRights},
    {"activeDeadlineSeconds", kNoEffect, "--for says when the rehearsal ends"},
    {"hostNetwork", kRefused, kOwnNamespaces},
    {"hostPID", kRefused, kOwnNamespaces},
    {"hostIPC", kRefused, kOwnNamespaces},
    {"shareProcessNamespace", kRefused, kOwnNamespaces},
    {"ephemeralContainers", kRefused, "leave it out: they are added to a Pod that runs"},
    {"overhead", kRefused, "leave it out: an admission controller adds it for a sandbox's sake"},
    {"resources", kRefused, "give each container its own resources"},
    {"resourceClaims", kRefused, "leave it out: no devices are handed out"},
});

constexpr auto kPodSecurity = std::to_array<KnownField>({
    {"runAsUser"},
    {"runAsGroup"},
    {"runAsNonRoot"},
    {"fsGroup", kNoEffect, kRights},
    {"fsGroupChangePolicy", kNoEffect, kRights},
    {"supplementalGroups", kNoEffect, kRights},
    {"supplementalGroupsPolicy", kNoEffect, kRights},
    {"seLinuxOptions", kNoEffect, kRights},
    {"seLinuxChangePolicy", kNoEffect, kRights},
    {"seccompProfile", kNoEffect, kRights},
    {"appArmorProfile", kNoEffect, kRights},
    {"windowsOptions", kNoEffect, kRights},
    {"sysctls", kRefused, "leave it out, and set them on this machine if they matter"},
});

constexpr auto kContainer = std::to_array<KnownField>({
    {"name"},
    {"command"},
    {"args"},
    {"env"},
    {"workingDir"},
    {"resources"},
    {"ports"},
    {"livenessProbe"},
    {"readinessProbe"},
    {"startupProbe"},
    {"lifecycle"},
    {"securityContext"},
    {"volumeMounts"},
    {"restartPolicy"},
    {"image", kNoEffect, kImages},
    {"imagePullPolicy", kNoEffect, kImages},
    {"terminationMessagePath", kNoEffect, kTerminal},
    {"terminationMessagePolicy", kNoEffect, kTerminal},
    {"stdin", kNoEffect, kTerminal},
    {"stdinOnce", kNoEffect, kTerminal},
    {"tty", kNoEffect, kTerminal},
    {"resizePolicy", kNoEffect, "nothing is resized"},
    {"envFrom", kRefused, kWriteOut},
    {"volumeDevices", kRefused, kOtherVolume},
    {"restartPolicyRules", kRefused, "leave it out: the Pod's restartPolicy is what counts"},
});

constexpr auto kSecurity = std::to_array<KnownField>({
    {"runAsUser"},
    {"runAsGroup"},
    {"runAsNonRoot"},
    {"allowPrivilegeEscalation", kNoEffect, kRights},
    {"capabilities", kNoEffect, kRights},
    {"privileged", kNoEffect, kRights},
    {"readOnlyRootFilesystem", kNoEffect, kRights},
    {"procMount", kNoEffect, kRights},
    {"seLinuxOptions", kNoEffect, kRights},
    {"seccompProfile", kNoEffect, kRights},
    {"appArmorProfile", kNoEffect, kRights},
    {"windowsOptions", kNoEffect, kRights},
});

constexpr auto kEnvironment = std::to_array<KnownField>({{"name"}, {"value"}, {"valueFrom"}});

constexpr auto kValueSource = std::to_array<KnownField>({
    {"fieldRef"},
    {"resourceFieldRef"},
    {"configMapKeyRef", kRefused, kWriteValue},
    {"secretKeyRef", kRefused, kWriteValue},
    {"fileKeyRef", kRefused, kWriteValue},
});

constexpr auto kResources = std::to_array<KnownField>({
    {"requests"},
    {"limits"},
    {"claims", kRefused, "leave it out: no devices are handed out"},
});

constexpr std::string_view kNoPorts = "nothing of this machine's network is opened or taken";
constexpr auto kPort = std::to_array<KnownField>({
    {"name"},
    {"containerPort"},
    {"protocol", kNoEffect, kNoPorts},
    {"hostPort", kNoEffect, kNoPorts},
    {"hostIP", kNoEffect, kNoPorts},
});

constexpr auto kMount = std::to_array<KnownField>({
    {"name"},
    {"mountPath"},
    {"subPath"},
    {"readOnly"},
    {"mountPropagation", kNoEffect, "mounts are private to the container"},
    {"recursiveReadOnly", kNoEffect, "mounts are private to the container"},
    {"subPathExpr", kRefused, "write what it stands for as subPath"},
});

constexpr auto kLifecycle = std::to_array<KnownField>({
    {"preStop"},
    {"postStart", kRefused, "leave it out, or do it in the command"},
    {"stopSignal", kRefused, "leave it out: SIGTERM is sent"},
});

constexpr auto kHandler = std::to_array<KnownField>({
    {"exec"},
    {"sleep"},
    {"httpGet", kRefused, "use exec with a program that asks, such as curl"},
    {"tcpSocket", kRefused, "use exec or sleep: Kubernetes does not run it either"},
});

constexpr auto kProbe = std::to_array<KnownField>({
    {"httpGet"},
    {"tcpSocket"},
    {"exec"},
    {"grpc"},
    {"initialDelaySeconds"},
    {"periodSeconds"},
    {"timeoutSeconds"},
    {"successThreshold"},
    {"failureThreshold"},
    {"terminationGracePeriodSeconds"},
});

constexpr auto kHttpGet =
    std::to_array<KnownField>({{"path"}, {"port"}, {"host"}, {"scheme"}, {"httpHeaders"}});

constexpr auto kVolume = std::to_array<KnownField>({
    {"name"},
    {"emptyDir"},
    {"hostPath"},
    {"configMap", kRefused, kOtherVolume},
    {"secret", kRefused, kOtherVolume},
    {"projected", kRefused, kOtherVolume},
    {"downwardAPI", kRefused, kOtherVolume},
    {"persistentVolumeClaim", kRefused, kOtherVolume},
    {"ephemeral", kRefused, kOtherVolume},
    {"image", kRefused, kOtherVolume},
    {"csi", kRefused, kOtherVolume},
    {"nfs", kRefused, kOtherVolume},
    {"iscsi", kRefused, kOtherVolume},
    {"fc", kRefused, kOtherVolume},
    {"local", kRefused, kOtherVolume},
    {"cephfs", kRefused, kOtherVolume},
    {"rbd", kRefused, kOtherVolume},
    {"glusterfs", kRefused, kOtherVolume},
    {"cinder", kRefused, kOtherVolume},
    {"flexVolume", kRefused, kOtherVolume},
    {"flocker", kRefused, kOtherVolume},
    {"gitRepo", kRefused, kOtherVolume},
    {"awsElasticBlockStore", kRefused, kOtherVolume},
    {"gcePersistentDisk", kRefused, kOtherVolume},
    {"azureDisk", kRefused, kOtherVolume},
    {"azureFile", kRefused, kOtherVolume},
    {"vsphereVolume", kRefused, kOtherVolume},
    {"portworxVolume", kRefused, kOtherVolume},
    {"photonPersistentDisk", kRefused, kOtherVolume},
    {"quobyte", kRefused, kOtherVolume},
    {"scaleIO", kRefused, kOtherVolume},
    {"storageos", kRefused, kOtherVolume},
});

// What the API server writes is taken and means nothing.
constexpr auto kMetadata = std::to_array<KnownField>({
    {"name"},
    {"generateName"},
    {"namespace"},
    {"labels"},
    {"annotations"},
    {"uid"},
    {"resourceVersion"},
    {"generation"},
    {"creationTimestamp"},
    {"deletionTimestamp"},
    {"deletionGracePeriodSeconds"},
    {"ownerReferences"},
    {"finalizers"},
    {"managedFields"},
    {"selfLink"},
});

constexpr auto kDeployment = std::to_array<KnownField>({
    {"replicas"},
    {"selector"},
    {"template"},
    {"strategy", kNoEffect, kRollout},
    {"minReadySeconds", kNoEffect, kRollout},
    {"revisionHistoryLimit", kNoEffect, kRollout},
    {"progressDeadlineSeconds", kNoEffect, kRollout},
    {"paused", kNoEffect, kRollout},
});

constexpr auto kReplicaSet = std::to_array<KnownField>({
    {"replicas"},
    {"selector"},
    {"template"},
    {"minReadySeconds", kNoEffect, kRollout},
});

constexpr auto kStatefulSet = std::to_array<KnownField>({
    {"replicas"},
    {"selector"},
    {"template"},
    {"ordinals"},
    {"serviceName", kNoEffect, kNoCluster},
    {"podManagementPolicy", kNoEffect, kRollout},
    {"updateStrategy", kNoEffect, kRollout},
    {"revisionHistoryLimit", kNoEffect, kRollout},
    {"minReadySeconds", kNoEffect, kRollout},
    {"persistentVolumeClaimRetentionPolicy", kNoEffect, kRollout},
    {"volumeClaimTemplates", kRefused,
     "give the template a volume of that name with emptyDir or hostPath"},
});

constexpr auto kDaemonSet = std::to_array<KnownField>({
    {"selector"},
    {"template"},
    {"updateStrategy", kNoEffect, kRollout},
    {"minReadySeconds", kNoEffect, kRollout},
    {"revisionHistoryLimit", kNoEffect, kRollout},
});

constexpr auto kJob = std::to_array<KnownField>({
    {"template"},
    {"parallelism"},
    {"completions"},
    {"completionMode"},
    {"backoffLimit", kNoEffect, kJobs},
    {"backoffLimitPerIndex", kNoEffect, kJobs},
    {"maxFailedIndexes", kNoEffect, kJobs},
    {"activeDeadlineSeconds", kNoEffect, kJobs},
    {"ttlSecondsAfterFinished", kNoEffect, kJobs},
    {"suspend", kNoEffect, kJobs},
    {"selector", kNoEffect, kJobs},
    {"manualSelector", kNoEffect, kJobs},
    {"podFailurePolicy", kNoEffect, kJobs},
    {"podReplacementPolicy", kNoEffect, kJobs},
    {"successPolicy", kNoEffect, kJobs},
    {"managedBy", kNoEffect, kJobs},
});

constexpr std::string_view kOneJob = "one Job is started at once";
constexpr auto kCronJob = std::to_array<KnownField>({
    {"jobTemplate"},
    {"schedule", kNoEffect, kOneJob},
    {"timeZone", kNoEffect, kOneJob},
    {"startingDeadlineSeconds", kNoEffect, kOneJob},
    {"concurrencyPolicy", kNoEffect, kOneJob},
    {"suspend", kNoEffect, kOneJob},
    {"successfulJobsHistoryLimit", kNoEffect, kOneJob},
    {"failedJobsHistoryLimit", kNoEffect, kOneJob},
});

constexpr auto kTables = std::to_array<FieldTable>({
    {"Pod", kPod},
    {"Pod securityContext", kPodSecurity},
    {"container", kContainer},
    {"container securityContext", kSecurity},
    {"env", kEnvironment},
    {"env valueFrom", kValueSource},
    {"resources", kResources},
    {"ports", kPort},
    {"volumeMounts", kMount},
    {"lifecycle", kLifecycle},
    {"lifecycle preStop", kHandler},
    {"probe", kProbe},
    {"probe httpGet", kHttpGet},
    {"volumes", kVolume},
    {"metadata", kMetadata},
    {"Deployment", kDeployment},
    {"ReplicaSet", kReplicaSet},
    {"StatefulSet", kStatefulSet},
    {"DaemonSet", kDaemonSet},
    {"Job", kJob},
    {"CronJob", kCronJob},
});

}  // namespace

std::span<const KnownField> pod_fields() { return kPod; }
std::span<const KnownField> pod_security_fields() { return kPodSecurity; }
std::span<const KnownField> container_fields() { return kContainer; }
std::span<const KnownField> security_fields() { return kSecurity; }
std::span<const KnownField> environment_fields() { return kEnvironment; }
std::span<const KnownField> value_source_fields() { return kValueSource; }
std::span<const KnownField> resources_fields() { return kResources; }
std::span<const KnownField> port_fields() { return kPort; }
std::span<const KnownField> mount_fields() { return kMount; }
std::span<const KnownField> lifecycle_fields() { return kLifecycle; }
std::span<const KnownField> handler_fields() { return kHandler; }
std::span<const KnownField> probe_fields() { return kProbe; }
std::span<const KnownField> http_get_fields() { return kHttpGet; }
std::span<const KnownField> volume_fields() { return kVolume; }
std::span<const KnownField> metadata_fields() { return kMetadata; }

std::span<const KnownField> workload_fields(std::string_view kind) {
  if (kind == "Deployment") return kDeployment;
  if (kind == "ReplicaSet") return kReplicaSet;
  if (kind == "StatefulSet") return kStatefulSet;
  if (kind == "DaemonSet") return kDaemonSet;
  if (kind == "Job") return kJob;
  if (kind == "CronJob") return kCronJob;
  return {};
}

std::span<const FieldTable> field_tables() { return kTables; }

}  // namespace duress::spec
