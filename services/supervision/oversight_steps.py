"""The steps that a department takes about what was pushed to it: which are allowed in which state of a case. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from events.approval import Said
from events.oversight import PushClosed, PushHandled, PushRead, PushSigned
from projections.oversight import Oversight
from projections.push_case import Case, CaseState
from services.refusing import Refused
from services.supervision import oversight_rules as rules
from services.supervision.oversight_commands import Close, Handle, Read, Return, Sign, Step

_ALLOWED: Mapping[type[Step], frozenset[CaseState]] = {
    Read: frozenset({CaseState.DELIVERED}),
    Sign: frozenset({CaseState.DELIVERED, CaseState.READ, CaseState.RETURNED}),
    Return: frozenset({CaseState.DELIVERED, CaseState.READ}),
    Handle: frozenset({CaseState.SIGNED}),
    Close: frozenset({CaseState.SIGNED, CaseState.HANDLED}),
}
"""A department may sign what it returned: nobody was released by the return."""


def meant(state: Oversight, department: str, command: Step) -> list[Case]:
    """Return the cases that a step is about, or raise what keeps it from being taken."""
    own = [case for (_, code), case in sorted(state.cases.items()) if code == department]
    if not own:
        raise Refused(rules.NOT_YOURS)
    allowed = _ALLOWED[type(command)]
    if command.push_version is None:
        open_ones = [case for case in own if case.state in allowed]
        if not open_ones:
            raise rules.not_allowed(own[-1], _words(command), _allowed_in(own[-1].state))
        return open_ones
    case = state.cases.get((command.push_version, department))
    if case is None:
        raise Refused(rules.UNKNOWN_PUSH, field="push_version")
    if case.state not in allowed:
        raise rules.not_allowed(case, _words(command), _allowed_in(case.state))
    return [case]


def _words(command: Step) -> str:
    return rules.STEPS[type(command)]


def _allowed_in(state: str) -> list[str]:
    return [rules.STEPS[step] for step, states in _ALLOWED.items() if state in states]


def taken(case: Case, command: Step) -> Said:
    """Return the event that a step becomes."""
    about = {"push_version": case.push_version, "department": case.department, "officer": command.officer}
    match command:
        case Read():
            return PushRead(**about)
        case Sign():
            return PushSigned(**about)
        case Handle():
            return PushHandled(**about, text=command.text)
        case Close():
            return PushClosed(**about, text=command.text)
    raise AssertionError(command)
