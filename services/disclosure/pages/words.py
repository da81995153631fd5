"""How a record is put into words on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from libs.common.runtime.cursors import Cursors
from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from services.disclosure.store.portal import SHOWN, PublicRecord, ReleaseRow

# fields that a page says in words of its own, or that only machines want
QUIET = frozenset({"title", "party_type", "org_code", "region_code", "item_code", "issuer_code"})
DAYS = frozenset({"decided_on", "valid_from", "valid_until", "publish_until"})
MONEY = frozenset({"fine", "confiscated"})
CODES = frozenset({"kinds", "gravity", "party_type"})
# from the record's field to schema.org's word
LD_PERMIT = {"issuer": "issuedBy", "valid_from": "validFrom", "valid_until": "validUntil", "content": "description"}


class Words:
    """The wording of one language on one page."""

    def __init__(self, texts: Texts, formats: Formats) -> None:
        self.t = texts
        self.f = formats

    def value(self, name: str, value: Any) -> str:
        """One field's value for people."""
        if name in DAYS:
            return self.f.date_long(value)
        if name in MONEY:
            return self.f.money(value)
        if name in CODES:
            return "、".join(self.code(part) for part in (value if isinstance(value, list) else [value]))
        return str(value)

    def code(self, value: object) -> str:
        """A code word in the reader's language; a word we do not know is shown as it is."""
        key = f"code.{value}"
        return self.t(key) if self.t.has(key) else str(value)

    def field(self, name: str) -> str:
        """The name of a field."""
        key = f"field.{name}"
        return self.t(key) if self.t.has(key) else name

    def field_rows(self, fields: Mapping[str, Any], order: Sequence[str]) -> list[dict[str, str]]:
        """The definition list of a record; the party's kind stands beside its name."""
        rows = []
        for name in (*(n for n in order if n in fields), *(n for n in fields if n not in order)):
            if name in QUIET:
                continue
            note, href = "", ""
            if name == "party_name":
                note = self.code(fields["party_type"]) if "party_type" in fields else ""
                if fields.get("party_type") == "natural_person":
                    note = f"{note}，{self.t('record.masked_note')}" if note else self.t("record.masked_note")
            if name == "org_name" and "org_code" in fields:
                note, href = str(fields["org_code"]), f"/records?{urlencode({'org': fields['org_code']})}"
            rows.append({"term": self.field(name), "text": self.value(name, fields[name]), "note": note, "href": href})
        return rows

    def status(self, row: PublicRecord) -> Markup:
        """The tags under the title."""
        text = self.t(f"record.status_{row.status}")
        return Markup('<span class="tag tag--solid">{}</span>').format(text)

    def reason(self, reason: str, reason_en: str) -> str:
        """A reason in the reader's language: the authority's own words stay Chinese."""
        return reason if self.t.language == "zh-CN" else f"{reason_en} ({reason})"

    def timeline(self, releases: Sequence[ReleaseRow], found: PublicRecord) -> list[dict[str, Any]]:
        """What happened to the record, the latest first."""
        entries: list[dict[str, Any]] = []
        before: ReleaseRow | None = None
        for release in releases:
            parts = [self._change(release, before), self.reason(release.reason, release.reason_en)]
            parts.append(
                self.t("record.by_persons", n=release.persons) if release.persons else self.t("record.by_rule")
            )
            if release.fields is None:
                parts.append(self.t("record.hidden"))
            entries.append(
                {
                    "at": self.f.instant(release.at),
                    "datetime": self.f.instant_iso(release.at),
                    "title": self.t(f"record.act_{release.action}", n=release.release),
                    "text": self._sentence(parts),
                    "href": "",
                    "light": "",
                    "kind": "key",
                }
            )
            before = release
        entries.reverse()
        entries.append(
            {
                "at": self.f.date_short(found.decided_on),
                "datetime": self.f.date_iso(found.decided_on),
                "title": self.t("record.made"),
                "text": found.org_name,
                "href": "",
                "light": "",
                "kind": "",
            }
        )
        return entries

    def _change(self, release: ReleaseRow, before: ReleaseRow | None) -> str:
        if release.action != "correct" or before is None or before.fields is None or release.fields is None:
            return ""
        names = [n for n in {**before.fields, **release.fields} if before.fields.get(n) != release.fields.get(n)]
        return "".join(
            self.t(
                "record.changed",
                name=self.field(name),
                old=self.value(name, before.fields[name]) if name in before.fields else "-",
                new=self.value(name, release.fields[name]) if name in release.fields else "-",
            )
            for name in names
            if name not in QUIET
        )

    def _sentence(self, parts: Sequence[str]) -> str:
        end, gap = ("。", "") if self.t.language == "zh-CN" else (".", " ")
        return gap.join(part if part.endswith(("。", ".")) else part + end for part in parts if part)

    def tombstone(self, found: PublicRecord, last: ReleaseRow) -> list[tuple[str, str]]:
        """What stays of a record that was taken down: never the party."""
        rows = [
            (self.t("record.reason"), self.reason(last.reason, last.reason_en)),
            (self.t("record.ground"), last.ground),
            (self.t("record.withdrawn_at"), self.f.instant_long(last.at)),
        ]
        if last.due_on is not None and last.action == "withdraw":
            rows.append((self.t("record.due"), self.t("record.due_by", on=self.f.date_long(last.due_on))))
        rows.append((self.field("org_name"), found.org_name))
        return [*rows, (self.t("record.still"), self.t("record.still_text"))]

    def line(self, row: PublicRecord, at: str) -> dict[str, Any]:
        """One line of a list of records."""
        number = row.decision_no or self.t("records.no_number")
        key, until = "meta_until", row.fields.get("valid_until")
        if row.kind == "penalty":
            key, until = "meta_publish_until", row.fields.get("publish_until")
        meta = self.t("records.meta", no=number, org=row.org_name)
        if until:
            meta = self.t(f"records.{key}", no=number, org=row.org_name, until=self.f.date_long(until))
        if row.status not in SHOWN:
            meta = f"{self.t('record.status_' + row.status)}，{meta}"
        return {"title": row.title, "href": f"/records/{row.record_id}", "meta": meta, "at": at}


