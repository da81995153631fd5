"""The printed notice: one page DOCX from the message alone, to print, sign and hand over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FONT = "仿宋_GB2312"
HEAD_FONT = "方正小标宋简体"


@dataclass(frozen=True, slots=True)
class Letter:
    """What the notice says. `number` is the notification's short name; `made_at` a legal instant in the legal zone."""

    to: str
    number: str
    title: str
    lines: Sequence[str]
    made_at: datetime
    link: str


def build_letter(letter: Letter) -> bytes:
    """The DOCX (A4, margins and sizes after GB/T 9704)."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    _line(document, "电子监察通知", 22, HEAD_FONT, WD_ALIGN_PARAGRAPH.CENTER)
    _line(document, f"编号：{letter.number}", 14, FONT, WD_ALIGN_PARAGRAPH.CENTER)
    _line(document, f"{letter.to}：", 16)
    _line(document, letter.title, 16, indent=True)
    for line in letter.lines:
        if line != letter.title:
            _line(document, line, 16, indent=True)
    _line(document, f"详情见 {letter.link}", 14, indent=True)
    on = letter.made_at
    _line(document, f"{on.year}年{on.month}月{on.day}日", 16, FONT, WD_ALIGN_PARAGRAPH.RIGHT)
    _line(document, "签收人：                签收时间：    年  月  日  时  分", 14)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _line(
    document: Document,  # type: ignore[valid-type]  # python-docx's maker has the name of a type
    text: str,
    size: int,
    font: str = FONT,
    align: WD_ALIGN_PARAGRAPH | None = None,
    *,
    indent: bool = False,
) -> None:
    paragraph = document.add_paragraph()  # type: ignore[attr-defined]
    paragraph.alignment = align
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(size * 2)
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), font
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
