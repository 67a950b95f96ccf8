"""Text as C has it: bytes that end with a NUL, and arrays of pointers to such. They are what `syscall` takes."""

from _collections_abc import Sequence
from ctypes import Array, c_char, c_char_p

from .base.arguments import StrOrBytes, c_string


def byte_slice_from_string(s: "StrOrBytes") -> bytearray:
    """A text's bytes and a NUL. ValueError: there is a NUL in it already (Go: EINVAL). Go ByteSliceFromString."""
    return bytearray(c_string("s", s) + b"\0")


def byte_ptr_from_string(s: "StrOrBytes") -> "Array[c_char]":
    """A text as a C array of char, its NUL at the end; ValueError as byte_slice_from_string. Go BytePtrFromString."""
    raw = c_string("s", s) + b"\0"
    return (c_char * len(raw)).from_buffer_copy(raw)


def slice_ptr_from_strings(ss: "Sequence[StrOrBytes]") -> "Array[c_char_p]":
    """Texts as a C array of pointers to them, ended by a null pointer: an argv. Go SlicePtrFromStrings.

    The array keeps the texts. ValueError: there is a NUL in one.
    """
    pointers = [c_string("ss", s) for s in ss]
    return (c_char_p * (len(pointers) + 1))(*pointers)


def string_byte_slice(s: "StrOrBytes") -> bytearray:
    """The same as byte_slice_from_string; where Go panics, ValueError. Go StringByteSlice."""
    return byte_slice_from_string(s)


def string_byte_ptr(s: "StrOrBytes") -> "Array[c_char]":
    """The same as byte_ptr_from_string; where Go panics, ValueError. Go StringBytePtr."""
    return byte_ptr_from_string(s)


def string_slice_ptr(ss: "Sequence[StrOrBytes]") -> "Array[c_char_p]":
    """The same as slice_ptr_from_strings; where Go panics, ValueError. Go StringSlicePtr."""
    return slice_ptr_from_strings(ss)
