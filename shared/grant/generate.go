package grant

//go:generate go test . -run ^TestFresh$ -update
