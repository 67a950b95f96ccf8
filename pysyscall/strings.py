"""C strings: NUL-terminated bytes, and arrays of pointers to them, as arguments for `syscall`."""

from _collections_abc import Sequence
from ctypes import Array, c_char, c_char_p

from .base.arguments import StrOrBytes, c_string


def byte_slice_from_string(s: "StrOrBytes") -> bytearray:
    """Return a NUL-terminated copy of s. ValueError: s contains a NUL (Go: EINVAL). Go ByteSliceFromString."""
    return bytearray(c_string("s", s) + b"\0")


def byte_ptr_from_string(s: "StrOrBytes") -> "Array[c_char]":
    """Return a NUL-terminated copy of s as a C array of char. ValueError: s contains a NUL. Go BytePtrFromString."""
    raw = c_string("s", s) + b"\0"
    return (c_char * len(raw)).from_buffer_copy(raw)


def slice_ptr_from_strings(ss: "Sequence[StrOrBytes]") -> "Array[c_char_p]":
    """Return a C array of pointers to the strings, with a null pointer at the end: an argv. Go SlicePtrFromStrings.

    The array keeps the strings alive. ValueError: a string contains a NUL.
    """
    pointers = [c_string("ss", s) for s in ss]
    return (c_char_p * (len(pointers) + 1))(*pointers)


def string_byte_slice(s: "StrOrBytes") -> bytearray:
    """As byte_slice_from_string. ValueError: s contains a NUL (Go panics). Go StringByteSlice."""
    return byte_slice_from_string(s)


def string_byte_ptr(s: "StrOrBytes") -> "Array[c_char]":
    """As byte_ptr_from_string. ValueError: s contains a NUL (Go panics). Go StringBytePtr."""
    return byte_ptr_from_string(s)


def string_slice_ptr(ss: "Sequence[StrOrBytes]") -> "Array[c_char_p]":
    """As slice_ptr_from_strings. ValueError: a string contains a NUL (Go panics). Go StringSlicePtr."""
    return slice_ptr_from_strings(ss)
