package demo

import (
	"slices"

	"vtq.internal/services/vtq"
	"vtq.internal/services/writer"
	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/verdict"
)

// rows reads in ThreatQ what stands on the indicators.
func (r *round) rows(settings vtq.Settings) []Row {
	skipped, failed := r.witness.reasons()
	inUse := settings.Providers.Routing.InUse()
	rows := make([]Row, len(r.ids))
	for i, id := range r.ids {
		in, _ := r.sim.ThreatQ.Indicator(id)
		ours := written(in.Attributes, settings.Writer, inUse)
		who, names := answerer(ours, settings.Writer, inUse)
		rows[i] = Row{
			ID: id, Type: in.Type, Value: in.Value, Note: r.seeds[i].Note, Report: r.seeds[i].Path,
			Provider: who, Class: verdict.Class(ours[names["verdict"]]), Severity: ours[names["severity"]], Score: in.ManualScore,
			Detections: ours[names["detections"]], Link: ours[names["link"]], Attributes: ours,
			Skipped: skipped[id], Waits: r.waits[id], Failed: failed[id],
		}
		if row := &rows[i]; len(ours) == 0 && row.Skipped == "" && row.Waits == nil && row.Failed == "" {
			row.Failed = "nothing was written, and nothing says why"
		}
	}
	return rows
}

// answerer is the first provider whose verdict stands there, and the names of its attributes by field.
func answerer(ours map[string]string, config writer.Config, inUse []string) (who string, names map[string]string) {
	for _, who = range inUse {
		names = map[string]string{}
		for _, a := range config.Attributes(who) {
			names[a.Field] = a.Name
		}
		if ours[names["verdict"]] != "" {
			return who, names
		}
	}
	return "", names
}

// written is what bears a source of ours. A name that stands there twice, which must never be, shows under both values.
func written(attributes []tqsim.Attribute, config writer.Config, inUse []string) map[string]string {
	ours := map[string]string{}
	for _, a := range attributes {
		if !slices.ContainsFunc(a.Sources, func(s tqsim.Source) bool {
			return slices.ContainsFunc(inUse, func(who string) bool { return s.Name == config.SourceOf(who) })
		}) {
			continue
		}
		if twin, ok := ours[a.Name]; ok {
			a.Value = twin + " and " + a.Value
		}
		ours[a.Name] = a.Value
	}
	return ours
}
