"""`python -m libs.ops.images`: container images by digest, never by a tag alone (decision 40).

deploy/images.lock is the one list. A digest that is missing, or that somebody made up, is refused; nothing is released
from a lock with a refusal.

    check                  what is wrong with the lock; 4 when something is
    record NAME DIGEST     write a digest into the lock and into the pins of the Kubernetes overlays
    list                   every image by digest, one a line, for mirroring into a closed network
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.ops.engines.places import ROOT
from libs.ops.errors import ExitCode

LOCK = ROOT / "deploy" / "images.lock"
PINS = ROOT / "deploy" / "k8s" / "components" / "pins" / "kustomization.yaml"
IN_KUBERNETES = ("sunlit-hall", "cnpg-postgres", "otel-collector")

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
FEWEST_DIGITS = 10  # different hexadecimal digits; a real digest of 64 has fewer once in some 10^9
LONGEST_PERIOD = 32
OF_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Image:
    """One image of the lock; `digest` is empty until it is known."""

    image: str
    tag: str
    digest: str

    @property
    def reference(self) -> str:
        """What a Dockerfile or a compose file says: the tag for the reader, the digest for the engine."""
        return f"{self.image}:{self.tag}@{self.digest}" if self.digest else f"{self.image}:{self.tag}"


def read(lock: Path = LOCK) -> dict[str, Image]:
    """The images by name."""
    return {name: Image(**entry) for name, entry in tomllib.loads(lock.read_text(encoding="utf-8")).items()}


def refusal(digest: str) -> str | None:
    """Why a digest is no digest of an image; None when nothing speaks against it."""
    if not digest:
        return "has no digest"
    if not DIGEST.fullmatch(digest):
        return f"{digest!r} is no digest (sha256: and 64 hexadecimal digits)"
    digits = digest.removeprefix("sha256:")
    period = next(n for n in range(1, 65) if digits == (digits[:n] * 65)[:64])
    if len(set(digits)) < FEWEST_DIGITS or period <= LONGEST_PERIOD:
        return f"{digest!r} is a placeholder"
    if digits == OF_NOTHING:
        return f"{digest!r} is the digest of nothing"
    return None


def refusals(images: Mapping[str, Image]) -> list[str]:
    """What keeps a release from being made of these images."""
    return [f"{name}: {why}" for name, image in images.items() if (why := refusal(image.digest))]


def pins(images: Mapping[str, Image]) -> str:
    """The kustomize component that pins the images of the overlays."""
    lines = [
        "# Written by `python -m libs.ops.images record` from deploy/images.lock.",
        "apiVersion: kustomize.config.k8s.io/v1alpha1",
        "kind: Component",
        "configurations:",
        "  - image-fields.yaml",
        "images:",
    ]
    for name in IN_KUBERNETES:
        image = images[name]
        lines += [f"  - name: {image.image}"]
        lines += [f"    digest: {image.digest}"] if image.digest else [f'    newTag: "{image.tag}"']
    return "\n".join(lines) + "\n"


def record(name: str, digest: str, lock: Path = LOCK, component: Path = PINS) -> None:
    """Write one digest into the lock and the pins.

    Raises:
        ValueError: there is no such image, or the digest is none.
    """
    if name not in read(lock):
        raise ValueError(f"{lock.name} has no image {name}; it has {', '.join(read(lock))}")
    if why := refusal(digest):
        raise ValueError(f"{name}: {why}")
    text = lock.read_text(encoding="utf-8")
    start = text.index(f"[{name}]")
    place = text.index("digest = ", start)
    end = text.index("\n", place)
    lock.write_text(f'{text[:place]}digest = "{digest}"{text[end:]}', encoding="utf-8")
    component.write_text(pins(read(lock)), encoding="utf-8")


def main(arguments: Iterable[str]) -> int:
    """The command line; answers its exit code."""
    match list(arguments):
        case ["check"]:
            found = refusals(read())
            sys.stderr.writelines(f"{line}\n" for line in found)
            return ExitCode.REFUSED if found else ExitCode.DONE
        case ["list"]:
            sys.stdout.writelines(f"{image.reference}\n" for image in read().values())
            return ExitCode.DONE
        case ["record", name, digest]:
            try:
                record(name, digest)
            except ValueError as error:
                sys.stderr.write(f"{error}\n")
                return ExitCode.REFUSED
            return ExitCode.DONE
        case _:
            sys.stderr.write("usage: python -m libs.ops.images check | list | record NAME sha256:…\n")
            return ExitCode.USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
