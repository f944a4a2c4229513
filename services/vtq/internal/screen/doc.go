// Package screen writes for a person: text in colours, aligned tables, and one line of progress that moves.
//
// All of it is decided by where a [Screen] writes to. On a terminal there are colours and a moving bar; in a file, a pipe or a
// log of CI there are neither, and progress is a plain line now and then. NO_COLOR (no-color.org) takes the colours away, and
// TERM=dumb both.
//
// ## Decisions
//
// An own progress line, against github.com/vbauerster/mpb: there is one bar and one caller, who knows when something changed.
// A library for many bars brings goroutines that have to be waited for, and two more dependencies.
//
// An own table, against text/tabwriter: that one counts bytes, so that colours and "ä" push a column out of line, and it cannot
// cut a cell to make the row fit the window.
package screen
