"""Paper: made behind the wall, embedded fonts, searchable text, a name every system takes."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from planner import pdf, reports
from planner.models import UseCase


def printed(use_case: UseCase, language: str, *, is_draft: bool) -> PdfReader:
    document = reports.document(use_case, language=language, is_draft=is_draft)
    return PdfReader(io.BytesIO(pdf.render(document.html)))


def fonts(reader: PdfReader) -> dict[str, bool]:
    """Each font of a PDF by name, and whether its shapes are inside."""
    found = {}
    for page in reader.pages:
        resources = page["/Resources"].get_object()
        assert isinstance(resources, DictionaryObject)
        for font in resources.get("/Font", {}).values():
            face = font.get_object()
            inner = face["/DescendantFonts"][0].get_object() if "/DescendantFonts" in face else face
            descriptor = inner["/FontDescriptor"].get_object()
            shapes = {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
            found[str(face["/BaseFont"])] = bool(shapes)
    return found


def test_a_japanese_draft_is_searchable_embedded_stamped_and_numbered(full: UseCase) -> None:
    reader = printed(full, "ja", is_draft=True)
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) >= 6
    assert "ひと目でわかる結果" in pages[1]
    assert "0.977" in pages[1]
    assert all("下書き" in page for page in pages)
    assert f"2 / {len(pages)}" in pages[1]
    assert reader.metadata is not None
    assert reader.metadata.title == full.title
    assert reader.outline
    assert fonts(reader)
    assert all(fonts(reader).values())
    assert any("Noto" in name for name in fonts(reader))


def test_an_english_report_that_is_decided_has_no_stamp(full: UseCase) -> None:
    reader = printed(full, "en", is_draft=False)
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "The result on one page" in text
    assert "Confidential" in text
    assert "DRAFT" not in text


def test_hostile_text_makes_a_pdf_too(hostile: UseCase) -> None:
    reader = printed(hostile, "ja", is_draft=True)
    assert "alert" in "".join(page.extract_text() for page in reader.pages)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("ML ワークショップ 2026 秋", "2026-11-21_ML_ワークショップ_2026_秋_報告書.pdf"),
        ('a/b\\c:d*e?"f<g>|h', "2026-11-21_a_b_c_d_e_f_g_h_報告書.pdf"),
        ("..", "2026-11-21_報告書.pdf"),
        ("x\x00\n\u202ey", "2026-11-21_x_y_報告書.pdf"),
    ],
)
def test_a_file_is_named_after_day_and_title_with_nothing_a_system_refuses(
    title: str, name: str
) -> None:
    assert pdf.file_name("2026-11-21", title, "報告書") == name
