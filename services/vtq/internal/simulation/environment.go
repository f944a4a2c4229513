package simulation

import (
	"strconv"
	"strings"

	"vtq.internal/shared/provider"
	rlsim "vtq.internal/shared/simulator/reversinglabs"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
)

// suite is where VirusTotal's API lies, and the suite that is compatible with it.
const suite = "/api/v3"

// Environment is what to set so that vtq, or any other client, finds the simulators: NAME=value, as in os.Environ.
func (s *Simulation) Environment() []string {
	env := []string{
		"THREATQ_URL=" + s.at(doorThreatQ),
		"THREATQ_CLIENT_ID=" + tqsim.DefaultClientID,
		"THREATQ_CLIENT_SECRET=" + tqsim.DefaultClientSecret,
	}
	if !s.options.serves(provider.VirusTotal) {
		return append(env, s.first(provider.ReversingLabs, rlsim.DefaultKey)...)
	}
	env = append(env, s.first(provider.VirusTotal, vtsim.DefaultKey)...)
	if s.options.serves(provider.ReversingLabs) {
		env = append(env, s.beside()...)
	}
	return env
}

// first are the settings of whoever answers at VT_BASE_URL. At real services the two of address and key are enough: the host tells who
// answers. All that a loopback address tells is that it is not VirusTotal's, so the provider is named.
func (s *Simulation) first(name, key string) []string {
	return []string{
		"VT_BASE_URL=" + s.at(name) + suite,
		"VT_PROVIDER=" + name,
		"VT_API_KEY=" + key,
		"VT_REQUESTS_PER_MINUTE=" + strconv.Itoa(s.options.PerMinute),
		"VT_REQUESTS_PER_DAY=" + strconv.Itoa(s.options.PerDay),
		"VT_REQUESTS_PER_MONTH=0",
	}
}

// beside are the settings of ReversingLabs beside VirusTotal: its suite by a key, its own API by a user.
func (s *Simulation) beside() []string {
	return []string{
		"VTQ_PROVIDERS=" + strings.Join(s.options.Providers, ","),
		"RL_BASE_URL=" + s.at(provider.ReversingLabs) + suite,
		"RL_API_KEY=" + rlsim.DefaultKey,
		"RL_NATIVE_URL=" + s.at(provider.ReversingLabs),
		"RL_USER=" + rlsim.DefaultUser,
		"RL_PASSWORD=" + rlsim.DefaultPassword,
		"RL_REQUESTS_PER_MINUTE=" + strconv.Itoa(s.options.BesidePerMinute),
		"RL_REQUESTS_PER_DAY=" + strconv.Itoa(s.options.BesidePerDay),
	}
}

// at is the address of a door.
func (s *Simulation) at(name string) string {
	for _, d := range s.doors {
		if d.name == name {
			return "http://" + d.listener.Addr().String()
		}
	}
	return ""
}
