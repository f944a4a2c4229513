package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// A format is how a result is printed: the value of a flag that takes one of some words.
type format struct {
	words  []string // The first is the default.
	chosen string
}

// Values of the flag. Whether the output is a terminal does not choose one: what a script sees must be what its author saw.
const (
	formatTable = "table"
	formatText  = "text"
	formatJSON  = "json"
)

// formatFlag adds the flag -o to a command.
func formatFlag(cmd *cobra.Command, words ...string) *format {
	f := &format{words: words, chosen: words[0]}
	cmd.Flags().VarP(f, "output", "o", "how to print the result: "+strings.Join(words, " or "))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // The flag is there.
	return f
}

func (f *format) String() string { return f.chosen }

// Type is what the help text calls a value.
func (f *format) Type() string { return "format" }

// Set takes one of the words.
func (f *format) Set(word string) error {
	if !slices.Contains(f.words, word) {
		return fmt.Errorf("want %s", strings.Join(f.words, " or "))
	}
	f.chosen = word
	return nil
}

// printJSON prints a document, legible, with the characters of a URL as they are.
func printJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return nil
}
