package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vtq.internal/services/vtq/internal/deadletter"
)

// lettersAct is what redrive and drop have in common.
type lettersAct struct {
	filter   *letterFilter
	all, dry bool
	yes      bool // Only of drop.
	verb     string
}

func actFlags(cmd *cobra.Command, verb string) *lettersAct {
	a := &lettersAct{verb: verb}
	a.filter = filterFlags(cmd)
	cmd.Flags().BoolVar(&a.all, "all", false, verb+" all there are")
	cmd.Flags().BoolVar(&a.dry, "dry-run", false, "only list and count them")
	return a
}

func (c *cli) redriveLetters() *cobra.Command {
	var a *lettersAct
	cmd := &cobra.Command{
		Use:   "redrive [NUMBER...]",
		Short: "Send messages on their way again",
		Long: `Redrive publishes the messages of dead letters to where they came from, with their
history in their headers, and takes the letters away. It takes numbers, or filters
that must all hold, or --all. It may be interrupted and repeated: nothing is lost,
and nothing comes twice.

It tells of each letter what became of it:

  redriven     it is on its way again
  pending      the same indicator waits to be asked about already
  superseded   a newer verdict stands in its place, or was written
  gone         it was worked on after all
  dying        its stage has not let go of it yet; try again in a minute
  kept         nobody can tell where it belongs; show it, and drop it

Exit code 1 when some are dying or kept, or when the pipeline is full.`,
		Example: `  vtq deadletters redrive 17 18
  vtq deadletters redrive --stage writer --reason "HTTP 400" --newer-than 24h`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.actOnLetters(cmd, args, a, (*deadletter.Box).Redrive)
		},
	}
	a = actFlags(cmd, "redrive")
	return cmd
}

func (c *cli) dropLetters() *cobra.Command {
	var a *lettersAct
	cmd := &cobra.Command{
		Use:   "drop [NUMBER...]",
		Short: "Delete dead letters for good",
		Long: `Drop deletes dead letters. It takes numbers, or filters that must all hold, or
--all, and for more than one letter --yes. Indicators that are selected still are
asked about again with the next sweep.`,
		Example: `  vtq deadletters drop 17
  vtq deadletters drop --older-than 720h --yes`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.actOnLetters(cmd, args, a, (*deadletter.Box).Drop)
		},
	}
	a = actFlags(cmd, "drop")
	cmd.Flags().BoolVar(&a.yes, "yes", false, "drop more than one")
	return cmd
}

// chosen is which letters are meant. To mean all of them takes a word: a forgotten number must not.
func (a *lettersAct) chosen(numbers []string) (deadletter.Filter, error) {
	filtered := *a.filter != letterFilter{}
	switch {
	case len(numbers) > 0 && (filtered || a.all), filtered && a.all:
		return deadletter.Filter{}, misuseError{errors.New("want numbers, filters or --all, and only one of these")}
	case len(numbers) == 0 && !filtered && !a.all:
		return deadletter.Filter{}, misuseError{errors.New("which? Name numbers, filters or --all; vtq deadletters list shows what there is")}
	}
	return a.filter.filter(numbers, time.Now())
}

func (c *cli) actOnLetters(cmd *cobra.Command, numbers []string, a *lettersAct,
	act func(*deadletter.Box, context.Context, deadletter.Filter, func(deadletter.Letter, deadletter.Fate)) error,
) error {
	filter, err := a.chosen(numbers)
	if err != nil {
		return err
	}
	return c.withLetters(cmd, func(ctx context.Context, box *deadletter.Box) error {
		if a.dry {
			return c.rehearse(ctx, box, filter, a.verb)
		}
		if a.verb == "drop" && !a.yes {
			if err := confirmed(ctx, box, filter); err != nil {
				return err
			}
		}
		done := lettersDone{}
		err := act(box, ctx, filter, func(letter deadletter.Letter, fate deadletter.Fate) {
			if done[fate]++; !fate.Done() {
				c.complain("%s: dead letter %d\n", fate, letter.ID)
			}
		})
		return c.reportDone(done, err)
	})
}

// rehearse lists the letters that are meant, and counts them, those that are too many for a table as well. Numbers that mean none are
// said in the end, as when it is done.
func (c *cli) rehearse(ctx context.Context, box *deadletter.Box, filter deadletter.Filter, verb string) error {
	var entries []letterEntry
	n, err := count(ctx, box, filter, func(letter deadletter.Letter) {
		if len(entries) < defaultLetters {
			entries = append(entries, entryOfLetter(letter))
		}
	})
	c.printTable(entries)
	if n > len(entries) {
		c.complain("These are the first %d.\n", len(entries))
	}
	c.complain("%s would be %s; nothing was done\n", letters(n), participle(verb))
	return err
}

// count goes through the letters that are meant. It goes on after an ErrNotFound, and returns it in the end.
func count(ctx context.Context, box *deadletter.Box, filter deadletter.Filter, tell func(deadletter.Letter)) (n int, err error) {
	var missing []error
	for letter, err := range box.List(ctx, filter) {
		switch {
		case errors.Is(err, deadletter.ErrNotFound):
			missing = append(missing, err)
		case err != nil:
			return n, err
		default:
			n++
			tell(letter)
		}
	}
	return n, errors.Join(missing...)
}

// letters is so many of them, in words.
func letters(n int) string {
	if n == 1 {
		return "1 dead letter"
	}
	return fmt.Sprintf("%d dead letters", n)
}

func participle(verb string) string {
	if verb == "drop" {
		return string(deadletter.Dropped)
	}
	return string(deadletter.Redriven)
}

// confirmed is an error when more than one letter would be dropped.
func confirmed(ctx context.Context, box *deadletter.Box, filter deadletter.Filter) error {
	n, err := count(ctx, box, filter, func(deadletter.Letter) {})
	if err != nil && !errors.Is(err, deadletter.ErrNotFound) {
		return err
	}
	if n > 1 {
		return misuseError{fmt.Errorf("this would drop %d dead letters for good; say --yes if it shall", n)}
	}
	return nil
}
