package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vtq.internal/shared/provider"
)

// simulated is who is simulated: the value of a flag that takes a provider, or both.
type simulated struct{ chosen string }

// both is the value for VirusTotal first, and ReversingLabs where it cannot be asked.
const both = "both"

// choices are the values of the flag, and whom they stand for, first asked first.
func choices() map[string][]string {
	return map[string][]string{
		provider.VirusTotal:    {provider.VirusTotal},
		provider.ReversingLabs: {provider.ReversingLabs},
		both:                   {provider.VirusTotal, provider.ReversingLabs},
	}
}

// words are the values in the order in which help tells of them.
func (*simulated) words() []string {
	return []string{provider.VirusTotal, provider.ReversingLabs, both}
}

// providerFlag adds the flag --provider to a command.
func providerFlag(cmd *cobra.Command) *simulated {
	s := &simulated{provider.VirusTotal}
	cmd.Flags().Var(s, "provider", "who is simulated: "+strings.Join(s.words(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("provider", cobra.FixedCompletions(s.words(), cobra.ShellCompDirectiveNoFileComp)) // The flag is there.
	return s
}

func (s *simulated) String() string { return s.chosen }

// Type is what the help text calls a value.
func (*simulated) Type() string { return "provider" }

// Set takes one of the words.
func (s *simulated) Set(word string) error {
	if !slices.Contains(slices.Collect(maps.Keys(choices())), word) {
		return fmt.Errorf("want %s", strings.Join(s.words(), ", "))
	}
	s.chosen = word
	return nil
}

// providers are those that are simulated, first asked first.
func (s *simulated) providers() []string { return choices()[s.chosen] }
