"""A routing file as text: YAML in, the tree or every problem with its place."""

from __future__ import annotations

import yaml

from libs.common.kernel.errors import DataError, Problem
from services.notify.domain.configuration import read_configuration
from services.notify.domain.routing import Routing
from services.notify.receivers.wording import problem_of

CHARACTERS_MAX = 512 * 1024


def read_document(raw: bytes) -> tuple[Routing, str]:
    """The tree of a routing file, and its text.

    Raises:
        DataError: every problem of the file.
    """
    try:
        document = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            Problem("NOT_UTF8", "", f"第 {error.start} 字节不是 UTF-8", f"byte {error.start} is not UTF-8")
        ) from error
    if len(document) > CHARACTERS_MAX:
        raise DataError(
            Problem("TOO_LONG", "", f"路由文件不得超过 {CHARACTERS_MAX} 字", f"at most {CHARACTERS_MAX} characters")
        )
    try:
        # Anchors may be nested so that a small file becomes a huge tree; a routing file can always do without.
        for token in yaml.scan(document, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                raise DataError(
                    _at("ALIAS", token.start_mark, "不支持 YAML 别名（*）", "YAML aliases are not supported")
                )
        routing = read_configuration(yaml.safe_load(document))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        words = str(getattr(error, "problem", None) or "YAML")
        raise DataError(_at("BAD_YAML", mark, f"YAML 写法有误：{words}", f"not YAML: {words}")) from error
    except (RecursionError, ValueError) as error:
        raise DataError(
            Problem("BAD_YAML", "", "YAML 内容无法读取", f"not readable: {type(error).__name__}")
        ) from error
    _templates_are_sound(routing)
    return routing, document


def _templates_are_sound(routing: Routing) -> None:
    """A template is read when the file is, not when the first alert needs it."""
    wrong = [
        Problem("BAD_TEMPLATE", f"/receivers/{number}/sunlit/template", f"模板写法有误：{words}", f"template: {words}")
        for number, receiver in enumerate(routing.receivers.values())
        if receiver.template and (words := problem_of(receiver.template))
    ]
    if wrong:
        raise DataError(*wrong)


def _at(code: str, mark: yaml.Mark | None, message: str, message_en: str) -> Problem:
    if mark is None:
        return Problem(code, "", message, message_en)
    line, column = mark.line + 1, mark.column + 1
    return Problem(code, "", f"第 {line} 行第 {column} 列：{message}", f"line {line}, column {column}: {message_en}")
