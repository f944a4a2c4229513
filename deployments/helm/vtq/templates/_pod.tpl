{{/*
What the pods of all components and hooks share. Each takes a dictionary:

  root       the context of the chart
  component  producer, lookup, writer, setup or test
  image      the image's name
  digest     its digest, or nothing
  role       whose Secret of NATS is mounted
  keys       prefixes of the keys of keys.existingSecret that the component is given
  resources  requests and limits
*/}}

{{/* Keys that the component is given, of those that keys.names lists; separated by commas. */}}
{{- define "vtq.keys" -}}
{{- $names := list -}}
{{- range $name := .root.Values.keys.names -}}
{{- range $prefix := $.keys -}}
{{- if hasPrefix $prefix $name -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* Whether a key is no secret, and so has no variable for a file: names, and the id of a client. */}}
{{- define "vtq.isName" -}}
{{- if has . (list "THREATQ_CLIENT_ID" "THREATQ_USERNAME" "RL_USER") }}true{{ end -}}
{{- end -}}

{{/* The variables that the chart sets itself, credentials by their files. */}}
{{- define "vtq.env" -}}
- name: NATS_URL
  value: {{ .root.Values.nats.url | quote }}
- name: {{ ternary "NATS_CREDS" "NATS_NKEY" (eq .root.Values.nats.login "creds") }}
  value: /etc/vtq/nats/{{ .root.Values.nats.login }}
{{- if .root.Values.nats.ca }}
- name: NATS_CA
  value: /etc/vtq/nats/ca.crt
{{- end }}
{{- range include "vtq.keys" . | splitList "," | compact }}
{{- if include "vtq.isName" . }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ $.root.Values.keys.existingSecret }}
      key: {{ . }}
{{- else }}
- name: {{ . }}_FILE
  value: /etc/vtq/keys/{{ . }}
{{- end }}
{{- end }}
{{- with include "vtq.goMemoryLimit" .resources }}
- name: GOMEMLIMIT
  value: {{ . }}
{{- end }}
{{- end -}}

{{/* Settings as variables, for pods that are there before the ConfigMap. */}}
{{- define "vtq.inlineSettings" -}}
{{- range $name, $value := .root.Values.settings }}
{{- if not (kindIs "invalid" $value) }}
- name: {{ $name }}
  value: {{ include "vtq.text" $value | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "vtq.volumeMounts" -}}
- name: nats
  mountPath: /etc/vtq/nats
  readOnly: true
{{- if include "vtq.fileKeys" . }}
- name: keys
  mountPath: /etc/vtq/keys
  readOnly: true
{{- end }}
{{- if .root.Values.files.existingConfigMap }}
- name: files
  mountPath: /etc/vtq/files
  readOnly: true
{{- end }}
{{- end -}}

{{/* Keys that are mounted; separated by commas. */}}
{{- define "vtq.fileKeys" -}}
{{- $names := list -}}
{{- range include "vtq.keys" . | splitList "," | compact -}}
{{- if not (include "vtq.isName" .) -}}
{{- $names = append $names . -}}
{{- end -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* Readable for the group alone, which is fsGroup. */}}
{{- define "vtq.volumes" -}}
- name: nats
  secret:
    secretName: {{ index .root.Values.nats.secrets .role }}
    defaultMode: 0440
    items:
      - key: {{ .root.Values.nats.login }}
        path: {{ .root.Values.nats.login }}
      {{- if .root.Values.nats.ca }}
      - key: ca.crt
        path: ca.crt
      {{- end }}
{{- with include "vtq.fileKeys" . }}
- name: keys
  secret:
    secretName: {{ $.root.Values.keys.existingSecret }}
    defaultMode: 0440
    items:
      {{- range splitList "," . }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
{{- end }}
{{- with .root.Values.files.existingConfigMap }}
- name: files
  configMap:
    name: {{ . }}
    defaultMode: 0444
{{- end }}
{{- end -}}

{{/* Where and as whom a pod runs. Nothing in it asks the API server for anything, or wants to know the services of the namespace. */}}
{{- define "vtq.podSpec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- range $name, $value := .root.Values.pod.securityContext }}
  {{- if not (kindIs "invalid" $value) }}
  {{ $name }}: {{ int64 $value }}
  {{- end }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  {{- include "vtq.volumes" . | nindent 2 }}
{{- end -}}

{{/* What a container is and may. */}}
{{- define "vtq.container" -}}
name: {{ .component }}
image: {{ include "vtq.image" . | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .resources | nindent 2 }}
volumeMounts:
  {{- include "vtq.volumeMounts" . | nindent 2 }}
{{- end -}}
