"""Papers of the office as Word documents: 督办通知书, 监察建议书 and 整改建议书."""

from __future__ import annotations

import io
from collections.abc import Sequence

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from services.monitoring.domain.cards import Card
from services.monitoring.domain.orders import Order


def order_letter(order: Order, today: str) -> bytes:
    """督办通知书: what must be answered, by when, to whom."""
    return _paper(
        "督办通知书",
        order.order_no,
        order.org_name,
        [
            order.text,
            f"请于 {order.due_on} 前书面回复办理情况。" if order.due_on else "请尽快书面回复办理情况。",
            "逾期未回复的，按电子监察规则 S62 发牌处理。",
        ],
        today,
    )


def card_letter(card: Card, today: str) -> bytes:
    """A red card's 监察建议书, a yellow one's 整改建议书: the finding, its ground, its evidence, what is asked."""
    title = "监察建议书" if card.severity == "red" else "整改建议书"
    asked = f"请于 {card.rectify_due_on or card.reply_due_on or '五个工作日内'} 前整改并报告结果。"
    return _paper(
        title,
        card.card_id,
        card.org_name,
        [
            f"经电子监察发现：{card.text}。",
            f"依据：{card.ground}。",
            f"办件：{card.case_no}；成立时间：{card.became_true_at:%Y-%m-%d %H:%M}；"
            f"规则：{card.rule_id}/{card.rule_version}；证据摘要：{card.hash[:16]}。",
            asked,
            "对本建议有异议的，可在申诉期限内提出申诉。",
        ],
        today,
    )


def _paper(title: str, number: str, to: str, paragraphs: Sequence[str], today: str) -> bytes:
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "仿宋", Pt(16)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")
    head = document.add_heading(title, level=0)
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(number).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(f"{to}：")
    for words in paragraphs:
        document.add_paragraph(words).paragraph_format.first_line_indent = Pt(32)
    document.add_paragraph(today).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
