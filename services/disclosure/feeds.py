"""Atom (RFC 4287) and JSON Feed 1.1 of what was published: pure converters of public records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as Xml

from services.disclosure.domain.feed import FeedEntry

ATOM = "http://www.w3.org/2005/Atom"
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def atom(title: str, self_url: str, site_url: str, entries: Sequence[FeedEntry]) -> bytes:
    """The Atom document; `updated` is that of the newest entry."""
    Xml.register_namespace("", ATOM)
    feed = Xml.Element(f"{{{ATOM}}}feed")
    _text(feed, "id", self_url)
    _text(feed, "title", title)
    _text(feed, "updated", max((e.updated_at for e in entries), default=EPOCH).isoformat())
    Xml.SubElement(feed, f"{{{ATOM}}}link", {"rel": "self", "href": self_url, "type": "application/atom+xml"})
    Xml.SubElement(feed, f"{{{ATOM}}}link", {"rel": "alternate", "href": site_url, "type": "text/html"})
    for entry in entries:
        node = Xml.SubElement(feed, f"{{{ATOM}}}entry")
        _text(node, "id", f"urn:uuid:{entry.record_id}")
        _text(node, "title", entry.title)
        _text(node, "published", entry.published_at.isoformat())
        _text(node, "updated", entry.updated_at.isoformat())
        _text(Xml.SubElement(node, f"{{{ATOM}}}author"), "name", entry.org_name)
        Xml.SubElement(node, f"{{{ATOM}}}category", {"term": entry.kind})
        Xml.SubElement(node, f"{{{ATOM}}}link", {"rel": "alternate", "href": entry.url, "type": "text/html"})
        _text(node, "summary", entry.summary)
    document: str = Xml.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{document}'.encode()


def json_feed(title: str, self_url: str, site_url: str, entries: Sequence[FeedEntry]) -> dict[str, Any]:
    """The JSON Feed document."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "language": "zh-CN",
        "home_page_url": site_url,
        "feed_url": self_url,
        "items": [
            {
                "id": f"urn:uuid:{entry.record_id}",
                "url": entry.url,
                "title": entry.title,
                "content_text": entry.summary,
                "date_published": entry.published_at.isoformat(),
                "date_modified": entry.updated_at.isoformat(),
                "authors": [{"name": entry.org_name}],
                "tags": [entry.kind, entry.status],
            }
            for entry in entries
        ],
    }


def _text(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, f"{{{ATOM}}}{name}").text = _printable(text)


def _printable(text: str) -> str:
    """XML 1.0 has no control characters but tab and line ends."""
    return "".join(c for c in text if c in "\t\n\r" or c >= " ")
