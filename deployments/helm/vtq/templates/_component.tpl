{{/*
A stage as a Deployment. Takes what the pods share, and:

  values     the stage's part of the values
  strategy   how it is rolled

Startup has 150 s to reach NATS and find its streams, since NATS may be on its way up as well. Readiness and liveness are asked with
the same patience: the first only gates rollouts and evictions, the second fails when a loop has broken its promise to come back.
*/}}
{{- define "vtq.component" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "vtq.fullname" .root }}-{{ .component }}
  labels:
    {{- include "vtq.labels" . | nindent 4 }}
spec:
  {{- if not (dig "autoscaling" "enabled" false .values) }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    {{- toYaml .strategy | nindent 4 }}
  selector:
    matchLabels:
      {{- include "vtq.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "vtq.podLabels" . | nindent 8 }}
      annotations:
        checksum/config: {{ include "vtq.config" .root | sha256sum }}
        {{- with .root.Values.pod.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "vtq.serviceAccount" .root }}
      terminationGracePeriodSeconds: {{ add (include "vtq.grace" .root | int64) 20 }}
      {{- if .root.Values.pod.topologySpread }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "vtq.selector" $ | nindent 14 }}
        {{- end }}
      {{- end }}
      {{- include "vtq.podSpec" . | nindent 6 }}
      containers:
        - {{ include "vtq.container" . | nindent 10 | trim }}
          envFrom:
            - configMapRef:
                name: {{ include "vtq.fullname" .root }}
          env:
            {{- include "vtq.env" . | nindent 12 }}
            {{- with concat .root.Values.pod.extraEnv .values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - name: admin
              containerPort: 8080
          startupProbe:
            httpGet:
              path: /startupz
              port: admin
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 30
          readinessProbe:
            httpGet:
              path: /readyz
              port: admin
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          livenessProbe:
            httpGet:
              path: /livez
              port: admin
            periodSeconds: 20
            timeoutSeconds: 5
            failureThreshold: 3
{{- end -}}
