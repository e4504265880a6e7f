"""Text of a table file: its encoding, or the kind of file that it is instead."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

from .._common.naming import errors_named, printable

AS_CSV = "Save it as a csv file in UTF-8 ('CSV UTF-8' in Excel)"
_UTF_16 = "text in UTF-16 without a byte order mark"
#: Files that are not text, by their first bytes.
_OTHER_FILES = {
    b"PK\x03\x04": "an Excel workbook (xlsx) or another zip file",
    b"PK\x05\x06": "an empty zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (xls) or another old Office document",
    b"PAR1": "a parquet file",
    b"ARROW1": "a feather file",
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\0": "compressed by xz",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"%PDF": "a PDF document",
    b"{\\rtf": "a rich text document (rtf)",
    b"SQLite format 3\0": "an SQLite database",
    b"<": "a web page or XML, such as the error page of a failed download",
}
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


def workbook_kind(path: Path) -> str | None:
    """Return ``"xlsx"`` or ``"xls"`` if a file is a workbook of Excel by its content, else None."""
    with errors_named(path), open(path, "rb") as file:
        start = file.read(4)
    if start == b"\xd0\xcf\x11\xe0" and path.suffix.lower() == ".xls":
        return "xls"
    if start == b"PK\x03\x04" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return "xlsx" if "xl/workbook.xml" in archive.namelist() else None
    return None


def read_text(path: Path, what: str) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark.

    Raises
    ------
    ValueError
        If the file is not such text. The message names the kind of file, or the first wrong line,
        and calls the expected file `what`.
    OSError
        If the file cannot be read.
    """
    name = printable(path)
    with errors_named(path), open(path, "rb") as file:
        content = file.read(128)
        if kind := _other_kind(content):
            raise ValueError(f"{name} is {kind}; a {what} is expected. {AS_CSV}")
        content += file.read()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise ValueError(f"{name} is damaged text in UTF-16 ({error}). {AS_CSV}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        row = content[content.rfind(b"\n", 0, error.start) + 1 :].split(b"\n", 1)[0]
        raise ValueError(
            f"{name} is not UTF-8 text: line {line} has the byte 0x{content[error.start]:02x}"
            f" ({printable(row.strip().decode('latin-1'))!r} if it is Latin-1 text). {AS_CSV}"
        ) from error


def _other_kind(start: bytes) -> str | None:
    if start.startswith(b"PK\x03\x04") and _OPEN_DOCUMENT in start + b" ":
        return "an OpenDocument spreadsheet (ods)"
    kind = next((_OTHER_FILES[known] for known in _OTHER_FILES if start.startswith(known)), None)
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return _UTF_16 if kind is None and not marked and b"\0" in start[:4] else kind
