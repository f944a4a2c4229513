package demo

import "vtq.internal/shared/verdict"

// An Outcome is what a demonstration did. The package documentation tells of each member.
type Outcome struct {
	Indicators       []Row                 `json:"indicators"`
	Classes          map[verdict.Class]int `json:"classes"`
	Skipped          map[string]int        `json:"skipped"`
	Waiting          int                   `json:"waiting,omitempty"`
	Providers        []Provider            `json:"providers"`
	Failovers        int                   `json:"failovers"`
	AskedTwice       int                   `json:"asked_twice"`
	ProviderRequests int                   `json:"provider_requests"`
	QuotaPerMinute   int                   `json:"quota_per_minute"`
	Shared           Shared                `json:"shared"`
	ThreatQRequests  int                   `json:"threatq_requests"`
	ThreatQWrites    int                   `json:"threatq_writes"`
	SecondPass       Requests              `json:"second_pass"`
	FilesSkipped     []File                `json:"files_skipped,omitempty"`
	Took             float64               `json:"took_s"`

	// Warnings is how many log lines said that something was wrong.
	Warnings int `json:"-"`
}

// A Row is one indicator.
type Row struct {
	ID         int64             `json:"id"`
	Type       string            `json:"type"`
	Value      string            `json:"value"`
	Note       string            `json:"note,omitempty"`
	Report     string            `json:"report,omitempty"`
	Provider   string            `json:"provider,omitempty"`
	Class      verdict.Class     `json:"class,omitempty"`
	Severity   string            `json:"severity,omitempty"`
	Score      *int              `json:"score,omitempty"`
	Detections string            `json:"detections,omitempty"`
	Link       string            `json:"link,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Skipped    string            `json:"skipped,omitempty"`
	Waits      []string          `json:"waits_for,omitempty"`
	Failed     string            `json:"failed,omitempty"`
}

// A Provider is one of those that were asked.
type Provider struct {
	Name     string `json:"name"`
	Requests int    `json:"requests"`
	Spent    int    `json:"spent"`
	PerDay   int    `json:"per_day,omitempty"`
	Answered int    `json:"answered"`
}

// Shared counts answers that cost no request.
type Shared struct {
	SameObject int `json:"same_object"`
	OtherHash  int `json:"other_hash"`
}

// Requests counts what one pass asked for.
type Requests struct {
	Provider int `json:"provider_requests"`
	ThreatQ  int `json:"threatq_requests"`
	Writes   int `json:"threatq_writes"`
}

// A File is one that is no report.
type File struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Enriched is how many indicators bear a verdict now.
func (o Outcome) Enriched() int {
	n := 0
	for _, of := range o.Classes {
		n += of
	}
	return n
}

// Failed is how many indicators were neither enriched nor skipped for a reason.
func (o Outcome) Failed() int {
	n := 0
	for _, row := range o.Indicators {
		if row.Failed != "" {
			n++
		}
	}
	return n
}

// add adds the rows of a round. The class is taken as it stands in ThreatQ, be it one that there should not be.
func (o *Outcome) add(rows []Row) {
	for _, row := range rows {
		switch {
		case row.Class != "":
			o.Classes[row.Class]++
			o.answered(row.Provider)
		case row.Skipped != "":
			o.Skipped[row.Skipped]++
		case row.Waits != nil:
			o.Waiting++
		}
	}
	o.Indicators = append(o.Indicators, rows...)
}

// answered counts an indicator for the provider whose answer it bears.
func (o *Outcome) answered(name string) {
	for i := range o.Providers {
		if o.Providers[i].Name == name {
			o.Providers[i].Answered++
		}
	}
}
