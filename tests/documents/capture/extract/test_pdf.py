"""Text out of PDFs."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfWriter

from carnet.documents.capture.extract.pdf import pdf_text
from carnet.errors import FetchError

from .files import pdf


def test_pages_are_read_in_order_with_a_blank_line_between_them() -> None:
    assert pdf_text(pdf("First page.", "Second page.")) == "First page.\n\nSecond page.\n"


def test_a_pdf_without_text_says_so() -> None:
    with pytest.raises(FetchError, match="holds no text"):
        pdf_text(pdf(""))


def test_a_protected_pdf_says_so() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf("Secret.")))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(FetchError, match="password"):
        pdf_text(out.getvalue())


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", b"%PDF-1.7\n\xff\xff\xff", pdf("Text.")[:200], b"\0" * 5_000])
def test_a_damaged_pdf_is_a_failure(body: bytes) -> None:
    with pytest.raises(FetchError) as caught:
        pdf_text(body)
    assert caught.value.reason in {"pdf", "no-text"}
