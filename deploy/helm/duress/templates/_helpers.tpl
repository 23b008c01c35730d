{{- define "duress.labels" -}}
app.kubernetes.io/name: duress
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "duress.selector" -}}
app.kubernetes.io/name: duress
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "duress.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- /* Objects of the whole cluster: two releases must not share them. */ -}}
{{- define "duress.global" -}}
{{- if eq .Release.Name "duress" }}duress{{ else }}duress-{{ .Release.Name }}{{ end -}}
{{- end }}

{{- /* Namespaces that are never stressed: policies refuse who names them, the controller whoever comes past those. */ -}}
{{- define "duress.protectedNamespaces" -}}
{{ append .Values.policies.protectedNamespaces .Release.Namespace | uniq | join "," }}
{{- end }}

{{- define "duress.apiServer" -}}
{{- with .Values.apiServer.host }}
- name: KUBERNETES_SERVICE_HOST
  value: {{ . | quote }}
{{- end }}
{{- with .Values.apiServer.port }}
- name: KUBERNETES_SERVICE_PORT
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{- /* What every Pod without rights on its node runs under. */ -}}
{{- define "duress.unprivilegedPod" -}}
runAsNonRoot: true
runAsUser: 65534
runAsGroup: 65534
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "duress.unprivileged" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "duress.scrape" -}}
{{- if and .root.Values.metrics.enabled .root.Values.metrics.annotations -}}
prometheus.io/scrape: "true"
prometheus.io/path: /metrics
prometheus.io/port: {{ .port | quote }}
{{ end -}}
{{- with .annotations }}{{ toYaml . }}{{ end -}}
{{- end }}

{{- define "duress.probes" -}}
ports:
  - {name: metrics, containerPort: {{ . }}, protocol: TCP}
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 5
{{- end }}
