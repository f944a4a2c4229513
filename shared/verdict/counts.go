package verdict

import "fmt"

// A Category is one of the eight ways in which an engine's answer is counted.
type Category string

// The eight categories, in the provider's own spelling. Files have all eight, URLs, domains and addresses the first five.
const (
	Malicious        Category = "malicious"
	Suspicious       Category = "suspicious"
	Harmless         Category = "harmless"          // The engine says it is clean.
	Undetected       Category = "undetected"        // The engine looked and has no opinion.
	Timeout          Category = "timeout"           // The engine did not answer in time.
	ConfirmedTimeout Category = "confirmed-timeout" // It never does for this file.
	Failure          Category = "failure"           // The engine failed.
	TypeUnsupported  Category = "type-unsupported"  // The engine cannot read this file type.
)

// Categories lists all eight, opinions first.
func Categories() []Category {
	return []Category{
		Malicious, Suspicious, Harmless, Undetected,
		Timeout, ConfirmedTimeout, Failure, TypeUnsupported,
	}
}

// Opinion reports whether an engine counted here gave an opinion. Failures, timeouts and unsupported types are none, and
// stay out of every ratio.
func (c Category) Opinion() bool {
	switch c {
	case Malicious, Suspicious, Harmless, Undetected:
		return true
	case Timeout, ConfirmedTimeout, Failure, TypeUnsupported:
	}
	return false
}

// Counts holds how many engines answered in each category. A category the provider did not send is absent; nil means that
// the provider sent no counts at all.
type Counts map[Category]int

// Of gives the count of a category, zero when it was not provided.
func (c Counts) Of(category Category) int { return c[category] }

// Provided tells whether the provider sent this category.
func (c Counts) Provided(category Category) bool {
	_, ok := c[category]
	return ok
}

// Opinions is the number of engines that gave an opinion: the denominator of a detection ratio.
func (c Counts) Opinions() int {
	total := 0
	for category, n := range c {
		if category.Opinion() {
			total += n
		}
	}
	return total
}

// Detections is how many of the engines that gave an opinion call the object malicious, as people write it: "14/72". It is empty where
// none gave one, and where the provider does not say how many do.
func (c Counts) Detections() string {
	if !c.Provided(Malicious) || c.Opinions() == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", c.Of(Malicious), c.Opinions())
}
