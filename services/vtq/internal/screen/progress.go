package screen

import (
	"fmt"
	"strings"
)

const (
	// barWidth is how long the bar is, in columns: it leaves half of a narrow window for words.
	barWidth = 24
	// plainSteps is how often the plain form says how far it is, beside the beginning: at every quarter.
	plainSteps = 4
	// erase goes to the line's beginning and clears it (ECMA-48, "erase in line").
	erase = "\r\x1b[2K"
)

// A Progress shows how far something is: a bar that moves on a terminal, plain lines elsewhere. It is for one goroutine.
type Progress struct {
	screen Screen
	shown  bool   // A bar stands on the terminal's last line.
	label  string // Of the last plain line.
	step   int    // Of the last plain line.
}

// NewProgress shows progress on a screen.
func NewProgress(s Screen) *Progress { return &Progress{screen: s, step: -1} }

// Show shows that so much of a whole is done. The label says of what, the note whatever else is worth knowing. It can be called as
// often as one likes: elsewhere than on a terminal only a new label or another quarter makes a line.
func (p *Progress) Show(label string, done, total int, note string) {
	if p.screen.Terminal {
		p.shown = true
		p.screen.Printf("%s%s", erase, p.bar(label, done, total, note))
		return
	}
	step := 0 // Of nothing, nothing is done.
	if total > 0 {
		step = done * plainSteps / total
	}
	if label == p.label && step == p.step {
		return
	}
	p.label, p.step = label, step
	p.screen.Printf("%s: %d of %d%s\n", label, done, total, after(", ", note))
}

// Clear takes the bar away, so that something else can be written.
func (p *Progress) Clear() {
	if p.shown {
		p.shown = false
		p.screen.Printf("%s", erase)
	}
}

// bar leaves the last column free: some terminals wrap when it is written.
func (p *Progress) bar(label string, done, total int, note string) string {
	full := 0
	if total > 0 {
		full = min(done*barWidth/total, barWidth)
	}
	head := fmt.Sprintf("  %s  ", label)
	tail := Cut(fmt.Sprintf("  %d/%d%s", done, total, after("  ", note)), p.screen.width()-1-barWidth-width(head))
	return head + p.screen.Paint(Cyan, strings.Repeat("━", full)) + p.screen.Paint(Dim, strings.Repeat("─", barWidth-full)) + tail
}

// after puts a separator before a text that is not empty.
func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}