def json_ld(row: PublicRecord, base: str) -> dict[str, Any]:
    """schema.org: a permit is a Permit (GovernmentPermit), a penalty a legal document; a tombstone says only so."""
    shown = row.status in SHOWN
    fields = row.fields if shown else {}
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentPermit" if row.kind == "permit" else "DigitalDocument",
        "@id": f"{base.rstrip('/')}/records/{row.record_id}",
        "name": row.title,
        "identifier": row.decision_no or row.record_id,
        "dateIssued" if row.kind == "permit" else "dateCreated": row.decided_on.isoformat(),
        "datePublished": row.first_published_at.isoformat(),
        "dateModified": row.published_at.isoformat(),
        "version": row.release,
        "creativeWorkStatus": row.status,
        "publisher": {"@type": "GovernmentOrganization", "name": row.org_name, "identifier": row.org_code},
    }
    if row.kind == "permit":
        document |= {word: fields[name] for name, word in LD_PERMIT.items() if name in fields}
    elif "content" in fields:
        document["description"] = fields["content"]
    if "party_name" in fields:
        person = fields.get("party_type") == "natural_person"
        about: dict[str, Any] = {"@type": "Person" if person else "Organization", "name": fields["party_name"]}
        if "party_code" in fields:
            about["identifier"] = fields["party_code"]
        document["about"] = about
    return document


def json_ld_block(row: PublicRecord, base: str) -> Markup:
    """The same inside the page; a data block runs nothing, so the strict policy has nothing to refuse."""
    # htmlsafe: "<", ">", "&" and "'" leave as \u escapes, so nothing in it can end the block
    text = htmlsafe_json_dumps(json_ld(row, base))
    return Markup('<script type="application/ld+json">{}</script>').format(text)


def read_place(cursors: Cursors, scope: str, cursor: str) -> tuple[str, str] | None:
    """The place behind which a page of a list begins; raises DataError for a cursor that is not ours."""
    if not cursor:
        return None
    value, identity = cursors.read(scope, cursor)
    return value, identity


def write_place(cursors: Cursors, scope: str, place: tuple[str, str] | None) -> str | None:
    """The cursor of the next page, if there is one."""
    return None if place is None else cursors.write(scope, list(place))
