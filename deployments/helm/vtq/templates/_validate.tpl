{{/*
What no schema can say, all of it at once. Each complaint names the value to mend.

The times of a shutdown are a chain, each longer than the one before: a request to a provider (VT_TIMEOUT, RL_TIMEOUT: 20s), the
grace (VTQ_SHUTDOWN_GRACE: 25s), the end of the pod (the grace and 20 s). A request that outlasts the grace is cut off by every
rollout, after it was paid for.

ReversingLabs is put into use by its credentials, where all stages share an environment. Here only the lookup has them, and the
producer and the streams have to know as well: so the settings say it.
*/}}
{{- define "vtq.validate" -}}
{{- $s := .Values.settings -}}
{{- $wrong := list -}}
{{- if not .Values.image.registry -}}
{{- $wrong = append $wrong "image.registry: must be set to where the images were pushed, such as registry.example.com/security" -}}
{{- end -}}
{{- if not $s.THREATQ_URL -}}
{{- $wrong = append $wrong "settings.THREATQ_URL: must be set to the address of ThreatQ, such as https://threatq.example.com" -}}
{{- end -}}
{{- $grace := include "vtq.grace" . | int64 -}}
{{- if gt $grace 600 -}}
{{- $wrong = append $wrong "settings.VTQ_SHUTDOWN_GRACE: wants 10m at the most" -}}
{{- end -}}
{{- $atRL := include "vtq.atReversingLabs" . -}}
{{- $named := has "reversinglabs" (splitList "," (default "" $s.VTQ_PROVIDERS | nospace)) -}}
{{- $keyed := or (has "RL_API_KEY" .Values.keys.names) (has "RL_USER" .Values.keys.names) -}}
{{- $timeouts := dict "VT_TIMEOUT" (default "20s" $s.VT_TIMEOUT) -}}
{{- if or $s.RL_TIMEOUT $named -}}
{{- $_ := set $timeouts "RL_TIMEOUT" (default "20s" $s.RL_TIMEOUT) -}}
{{- end -}}
{{- range $name, $timeout := $timeouts -}}
{{- if ge (include "vtq.seconds" (dict "duration" $timeout) | int64) $grace -}}
{{- $wrong = append $wrong (printf "settings.%s: must be below VTQ_SHUTDOWN_GRACE (%s and %ds), else every rollout cuts off requests that were paid for" $name $timeout $grace) -}}
{{- end -}}
{{- end -}}
{{- if and $keyed $atRL -}}
{{- $wrong = append $wrong "keys.names: RL_API_KEY and RL_USER are for asking ReversingLabs beside VirusTotal, and settings.VT_BASE_URL points to ReversingLabs already; leave out one of the two" -}}
{{- else if and $keyed (not $named) -}}
{{- $wrong = append $wrong "settings.VTQ_PROVIDERS: must name reversinglabs along with its credentials in keys.names, such as virustotal,reversinglabs: the producer does not see them" -}}
{{- else if and $named (not $atRL) (not $keyed) -}}
{{- $wrong = append $wrong "keys.names: wants RL_API_KEY, or RL_USER and RL_PASSWORD, since settings.VTQ_PROVIDERS names reversinglabs" -}}
{{- end -}}
{{- if and $keyed $named (not $atRL) (not $s.RL_KINDS) -}}
{{- $wrong = append $wrong "settings.RL_KINDS: must be set along with reversinglabs in VTQ_PROVIDERS, to file,url with RL_API_KEY and to file with RL_USER alone: the producer does not see which it is" -}}
{{- end -}}
{{- if ne (has "RL_USER" .Values.keys.names) (has "RL_PASSWORD" .Values.keys.names) -}}
{{- $wrong = append $wrong "keys.names: wants RL_USER and RL_PASSWORD together" -}}
{{- end -}}
{{- if not .Values.files.existingConfigMap -}}
{{- range $name, $value := $s -}}
{{- if and (hasSuffix "_FILE" $name) $value -}}
{{- $wrong = append $wrong (printf "files.existingConfigMap: must be set, since settings.%s names a file" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.lookup.autoscaling.enabled (not .Values.autoscaling.prometheus) -}}
{{- $wrong = append $wrong "autoscaling.prometheus: must be set with lookup.autoscaling.enabled: without the budget a spent day would look like work, and add pods" -}}
{{- end -}}
{{- range $component := list "lookup" "writer" -}}
{{- with (index $.Values $component).autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- $wrong = append $wrong (printf "%s.autoscaling.minReplicas: must not be above maxReplicas" $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "(^|,) *service[.]name *=" (default "" $s.OTEL_RESOURCE_ATTRIBUTES) -}}
{{- $wrong = append $wrong "settings.OTEL_RESOURCE_ATTRIBUTES: must leave out service.name, which would be the same for all stages" -}}
{{- end -}}
{{- range .Values.pod.extraEnv -}}
{{- if eq .name "OTEL_SERVICE_NAME" -}}
{{- $wrong = append $wrong "pod.extraEnv: must leave out OTEL_SERVICE_NAME, which would be the same for all stages; each has an extraEnv of its own" -}}
{{- end -}}
{{- end -}}
{{- if $wrong -}}
{{- fail (printf "\n\n%s\n" (join "\n" $wrong)) -}}
{{- end -}}
{{- end -}}
