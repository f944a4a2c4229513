#!/bin/sh
# Prints what the environment has of vtq's settings as values of its Helm chart,
# for a shell that has read .env:
#
#   deployments/helm/settings.sh | helm upgrade --install vtq deployments/helm/vtq -f - ...
#
# Of credentials it prints the names alone, as keys.names: "vtq credentials" puts
# what they hold into a Secret. Left out is what the chart knows better: how NATS
# is reached, where probes are asked, where data lies. Anything else is passed
# on, so that helm names what it does not take.
set -eu

: "${THREATQ_URL:?must be set: have this shell read .env first}"

exec awk 'BEGIN {
	quote = sprintf("%c", 39) # In a string of YAML it is written twice.
	for (name in ENVIRON) {
		value = ENVIRON[name]
		key = name
		sub(/_FILE$/, "", key)
		if (value == "" || name !~ /^((THREATQ|VT|RL|VTQ|OTEL)_[A-Z_]+|NATS_REPLICAS|LOG_LEVEL|LOG_FORMAT)$/ || name ~ /^VTQ_(DATA_DIR|ADMIN_ADDRESS)$/)
			continue
		if (name ~ /_HEADERS$/)
			print name ": is a secret, for pod.extraEnv out of a Secret of yours; left out" > "/dev/stderr"
		else if (key ~ /^(THREATQ_(CLIENT_ID|CLIENT_SECRET|USERNAME|PASSWORD)|(VT|RL)_API_KEY|RL_(USER|PASSWORD))$/)
			keys[key] = 1
		else {
			gsub(quote, quote quote, value)
			settings[name] = value ~ /^[0-9]+$/ && name == "NATS_REPLICAS" ? value : quote value quote # The chart reckons with this one.
		}
	}
	print "settings:"
	for (name in settings)
		print "  " name ": " settings[name]
	for (key in keys)
		list = list (list == "" ? "" : ", ") key
	if (list != "")
		print "keys:\n  names: [" list "]"
}'
