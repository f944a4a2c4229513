package screen

// A Style is how a text looks where there are colours. The zero value changes nothing.
type Style string

// The styles, as the parameters of ANSI's "select graphic rendition". The eight basic colours are those of the reader's own theme,
// so that they are legible on dark and light alike.
const (
	Plain  Style = ""
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
)

// Paint gives a text a style, where there are colours.
func (s Screen) Paint(style Style, text string) string {
	if !s.Color || style == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}
