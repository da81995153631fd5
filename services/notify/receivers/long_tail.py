"""The long tail of services through Apprise; addresses of one's own are checked like all others (decision 46)."""

from __future__ import annotations

from datetime import datetime

import apprise

from services.notify.domain.delivery import Answer
from services.notify.ports import Parcel
from services.notify.receivers.egress import EgressPolicy, Resolve
from services.notify.receivers.wording import words_of

BYTES_MAX = 8000
# what speaks to this machine instead of to a service
LOCAL = frozenset({"dbus", "qt", "glib", "kde", "gnome", "macosx", "windows", "syslog", "fcm-file", "growl"})


class AppriseCarrier:
    """Notifies one Apprise URL."""

    def __init__(self, policy: EgressPolicy, resolve: Resolve) -> None:
        self._policy, self._resolve = policy, resolve

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        """Apprise says taken or not, without a reason; what it did not take is tried again."""
        url = str(parcel.address.get("url", ""))
        schema = url.partition("://")[0].lower()
        service = None if schema in LOCAL else apprise.Apprise.instantiate(url)
        if service is None:
            return Answer(ok=False, error=f"Apprise 不认识或不允许 {schema}:// 地址")
        refused = await self._refused(str(getattr(service, "host", "") or ""), int(getattr(service, "port", 0) or 443))
        if refused:
            return Answer(ok=False, error=refused)
        room = min(BYTES_MAX, int(getattr(service, "body_maxlen", BYTES_MAX)) or BYTES_MAX)
        taken = await service.async_notify(body=words_of(parcel, room), title=parcel.title)
        if taken:
            return Answer(ok=True, receipt=f"apprise:{schema}")
        return Answer(ok=False, retryable=True, error=f"{schema} 没有接受消息，原因见该服务")

    async def _refused(self, host: str, port: int) -> str:
        """Why the address may not be reached; a service without an address of one's own has a public one."""
        if not host or ("." not in host and ":" not in host and host != "localhost"):
            return ""
        try:
            addresses = await self._resolve(host, port)
        except Exception as error:
            return f"无法解析 {host}：{type(error).__name__}"
        if all(self._policy.permits(address) for address in addresses):
            return ""
        return f"地址 {host} 指向内部或保留网段，已拒绝；确需访问请由运维在 SUNLIT_EGRESS_ALLOW 中放行"
