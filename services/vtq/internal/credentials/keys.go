package credentials

import (
	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
)

// Keys gives the credentials for other services that an environment holds, by the names of their variables: all secrets of the
// settings, from their files too, but for those of a login at NATS, which the set has in their place. Some halves of a login are no
// secrets by themselves, and still belong to it.
func Keys(environ []string) (map[string]config.Secret, error) {
	var settings vtq.Settings
	keys, err := config.Secrets(environ, []string{"THREATQ_CLIENT_ID", "THREATQ_USERNAME", "RL_USER"}, &settings)
	if err != nil {
		return nil, err
	}
	for _, v := range config.Variables(&settings.NATS) {
		delete(keys, v.Name)
	}
	return keys, nil
}
