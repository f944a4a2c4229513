package config_test

import (
	"testing"

	"vtq.internal/shared/config"
)

func TestAdmin(t *testing.T) {
	wants := "VTQ_ADMIN_ADDRESS: wants an address such as :8080 or 127.0.0.1:8080, or off "
	checkBlock[config.Admin](t, "", map[string]blockCase{
		"nothing set":      {"", nil},
		"empty":            {"VTQ_ADMIN_ADDRESS=", nil},
		"off":              {"VTQ_ADMIN_ADDRESS=off", nil},
		"any address":      {"VTQ_ADMIN_ADDRESS=:8080", nil},
		"one address":      {"VTQ_ADMIN_ADDRESS=127.0.0.1:8080", nil},
		"of version 6":     {"VTQ_ADMIN_ADDRESS=[::1]:8080", nil},
		"a free port":      {"VTQ_ADMIN_ADDRESS=localhost:0", nil},
		"the last port":    {"VTQ_ADMIN_ADDRESS=:65535", nil},
		"beyond the last":  {"VTQ_ADMIN_ADDRESS=:65536", []string{wants + `(got ":65536")`}},
		"a port alone":     {"VTQ_ADMIN_ADDRESS=8080", []string{wants + `(got "8080")`}},
		"a host alone":     {"VTQ_ADMIN_ADDRESS=localhost", []string{wants + `(got "localhost")`}},
		"a port by name":   {"VTQ_ADMIN_ADDRESS=:http", []string{wants + `(got ":http")`}},
		"a negative port":  {"VTQ_ADMIN_ADDRESS=:-1", []string{wants + `(got ":-1")`}},
		"a URL":            {"VTQ_ADMIN_ADDRESS=http://:8080", []string{wants + `(got "http://:8080")`}},
		"off, capitalised": {"VTQ_ADMIN_ADDRESS=OFF", []string{wants + `(got "OFF")`}},
	})
}

func TestAdminListens(t *testing.T) {
	for _, c := range []struct{ set, unset, want string }{
		{"", ":8080", ":8080"},
		{"", "", ""},
		{":9", ":8080", ":9"},
		{":9", "", ":9"},
		{config.AdminOff, ":8080", ""},
		{config.AdminOff, "", ""},
	} {
		if got := (config.Admin{Address: c.set}).Listens(c.unset); got != c.want {
			t.Errorf("Admin{%q}.Listens(%q) = %q, want %q", c.set, c.unset, got, c.want)
		}
	}
}
