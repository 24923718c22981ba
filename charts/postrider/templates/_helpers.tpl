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

{{- define "postrider.brokerTls" -}}
{{ .Values.broker.tls.existingSecret | default (printf "%s-broker-tls" (include "postrider.name" .)) }}
{{- end }}

{{/* What a broker's certificate is for: each server, by the names that clients and other servers use. */}}
{{- define "postrider.brokerHosts" -}}
{{- $nats := include "postrider.nats" . -}}
{{- $hosts := list -}}
{{- range until (int .Values.broker.replicas) -}}
{{- $hosts = append $hosts (printf "%s-%d.%s-servers.%s.svc" $nats . $nats $.Release.Namespace) -}}
{{- end -}}
{{ join "," $hosts }}
{{- end }}

{{/* Without what the operator makes: accounts and routes. */}}
{{- define "postrider.natsConf" -}}
server_name: $SERVER_NAME
listen: "0.0.0.0:4222"
# Health and metrics; reached inside the pod network only.
http: "0.0.0.0:8222"
pid_file: "/run/nats/nats.pid"
# A batch of events or a record with many recipients may be over the default of 1 MB.
max_payload: 8MB
# What the broker still holds back for a client that reads slowly.
max_pending: 256MB
lame_duck_grace_period: "5s"
lame_duck_duration: "30s"
jetstream {
  # A server of a cluster deletes what it stored when it was alone: each has its own folder.
  store_dir: {{ ternary "/data/cluster" "/data" (gt (int .Values.broker.replicas) 1) | quote }}
  # A 250 means that the message is on disk: each write is synced before it is confirmed.
  sync_interval: always
  max_file_store: 1TB
}
{{- if .Values.broker.tls.enabled }}
tls {
  cert_file: "/etc/nats/conf/tls.crt"
  key_file: "/etc/nats/conf/tls.key"
  timeout: 5
}
{{- end }}
{{- if gt (int .Values.broker.replicas) 1 }}
cluster {
  name: {{ .Release.Name }}
  listen: "0.0.0.0:6222"
  {{- if .Values.broker.tls.enabled }}
  # Servers show each other their certificates.
  tls {
    cert_file: "/etc/nats/conf/tls.crt"
    key_file: "/etc/nats/conf/tls.key"
    ca_file: "/etc/nats/conf/ca.crt"
    timeout: 5
  }
  {{- end }}
  include routes.conf
}
{{- end }}
# Who may do what; made by the operator.
include nats.conf.auth
# Instead of the system account of that file, which an earlier release may have written: its user may ask a server to reload.
accounts {
  SYS {
    users: [
      { user: watch, password: $WATCH_PASSWORD, permissions: {
        publish: { allow: ["$SYS.REQ.SERVER.PING.HEALTHZ", "$SYS.REQ.SERVER.*.HEALTHZ", "$SYS.REQ.SERVER.*.RELOAD"] }
        subscribe: { allow: ["_INBOX_watch.>"] }
      } }
    ]
  }
}
{{- end }}

{{/* Each server by its name, so that a client goes on with the next one when one is away. */}}
{{- define "postrider.brokerUrl" -}}
{{- if .Values.broker.enabled -}}
{{- $urls := list -}}
{{- range splitList "," (include "postrider.brokerHosts" .) -}}
{{- $urls = append $urls (printf "%s://%s:4222" (ternary "tls" "nats" $.Values.broker.tls.enabled) .) -}}
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
