package reversinglabs

import (
	"cmp"
	"maps"
	"slices"
)

// usage is the report of the month so far, of what the asking account's budget is spent on. It costs nothing of it, and counts
// itself among the queries, as the recorded one does. The periods that a longer path may name are not modelled.
func (s *Server) usage(x *exchange) response {
	format := cmp.Or(x.request.URL.Query().Get("format"), formatJSON)
	if !isFormat(format) {
		return s.bad(x, "Unknown response format")
	}
	month, used := s.usageOf(x)
	lines := []object{}
	for _, product := range slices.Sorted(maps.Keys(used)) {
		lines = append(lines, object{"product": product.title(), "number_of_queries": used[product]})
	}
	return page(format, object{"month": month.Format("2006-01"), "usage_report": lines})
}

// title is the product's line in the report. Recorded are that of TCA-0101 and that of TCA-9999.
func (p Product) title() string {
	if p == Presence.Product() {
		return string(p) + " File Reputation"
	}
	return string(p)
}
