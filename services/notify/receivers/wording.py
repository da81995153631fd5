"""The words of a message: the receiver's own template (Jinja2, sandboxed) or ours, within the channel's size."""

from __future__ import annotations

import structlog
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notify.domain.message import fit
from services.notify.ports import Parcel

log = structlog.get_logger(__name__)


def environment() -> ImmutableSandboxedEnvironment:
    """Templates see the message and nothing else; what they do not know is an error."""
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def problem_of(template: str) -> str:
    """What is wrong with a template; empty = it can be read."""
    try:
        environment().parse(template)
    except TemplateError as error:
        return str(error)
    return ""


def words_of(parcel: Parcel, bytes_max: int) -> str:
    """The text for a channel of that size. A template that fails does not keep the alert back: our words go out."""
    template = str(parcel.address.get("template") or "")
    text = parcel.text
    if template and not parcel.riders:
        try:
            text = (
                environment()
                .from_string(template)
                .render(
                    title=parcel.title,
                    text=parcel.text,
                    status=parcel.status,
                    severity=parcel.severity,
                    receiver=parcel.receiver,
                    link=parcel.link,
                    alerts=[dict(alert) for alert in parcel.alerts],
                )
            )
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            log.warning("template failed", receiver=parcel.receiver, error=type(error).__name__)
    return fit(text, bytes_max, parcel.link)
