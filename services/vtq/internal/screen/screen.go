package screen

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// DefaultWidth is how wide a line may be where nobody says how wide the window is: a log is read in wide windows, and a hash
// of 64 digits shall fit a row with all that is said about it.
const DefaultWidth = 120

// minWidth is where tables stop shrinking: the least window that they are legible in.
const minWidth = 60

// A Screen is somewhere to write for a person.
type Screen struct {
	W        io.Writer
	Terminal bool // A line can be written over again.
	Color    bool
	Width    int // Columns. Defaults to DefaultWidth.
}

// Of tells what can be done where w leads. The environment, in the form of os.Environ, may forbid some of it.
func Of(w io.Writer, environ []string) Screen {
	s := Screen{W: w, Width: DefaultWidth}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || value(environ, "TERM") == "dumb" {
		return s
	}
	s.Terminal, s.Color = true, value(environ, "NO_COLOR") == ""
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		s.Width = max(width, minWidth)
	}
	return s
}

// value finds a variable, the last one where a name occurs twice; an unset one is empty.
func value(environ []string, name string) string {
	found := ""
	for _, entry := range environ {
		if text, ok := strings.CutPrefix(entry, name+"="); ok {
			found = text
		}
	}
	return found
}

// Printf writes as fmt.Fprintf does. A reader who is gone has nobody left to tell.
func (s Screen) Printf(format string, args ...any) { _, _ = fmt.Fprintf(s.W, format, args...) }

// Paragraph writes a text behind a head, broken into lines that fit, those after the first under the beginning of the text. The head
// takes so many columns; its colours do not count.
func (s Screen) Paragraph(head string, columns int, style Style, text string) {
	for i, line := range Wrap(text, s.width()-columns) {
		if i > 0 {
			head = strings.Repeat(" ", columns)
		}
		s.Printf("%s%s\n", head, s.Paint(style, line))
	}
}

func (s Screen) width() int {
	if s.Width > 0 {
		return s.Width
	}
	return DefaultWidth
}
