{{- define "postrider.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "postrider.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "postrider.accounts" -}}
{{ .Values.broker.accountsSecret | default (printf "%s-broker-accounts" (include "postrider.name" .)) }}
{{- end }}

{{- define "postrider.nats" -}}
{{ include "postrider.name" . }}-nats
{{- end }}

{{/* Each server by its name, so that a client goes on with the next one when one is away. */}}
{{- define "postrider.brokerUrl" -}}
{{- if .Values.broker.enabled -}}
{{- $nats := include "postrider.nats" . -}}
{{- $urls := list -}}
{{- range until (int .Values.broker.replicas) -}}
{{- $urls = append $urls (printf "nats://%s-%d.%s-servers.%s.svc:4222" $nats . $nats $.Release.Namespace) -}}
{{- end -}}
{{ join "," $urls }}
{{- else -}}
{{ .Values.broker.external.url }}
{{- end -}}
{{- end }}

{{/* (dict "root" $ "component" "operator") */}}
{{- define "postrider.selector" -}}
app.kubernetes.io/name: postrider
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "postrider.labels" -}}
{{ include "postrider.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "postrider.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "postrider.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
