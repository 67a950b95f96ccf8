"""Texts from others, made safe to print."""


def printable(text: str) -> str:
    r"""Return the text on one line, with all unprintable characters escaped: \x1b, \x9b, \u202e.

    Control characters could change what a terminal shows, and newlines could forge lines of a log. A byte that is not
    UTF-8, a surrogate in Python, is shown as that byte.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
