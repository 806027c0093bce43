"""What AWS decides of a request, for policies as plain as ours: Allow, Deny, wildcards, conditions.

Of the conditions only those that our policies use are known; an unknown one is an error here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def allows(
    policy: Json, action: str, resource: str, context: Mapping[str, str] | None = None
) -> bool:
    """
    :param context: the condition keys of the request, such as `s3:prefix`
    """
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(matches(each, action, ignore_case=True) for each in listed(statement["Action"]))
        and any(matches(each, resource) for each in listed(statement["Resource"]))
        and holds(statement.get("Condition", {}), context or {})
    }
    return effects == {"Allow"}


def holds(condition: Json, context: Mapping[str, str]) -> bool:
    """All operators and all their keys have to; of the values of a key, one."""
    return all(
        _holds(operator, context.get(key), listed(values))
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _holds(operator: str, said: str | None, values: list[str]) -> bool:
    plain = operator.removesuffix("IfExists")
    if said is None:
        return plain != operator
    match plain:
        case "StringEquals" | "ArnEquals" | "Bool":
            return said in values
        case "StringLike" | "ArnLike":
            return any(matches(each, said) for each in values)
    raise AssertionError(f"{operator} is not known to this evaluator")


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    form = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern)
    return re.fullmatch(form, text, re.IGNORECASE if ignore_case else 0) is not None


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
