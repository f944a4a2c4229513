package cli

import (
	"os"
	"os/user"
	"strconv"
)

// operator tells who runs this command, for notes that others read: the user of the operating system, and the machine. In a container
// the user often has a number alone.
func operator() string {
	name := "uid " + strconv.Itoa(os.Getuid())
	if who, err := user.Current(); err == nil && who.Username != "" {
		name = who.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
