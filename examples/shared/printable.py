"""Text that somebody else wrote, harmless to show."""


def printable(text: str) -> str:
    r"""The text on one line, with all that is no printable character escaped: \x1b, \x9b, \u202e.

    Control characters would change what a terminal shows, or more lines would pass for a log's own. A byte that is no
    UTF-8, which Python holds as a surrogate, is shown as that byte.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
