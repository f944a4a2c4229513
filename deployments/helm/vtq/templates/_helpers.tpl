{{/* The name of the chart, as labels show it. */}}
{{- define "vtq.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name that all objects begin with. 50 characters leave room for what they end with, and for the suffix of a pod. */}}
{{- define "vtq.fullname" -}}
{{- $name := include "vtq.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The labels that never change, by which a Deployment finds its pods. Takes root and component. */}}
{{- define "vtq.selector" -}}
app.kubernetes.io/name: {{ include "vtq.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The labels of a pod: none that changes when the chart does and the pod does not. Takes root and component. */}}
{{- define "vtq.podLabels" -}}
{{ include "vtq.selector" . }}
app.kubernetes.io/version: {{ default .root.Chart.AppVersion .root.Values.image.tag | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/part-of: vtq
{{- with .root.Values.pod.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* All labels of an object. Takes root and component. */}}
{{- define "vtq.labels" -}}
{{ include "vtq.selector" . }}
app.kubernetes.io/version: {{ default .root.Chart.AppVersion .root.Values.image.tag | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/part-of: vtq
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* The ServiceAccount of the pods. */}}
{{- define "vtq.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "vtq.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* An image. Takes root, image (its name) and digest. */}}
{{- define "vtq.image" -}}
{{- $tag := default .root.Chart.AppVersion .root.Values.image.tag -}}
{{- printf "%s/%s:%s" (.root.Values.image.registry | trimSuffix "/") .image $tag -}}
{{- with .digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* A value of a setting as a process reads it. Helm hands numbers on as floats: 2000000 would become 2e+06. */}}
{{- define "vtq.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* The seconds of a duration such as 1m30s; the schema has let no other form pass. */}}
{{- define "vtq.seconds" -}}
{{- $total := 0 -}}
{{- range $unit, $seconds := dict "h" 3600 "m" 60 "s" 1 -}}
{{- with regexFind (printf "[0-9]+%s" $unit) $.duration -}}
{{- $total = add $total (mul (trimSuffix $unit . | int64) $seconds) -}}
{{- end -}}
{{- end -}}
{{- $total -}}
{{- end -}}

{{/* The grace of a shutdown in seconds. */}}
{{- define "vtq.grace" -}}
{{- include "vtq.seconds" (dict "duration" (default "25s" .Values.settings.VTQ_SHUTDOWN_GRACE)) -}}
{{- end -}}

{{/* Nine tenths of a memory limit, for the collector of garbage to stay below it. A limit in other units than Mi and Gi has none:
     whoever writes one knows a reason, and extraEnv takes a GOMEMLIMIT. */}}
{{- define "vtq.goMemoryLimit" -}}
{{- $limit := dig "limits" "memory" "" . | toString -}}
{{- if regexMatch "^[0-9]+Mi$" $limit -}}
{{- printf "%dKiB" (div (mul (trimSuffix "Mi" $limit | int64) 1024 9) 10) -}}
{{- else if regexMatch "^[0-9]+Gi$" $limit -}}
{{- printf "%dKiB" (div (mul (trimSuffix "Gi" $limit | int64) 1048576 9) 10) -}}
{{- end -}}
{{- end -}}

{{/* Whether who answers at VT_BASE_URL is ReversingLabs, as the services tell it; else empty. */}}
{{- define "vtq.atReversingLabs" -}}
{{- with .Values.settings -}}
{{- if .VT_PROVIDER -}}
{{- if eq .VT_PROVIDER "reversinglabs" }}true{{ end -}}
{{- else if regexMatch "^https?://([^/:]+[.])?reversinglabs[.]com([:/]|$)" (default "" .VT_BASE_URL | lower) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}
