"""Outgoing connections that cannot be turned inwards (SSRF, decision 46).

An address is resolved once, every answer is checked, and the connection goes to the checked address itself, so that a
second, different DNS answer changes nothing. Private, loopback, link-local and otherwise special ranges are refused
unless the operator's allow-list names them. Redirects are not followed; replies are read up to a small cap.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import httpcore

REPLY_BYTES_MAX = 64 * 1024
TIMEOUT_SECONDS = 15.0

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


class AddressRefusedError(Exception):
    """The address may not be reached from here; trying again does not help."""


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Which special ranges may be reached all the same."""

    allowed: tuple[Network, ...] = ()

    def permits(self, address: str) -> bool:
        """Whether that numeric address may be connected to."""
        ip = ipaddress.ip_address(address)
        target = _embedded(ip) or ip
        if any(target.version == net.version and target in net for net in self.allowed):
            return True
        return bool(target.is_global and not target.is_multicast)


def _embedded(ip: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, 6to4, or behind NAT64."""
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def policy_of(cidrs: Sequence[str]) -> EgressPolicy:
    """The policy of a list of CIDRs (`SUNLIT_EGRESS_ALLOW`).

    Raises:
        ValueError: one of them is no network.
    """
    return EgressPolicy(tuple(ipaddress.ip_network(cidr.strip()) for cidr in cidrs if cidr.strip()))


def check(policy: EgressPolicy, host: str, addresses: Sequence[str]) -> list[str]:
    """The addresses of a host, if all of them may be reached: one bad answer among good ones is a trick, not a choice.

    Raises:
        AddressRefusedError: one of them may not.
    """
    permitted = [address for address in addresses if policy.permits(address)]
    if not permitted or len(permitted) < len(addresses):
        raise AddressRefusedError(
            f"地址 {host} 指向内部或保留网段，已拒绝；确需访问请由运维在 SUNLIT_EGRESS_ALLOW 中放行"
        )
    return permitted


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves, checks, and connects to what it has checked."""

    def __init__(self, policy: EgressPolicy, resolve: Resolve) -> None:
        self._policy, self._resolve = policy, resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 the backend's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to the first permitted address of `host`.

        Raises:
            AddressRefusedError: no address of the host may be reached.
        """
        permitted = check(self._policy, host, await self._resolve(host, port))
        return await self._inner.connect_tcp(permitted[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 the backend's interface
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: an outgoing call has a host."""
        raise AddressRefusedError("不允许连接本机套接字文件")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def resolve(host: str, port: int) -> list[str]:
    """Every numeric address of the host.

    Raises:
        httpcore.ConnectError: the name has none at this moment (may be tried again).
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"无法解析 {host}：{error}") from error
    return list(dict.fromkeys(str(row[4][0]) for row in found))


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    text: str
    retry_after_seconds: float | None


async def post(pool: httpcore.AsyncConnectionPool, url: str, headers: dict[str, str], body: bytes) -> Reply:
    """One POST; at most 64 KiB of the reply are read."""
    return await _call(pool, "POST", url, headers, body)


async def get(pool: httpcore.AsyncConnectionPool, url: str) -> Reply:
    """One GET; at most 64 KiB of the reply are read."""
    return await _call(pool, "GET", url, {"user-agent": "sunlit-hall"}, None)


async def _call(
    pool: httpcore.AsyncConnectionPool, method: str, url: str, headers: dict[str, str], body: bytes | None
) -> Reply:
    limits = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_SECONDS)
    async with asyncio.timeout(TIMEOUT_SECONDS):
        async with pool.stream(
            method, url, headers=list(headers.items()), content=body, extensions={"timeout": limits}
        ) as response:
            text = b""
            async for chunk in response.aiter_stream():
                text += chunk
                if len(text) >= REPLY_BYTES_MAX:
                    break
            wish = dict(response.headers).get(b"Retry-After") or dict(response.headers).get(b"retry-after")
    return Reply(response.status, text[:REPLY_BYTES_MAX].decode("utf-8", "replace"), _seconds(wish))


def _seconds(value: bytes | None) -> float | None:
    return float(value) if value is not None and value.isdigit() else None


class GuardedProxy(httpcore.AsyncHTTPProxy):
    """Leaves through the site's proxy (decision 33); what it is asked for is checked first, as if we went ourselves.

    A name that cannot be resolved in here is left to the proxy, which has a list of permitted hosts of its own.
    """

    def __init__(self, proxy: str, policy: EgressPolicy, resolver: Resolve) -> None:
        super().__init__(proxy, max_connections=20, retries=0)
        self._policy, self._resolve = policy, resolver

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        host = request.url.host.decode("ascii")
        try:
            addresses = await self._resolve(host, request.url.port or 443)
        except httpcore.ConnectError:
            addresses = []
        if addresses:
            check(self._policy, host, addresses)
        return await super().handle_async_request(request)


def guarded_pool(policy: EgressPolicy, resolver: Resolve = resolve, proxy: str = "") -> httpcore.AsyncConnectionPool:
    """A connection pool that can reach only what the policy permits, directly or through `proxy` (`http://host:port`)."""
    if proxy:
        return GuardedProxy(proxy, policy, resolver)
    return httpcore.AsyncConnectionPool(network_backend=GuardedBackend(policy, resolver), max_connections=20, retries=0)
