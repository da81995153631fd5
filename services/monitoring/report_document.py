"""A report as a Word document, in the plain shape of an official paper."""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from services.monitoring.domain.reports import Report, Section

FONT = "宋体"


def write_docx(report: Report) -> bytes:
    """The report as `.docx`."""
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    title = document.add_heading(f"{report.title}（{report.period}）", level=0)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for name, value in report.head:
        document.add_paragraph(f"{name}：{value}")
    for section in report.sections:
        _write_section(document, section)
    if report.corrections:
        document.add_heading("更正", level=1)
        for line in report.corrections:
            document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _write_section(document: WordDocument, section: Section) -> None:
    document.add_heading(section.title, level=1)
    if section.note:
        document.add_paragraph(section.note)
    if not section.rows:
        return
    table = document.add_table(rows=1, cols=len(section.columns))
    table.style = "Table Grid"
    for cell, name in zip(table.rows[0].cells, section.columns, strict=True):
        cell.text = name
    for row in section.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value.text
