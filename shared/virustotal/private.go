package virustotal

import (
	"cmp"

	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

// extra is what only private keys are sure to see.
type extra struct {
	Sandboxes    map[string]sandbox `json:"sandbox_verdicts"`
	YARA         []rule             `json:"crowdsourced_yara_results"`
	Sigma        []rule             `json:"sigma_analysis_results"`
	FirstSeenITW rest.Number        `json:"first_seen_itw_date"`
	GTI          assessment         `json:"gti_assessment"`
}

type sandbox struct {
	Category string `json:"category"`
	Name     string `json:"sandbox_name"`
}

// A rule is one that matched: of YARA by its name, of Sigma by its title.
type rule struct {
	Name  string `json:"rule_name"`
	Title string `json:"rule_title"`
}

// An assessment is Google Threat Intelligence's. Its values stay in the vendor's words: "VERDICT_MALICIOUS".
type assessment struct {
	Verdict struct {
		Value string `json:"value"`
	} `json:"verdict"`
	Severity struct {
		Value string `json:"value"`
	} `json:"severity"`
	Score struct {
		Value rest.Number `json:"value"`
	} `json:"threat_score"`
}

// maxScore is the top of the assessment's scale.
const maxScore = 100

func (e extra) private() verdict.Private {
	return verdict.Private{
		Sandboxes:    e.sandboxes(),
		YARA:         names(e.YARA, func(r rule) string { return r.Name }),
		Sigma:        names(e.Sigma, func(r rule) string { return r.Title }),
		FirstSeenITW: date(e.FirstSeenITW),
		GTIVerdict:   text(e.GTI.Verdict.Value),
		GTISeverity:  text(e.GTI.Severity.Value),
		GTIScore:     e.GTI.Score.Value.Pointer(0, maxScore),
	}
}

// sandboxes lists "Zenbox: malicious" for every sandbox that came to a conclusion.
func (e extra) sandboxes() []string {
	var all []string
	for key, s := range e.Sandboxes {
		if name := cmp.Or(s.Name, key); name != "" && s.Category != "" {
			all = append(all, name+": "+s.Category)
		}
	}
	return set(all)
}

func names(rules []rule, nameFunc func(rule) string) []string {
	all := make([]string, 0, len(rules))
	for _, r := range rules {
		all = append(all, nameFunc(r))
	}
	return set(all)
}
