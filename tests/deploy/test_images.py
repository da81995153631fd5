"""Images by digest: what the lock refuses, and that everybody who names an image names the lock's."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from libs.ops import images
from libs.ops.engines.places import ROOT
from libs.ops.errors import ExitCode

A_DIGEST = "sha256:" + hashlib.sha256(b"an image").hexdigest()

REFUSED = {
    "": "has no digest",
    "3.11": "is no digest",
    "sha256:abc": "is no digest",
    "sha256:" + A_DIGEST[7:].upper(): "is no digest",
    "sha256:" + "0" * 64: "is a placeholder",
    "sha256:" + "0123456789abcdef" * 4: "is a placeholder",
    "sha256:" + "deadbeef" * 8: "is a placeholder",
    "sha256:" + hashlib.sha256(b"").hexdigest(): "is the digest of nothing",
}


@pytest.mark.parametrize(("digest", "why"), REFUSED.items())
def test_a_missing_or_invented_digest_is_refused(digest: str, why: str) -> None:
    """Decision 40: a placeholder is not let through, whatever it looks like."""
    assert why in str(images.refusal(digest))


def test_a_digest_is_taken() -> None:
    """The digest of something."""
    assert images.refusal(A_DIGEST) is None


def test_of_the_lock_only_our_own_image_waits_for_its_digest() -> None:
    """It is built by the site; everything else is pinned, and a release is refused until ours is too."""
    assert images.refusals(images.read()) in ([], ["sunlit-hall: has no digest"])
    assert images.main(["check"]) in (ExitCode.REFUSED, ExitCode.DONE)


def test_a_recorded_digest_reaches_the_pins_of_the_overlays(tmp_path: Path) -> None:
    """One line of the lock changes, and the component is written anew; a placeholder changes nothing."""
    lock, pins = tmp_path / "images.lock", tmp_path / "kustomization.yaml"
    shutil.copy(images.LOCK, lock)
    images.record("sunlit-hall", A_DIGEST, lock, pins)
    assert images.refusals(images.read(lock)) == []
    assert f"  - name: sunlit-hall\n    digest: {A_DIGEST}\n" in pins.read_text(encoding="utf-8")
    assert len(lock.read_text(encoding="utf-8").splitlines()) == len(images.LOCK.read_text("utf-8").splitlines())
    with pytest.raises(ValueError, match="placeholder"):
        images.record("sunlit-hall", "sha256:" + "0" * 64, lock, pins)
    with pytest.raises(ValueError, match="no image nobody"):
        images.record("nobody", A_DIGEST, lock, pins)
    assert images.read(lock)["sunlit-hall"].digest == A_DIGEST


def test_the_pins_are_those_of_the_lock() -> None:
    """Nobody edits the component by hand."""
    assert images.PINS.read_text(encoding="utf-8") == images.pins(images.read())


def test_the_dockerfile_builds_on_the_lock_as_nobody() -> None:
    """Both bases by digest, the last stage without root, the lock of the packages with hashes."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lock = images.read()
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == [
        lock[name].reference for name in ("node", "python", "python")
    ]
    last = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert "--require-hashes requirements.lock" in text and "npm ci" in text
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE))
    wanted = {word for line in copied for word in line.split()}
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert wanted <= kept, "the builder is not given what the Dockerfile copies"
