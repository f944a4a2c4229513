package config

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
)

// AdminOff is the value of VTQ_ADMIN_ADDRESS that has nothing listen.
const AdminOff = "off"

// Admin says where a process answers probes.
type Admin struct {
	Address string `env:"VTQ_ADMIN_ADDRESS" doc:"Where probes, metrics and status are served, such as 127.0.0.1:8080. Unset, the services listen on :8080 and vtq up nowhere; off is nowhere."`
}

// Heading names the block.
func (Admin) Heading() string { return "Probes and metrics" }

// Validate checks the shape of the address.
func (a Admin) Validate() error {
	if a.Address == "" || a.Address == AdminOff {
		return nil
	}
	_, port, err := net.SplitHostPort(a.Address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("VTQ_ADMIN_ADDRESS: wants an address such as :8080 or 127.0.0.1:8080, or off (got %.70q)", a.Address)
	}
	return nil
}

// Listens gives the address to listen on, of a process that listens on some address unless it is told otherwise; "" for nowhere.
func (a Admin) Listens(unset string) string {
	if address := cmp.Or(a.Address, unset); address != AdminOff {
		return address
	}
	return ""
}
