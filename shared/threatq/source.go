package threatq

import (
	"strings"

	"vtq.internal/shared/verdict"
)

// A Source is who reported an indicator, and how far that may be passed on.
type Source struct {
	Name string
	// TLP is the traffic light's name in upper case without its "TLP:" ("RED", "AMBER", "GREEN", "WHITE", or whatever the site
	// added), TLPUnknown for an id without a name, empty when none was set.
	TLP string
}

// TLPUnknown stands for a traffic light that was set, but that only its id names, and not one of the four known ids. Whoever has
// a ceiling has to treat it as above.
const TLPUnknown = "UNKNOWN"

// wireSource is a source of an indicator or of an attribute.
type wireSource struct {
	Name    text   `json:"name"`
	TLPID   number `json:"tlp_id"`
	TLPName text   `json:"tlp_name"`
}

// sources keeps the sources, within bounds. One that is left out or cannot be read may have set a traffic light, so an unknown one
// stands in its place.
func sources(told list[wireSource]) []Source {
	rows, lost := told.items, told.unreadable > 0 || told.overfull
	if len(rows) > maxRecordSources {
		rows, lost = rows[:maxRecordSources], true
	}
	var kept []Source
	for _, r := range rows {
		kept = append(kept, Source{Name: verdict.Clean(string(r.Name), maxName), TLP: r.tlp()})
	}
	if lost {
		kept = append(kept, Source{TLP: TLPUnknown})
	}
	return kept
}

// tlp names the traffic light. The four ids are those of ThreatQ's own SDK.
func (w wireSource) tlp() string {
	name := strings.ToUpper(verdict.Clean(string(w.TLPName), maxName))
	if name = strings.TrimSpace(strings.TrimPrefix(name, "TLP:")); name != "" && name != "NONE" {
		return name
	}
	switch w.TLPID {
	case 0:
		return ""
	case 1:
		return "RED"
	case 2:
		return "AMBER"
	case 3:
		return "GREEN"
	case 4:
		return "WHITE"
	}
	return TLPUnknown
}
