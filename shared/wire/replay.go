package wire

// HeaderReplay names the replay by which a job was published. It stays on the verdict that comes of the job, and in the dead letters of
// both, so that of every attribute it can be told whether a replay led to it.
const HeaderReplay = "Vtq-Replay"

// MaxReplay bounds the name of a replay, in bytes. Names are times, which have 24.
const MaxReplay = 40

// ReplayOf reads which replay led to a message; it is empty for none.
func ReplayOf(header map[string][]string) string { return cut(first(header, HeaderReplay), MaxReplay) }

// PutReplay writes the name of a replay into headers; an empty one leaves them as they are.
func PutReplay(header map[string][]string, name string) {
	if name = cut(name, MaxReplay); name != "" {
		header[HeaderReplay] = []string{name}
	}
}
