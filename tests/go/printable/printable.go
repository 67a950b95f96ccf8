// Package printable shows text from elsewhere on a terminal.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is the text on one line, with all that is no printable character escaped: \x1b, \x9b, \u202e.
func Text(text string) string {
	var shown strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&shown, `\x%02x`, text[0])
		case unicode.IsPrint(r):
			shown.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&shown, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&shown, `\u%04x`, r)
		default:
			fmt.Fprintf(&shown, `\U%08x`, r)
		}
		text = text[size:]
	}
	return shown.String()
}
