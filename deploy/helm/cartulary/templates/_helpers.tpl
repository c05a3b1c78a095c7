{{- define "cartulary.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "cartulary.selector" -}}
app.kubernetes.io/name: cartulary
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Not `managed-by: cartulary`, by which the controller knows what it made itself. */}}
{{- define "cartulary.labels" -}}
{{ include "cartulary.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* Pod Security "restricted". */}}
{{- define "cartulary.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "cartulary.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "cartulary.env" -}}
- { name: CARTULARY_TRUST_DOMAIN, value: {{ .Values.trustDomain | quote }} }
- { name: CARTULARY_KUBERNETES_CLUSTER_DOMAIN, value: {{ .Values.clusterDomain | quote }} }
- { name: CARTULARY_PUBLIC_URL, value: {{ .Values.publicUrl | quote }} }
- { name: CARTULARY_SERVER_NAMES, value: {{ printf "localhost,127.0.0.1,cartulary-{service},cartulary-{service}.%s.svc" .Release.Namespace | quote }} }
{{- range $name, $value := .Values.config }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{- define "cartulary.secretEnv" -}}
- name: {{ .name }}
  valueFrom: { secretKeyRef: { name: {{ .root.Values.secrets.existingSecret }}, key: {{ .key }} } }
{{- end }}
