"""`linkage`: one command for everything. Each line of `COMMANDS` is one of its subcommands.

What a subcommand needs is imported when it is called, so that `linkage --help` and a mistyped word answer at once.

Exit codes: 0 done; 1 done, and the answer is no (behind, refused rows, a difference found); 2 wrong use or settings;
3 something outside does not serve (database, log, port, folder).
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

import typer

from services.read_in import unswept
from services.trouble import Trouble

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("services.demonstration:demo", "Show it: an invented city, both services, decisions coming in."),
    "run": ("services.running:run", "Run a part of the linkage, or all of it, until Ctrl-C or SIGTERM."),
    "migrate": ("services.running:migrate_databases", "Bring the databases to the shape of this release."),
    "settings": (
        "services.settings_shown:show_settings",
        "Show every setting, and name each that a part would refuse.",
    ),
    "import": ("services.file_commands:import_file", "Import a file of permits (双公示, 2018 layout)."),
    "withdraw-batch": ("services.file_commands:withdraw_batch", "Take a wrongly imported file back, by events."),
    "bodies import": ("services.file_commands:import_bodies", "Take the register of bodies of a file."),
    "matters import": ("services.file_commands:import_matters", "Take the mapping of matters of a file."),
    "codes allow": ("services.code_commands:allow_code", "Let a genuine credit code through that fails its check."),
    "codes list": ("services.code_commands:list_codes", "Show the credit codes that were let through."),
    "exceptions list": ("services.file_commands:list_exceptions", "Show the rows of files that wait for a person."),
    "exceptions settle": ("services.file_commands:settle_exception", "Say which kind of decision a waiting row is."),
    "mappings import": (
        "services.mapping_commands:import_mappings",
        "Take what old codes stand for of a file.",
    ),
    "mappings list": ("services.mapping_commands:list_mappings", "Show what old codes stand for, and from when."),
    "duties gaps": ("services.duty_commands:list_gaps", "Show what no department supervises on a day."),
    "duties history": ("services.duty_commands:show_history", "Show every version of a matter's entries."),
    "duties import": ("services.duty_commands:import_duties", "Take the duty list (监管责任清单) of a file."),
    "completeness": ("services.completeness_commands:show", "Show which numbers are missing, and ask for them again."),
    "statements list": ("services.statement_commands:list_statements", "Show the daily statements of both sides."),
    "statements show": ("services.statement_commands:show_statement", "Show one daily statement, with what differs."),
    "statements sign": ("services.statement_commands:sign", "Sign this side's half of a daily statement."),
    "statements dispute": ("services.statement_commands:dispute", "Dispute a daily statement, with the reason."),
    "deadlines list": ("services.deadline_commands:list_deadlines", "Show what is open, due when, and in which light."),
    "urge": ("services.deadline_commands:urge_one", "Demand (督办) that an open item be done within a new limit."),
    "assign": ("services.officer_commands:assign_one", "Give an open item to an officer by hand, with a reason."),
    "officers import": ("services.officer_commands:import_officers", "Register the officers of a file."),
    "officers appoint": (
        "services.officer_commands:import_appointments",
        "Take who does each duty, and who stands in, of a file.",
    ),
    "officers show": (
        "services.officer_commands:show_officers",
        "Show officers, or one with all that he or she holds.",
    ),
    "officers leave": ("services.officer_commands:leave", "Record a leave; the deputy holds the items meanwhile."),
    "officers depart": ("services.officer_commands:depart_one", "Record a departure; open items go to others."),
    "officers unassigned": (
        "services.officer_commands:list_unassigned",
        "Show what is open without an officer of its department.",
    ),
    "notices list": ("services.notice_commands:list_notices", "Show what officers were told, and what did not arrive."),
    "notices retry": ("services.notice_commands:retry_notices", "Send notices that were given up once more."),
    "webhooks add": ("services.webhook_commands:add", "Push to a system of a department or bureau."),
    "webhooks list": ("services.webhook_commands:list_endpoints", "Show such systems, and what they did not take."),
    "webhooks test": ("services.webhook_commands:send_test", "Send one of them a test, and say whether it arrived."),
    "webhooks rotate": ("services.webhook_commands:rotate", "Give one a new secret; both hold for a time."),
    "webhooks kinds": ("services.webhook_commands:choose", "Change what one of them is told; its secret stays."),
    "webhooks enable": ("services.webhook_commands:enable", "Push again to one that was disabled or given up."),
    "webhooks remove": ("services.webhook_commands:remove", "Push no more to one, and forget it."),
    "limits list": ("services.limit_commands:list_limits", "Show how long each kind of work may take, and since when."),
    "limits set": ("services.limit_commands:set_limit", "Set a limit (期限), from a day on."),
    "limits import": ("services.limit_commands:import_limits", "Take the limits of a file."),
    "calendar show": ("services.calendar_commands:show_calendar", "Show which days are worked, by which notices."),
    "calendar import": (
        "services.calendar_commands:import_calendar",
        "Take a notice about days of work and rest, of a year or of the site.",
    ),
    "penalties import": ("services.penalty_commands:import_file", "Import a file of penalties (双公示, 2018 layout)."),
    "penalties list": ("services.penalty_commands:list_penalties", "Show penalties and the permits they touch."),
    "penalties unmatched": ("services.penalty_commands:list_unmatched", "Show the penalties that seek a permit."),
    "penalties confirm": ("services.penalty_commands:confirm_permits", "Say which permits such a penalty touches."),
    "penalties amend": ("services.penalty_commands:amend", "Record that other facts of a penalty hold."),
    "penalties annul": ("services.penalty_commands:annul", "Record that a penalty was annulled."),
    "penalties repair": ("services.penalty_commands:repair", "Record that a party's credit was repaired."),
    "rules publish": ("services.rule_commands:publish_rule", "Publish a rule change to the approval bodies."),
    "rules correct": ("services.rule_commands:correct_rule", "Correct a rule change that was published."),
    "rules withdraw": ("services.rule_commands:withdraw_rule", "Take back a rule change published by mistake."),
    "rules list": ("services.rule_commands:list_rules", "Show rule changes, and who has answered them."),
    "rules show": ("services.rule_commands:show_rule", "Show a rule change and each body's answer."),
    "rules answer": ("services.rule_commands:answer_rule", "Answer a rule change for an approval body."),
    "tasks list": ("services.task_commands:list_tasks", "Show what the approval desk must act on, soonest due first."),
    "tasks answer": ("services.task_commands:answer_task", "Answer a task; the department gets it as a receipt."),
    "standing": ("services.standing_commands:show_standing", "Show what is known against a party: may I grant?"),
    "standing-rules list": (
        "services.standing_commands:list_standing_rules",
        "Show what known facts mean for a grant.",
    ),
    "standing-rules set": (
        "services.standing_commands:set_standing_rule",
        "Set what a kind of fact means, from a day on.",
    ),
    "findings list": ("services.finding_commands:list_findings", "Show freezes, suggestions, checks and inspections."),
    "findings freeze": ("services.finding_commands:freeze", "Ask that nothing is granted to a permit's holder."),
    "findings lift": ("services.finding_commands:lift", "Take a freeze back."),
    "findings suggest-annulment": (
        "services.finding_commands:suggest_annulment",
        "Suggest that a permit should not have been granted.",
    ),
    "findings report-error": ("services.finding_commands:report_error", "Report that a fact of a permit is wrong."),
    "findings check-commitment": (
        "services.finding_commands:check_commitment",
        "Record a check of what a permit was granted on (告知承诺).",
    ),
    "findings plan-inspection": ("services.finding_commands:plan_inspection", "Record that an inspection is planned."),
    "findings inspect": ("services.finding_commands:inspect", "Record what an inspection found."),
    "findings check-rectification": (
        "services.finding_commands:check_rectification",
        "Record whether what was found has been put right.",
    ),
    "cases list": ("services.receipt_commands:list_cases", "Show what waits for a department, or what it has done."),
    "cases proof": ("services.receipt_commands:prove", "Take a push and its receipt out as a file that proves itself."),
    "cases sign": ("services.receipt_commands:sign", "Sign a push for a department (签收)."),
    "cases return": ("services.receipt_commands:return_push", "Return a push (退回): the department is not released."),
    "cases handle": ("services.receipt_commands:handle", "Say that a signed push was handled."),
    "cases close": ("services.receipt_commands:close", "Close a push (办结)."),
    "reassign": ("services.consultation_commands:reassign", "Give a permit to other departments (转办)."),
    "consultations list": ("services.consultation_commands:list_open", "Show consultations (会商), the longest first."),
    "consultations open": ("services.consultation_commands:open_one", "Open a consultation about a permit."),
    "consultations opinion": ("services.consultation_commands:opinion", "Record the opinion of a body that is asked."),
    "consultations asked": ("services.opinion_commands:list_asked", "Show where an approval body is asked."),
    "consultations answer": ("services.opinion_commands:answer", "Give an approval body's opinion, on its own side."),
    "consultations rule": ("services.consultation_commands:rule", "Rule (裁定) on a permit's open consultation."),
    "handovers list": ("services.handover_commands:list_handovers", "Show handover lists of opening stock (存量移交)."),
    "handovers sent": (
        "services.handover_commands:list_sent",
        "Show what a bureau handed over, and who signed for it.",
    ),
    "handovers show": ("services.handover_commands:show", "Show a handover list and what became of its permits."),
    "handovers sign": ("services.handover_commands:sign", "Sign a handover list as a whole, or with exceptions."),
    "responsible": ("services.responsible_command:responsible", "Show who is responsible for a permit on a day."),
    "statistics pushes": ("services.statistics_commands:count", "Count pushes: claimed, returned, open, overdue."),
    "lag": ("services.watching:show_lag", "Show how far behind each list is, and where it waits."),
    "reconcile": ("services.proof_commands:reconcile_lists", "Compare ledgers, log, pushes and lists."),
    "verify": ("services.proof_commands:verify_ledgers", "Walk the hash chain of both ledgers, or check a proof file."),
    "audit list": ("services.audit_commands:list_entries", "Show who saw, took out, or was refused what."),
    "audit verify": ("services.audit_commands:verify", "Walk the chain of the audit trail, or check a pack of it."),
    "audit export": ("services.audit_commands:export", "Make a pack for a PIPL audit, which proves itself."),
    "audit archive": ("services.audit_commands:archive", "Take entries of more than 180 days into a pack."),
    "erasures ask": ("services.erasure_commands:ask", "Ask that a party's personal facts be destroyed."),
    "erasures consent": ("services.erasure_commands:consent", "Destroy them, as the second person; names every copy."),
    "erasures refuse": ("services.erasure_commands:refuse", "Refuse such a request, or take your own back."),
    "erasures list": ("services.erasure_commands:list_erasures", "Show what was asked for, and what was done."),
    "erasures show": ("services.erasure_commands:show", "Show every copy that an erasure reached."),
    "erasures again": ("services.erasure_commands:again", "Erase again what a restored copy of the keys brought back."),
    "proof show": ("services.checkpoint_commands:show", "Show signed checkpoints of both sides, and key ids."),
    "proof export": ("services.proof_file_commands:export_file", "Take records out as a file that proves itself."),
    "proof sent": ("services.checkpoint_commands:list_sent", "Show which checkpoints each body's systems were sent."),
    "proof trust": ("services.checkpoint_commands:trust_key", "Accept a new signing key of the other side."),
    "proof new-key": ("services.checkpoint_commands:new_key", "Sign with a new key from now on."),
    "rebuild show": ("services.rebuild_commands:show", "Show how far the rebuild of the lists is, and what differs."),
    "rebuild begin": ("services.rebuild_commands:begin", "Make the watch lists anew beside those that are read."),
    "rebuild pause": ("services.rebuild_commands:pause", "Stop working at it for now."),
    "rebuild resume": ("services.rebuild_commands:resume", "Go on where it stopped."),
    "rebuild compare": ("services.rebuild_commands:compare", "Compare the two lists row by row once more."),
    "rebuild switch": ("services.rebuild_commands:switch", "Let the new list be read from now on."),
    "rebuild back": ("services.rebuild_commands:back", "Let the list from before be read again."),
    "rebuild end": ("services.rebuild_commands:end", "Drop the list that is not read."),
    "parked list": ("services.parked_commands:list_parked", "Show the streams that stand still, and why."),
    "parked show": ("services.parked_commands:show", "Show what waits in one; its contents only with a reason."),
    "parked retry": ("services.parked_commands:retry", "Apply what waits in a parked stream again."),
    "parked skip": ("services.parked_steps:skip", "Ask that its first record be skipped for good."),
    "parked consent": ("services.parked_steps:consent", "Consent to a skip that somebody else asked for."),
    "parked refuse": ("services.parked_steps:refuse", "Refuse such a skip, or take your own back."),
    "parked repair": ("services.parked_steps:repair", "Ask the deciding body to correct its first record."),
    "parked history": ("services.parked_commands:history", "Show who did what about parked streams."),
    "alerts list": ("services.alert_commands:list_alerts", "Show what an operator must see to, and since when."),
    "alerts test": (
        "services.alert_commands:send_test",
        "Send each recipient a test, and say whether it arrived.",
    ),
    "silence begin": ("services.alert_commands:begin_silence", "Keep an expected alert from being sent, with an end."),
    "silence end": ("services.alert_commands:end_silence", "End such a silence before its time."),
    "silence list": ("services.alert_commands:list_silences", "Show silences: owner, reason, end."),
    "commands unanswered": (
        "services.topic_commands:list_unanswered",
        "Show records of the bureaus' topic without reply.",
    ),
    "commands settle": ("services.topic_commands:settle_unanswered", "Note what was done about such a record."),
    "keys add": ("services.key_commands:add_key", "Make a machine key for one body; it is shown once."),
    "keys list": ("services.key_commands:list_keys", "Show machine keys: whose, for what, until when, last used."),
    "keys rotate": ("services.key_commands:rotate_key", "Make the key that replaces another."),
    "keys revoke": ("services.key_commands:revoke_key", "End a machine key at once."),
    "accounts add": ("services.account_commands:add", "Make an account; its initial password is shown once."),
    "accounts list": ("services.account_commands:list_accounts", "Show the accounts of a side."),
    "accounts disable": ("services.account_commands:disable", "Let an account in no more, and end its sessions."),
    "accounts enable": ("services.account_commands:enable", "Let a disabled account in again."),
    "accounts reset": ("services.account_commands:reset", "Give an account a new start: password and second factor."),
    "accounts role": ("services.account_commands:change_role", "Give an account another role."),
    "signing-keys add": (
        "services.signing_key_commands:add_signing_key",
        "Register the public key by which a body signs what it hands in.",
    ),
    "signing-keys list": ("services.signing_key_commands:list_signing_keys", "Show the public keys of bodies."),
    "signing-keys revoke": ("services.signing_key_commands:revoke_signing_key", "End such a key at once."),
    "signing-keys prove": (
        "services.signing_key_commands:prove_signed",
        "Show what proves that its body handed a decision in.",
    ),
    "backup make": ("services.backup_commands:make", "Copy the databases while everything runs."),
    "backup verify": ("services.backup_commands:verify", "Check a backup against its checksums."),
    "backup restore": ("services.backup_commands:restore", "Restore a backup, to its end or to a time."),
    "backup recover": (
        "services.backup_commands:recover_ledgers",
        "Take back out of the log what a restored ledger lacks.",
    ),
    "kafka start": ("services.broker_commands:start", "Start a single-node Kafka on this machine."),
    "kafka stop": ("services.broker_commands:stop", "Stop it; its data stay."),
    "kafka grant": ("services.broker_commands:grant", "Give a name at the brokers its rights, and a password."),
}
GROUPS = {
    "statements": "Daily statements (每日对账单) between a deciding body and a department.",
    "proof": "Signed checkpoints of the ledgers, and what can be shown with them (存证).",
    "bodies": "The register of bodies that grant permits.",
    "matters": "The mapping from what files say to matters.",
    "codes": "Credit codes (统一社会信用代码) that are genuine although they fail their check digit.",
    "exceptions": "Rows of files that a person must decide about.",
    "mappings": "Codes of matters, regions and departments that changed, were merged or split.",
    "duties": "The duty list: which department supervises what.",
    "deadlines": "What is open and due.",
    "officers": "Officers: what each does, who stands in, who is away or gone, and what nobody holds.",
    "notices": "What officers are told by mail, text message or webhook.",
    "webhooks": "What the systems of departments and bureaus are pushed (Standard Webhooks).",
    "limits": "How long each kind of work may take.",
    "calendar": "Working days by the State Council's notices and the site's own.",
    "penalties": "Penalties that departments imposed, and the permits that they touch.",
    "rules": "Changes of laws, policies and standards, and what approval bodies did about them (规则变更).",
    "tasks": "What supervision found about permits, and the approval desk must act on.",
    "standing-rules": "What a penalty, a freeze or a revoked permit means for a grant.",
    "findings": "What departments find or ask about permits and parties, besides penalties.",
    "cases": "Pushes in their departments: what waits, what was signed, returned, closed.",
    "consultations": "Consultations (会商) about who is responsible.",
    "handovers": "Opening stock: existing permits, handed over by lists that are signed as a whole (存量移交).",
    "statistics": "Figures, each with its definition (口径), at any past moment.",
    "audit": "The audit trail (审计): read by the audit administrator, changed by nobody.",
    "erasures": "Personal facts destroyed for good (删除个人信息), by two people.",
    "rebuild": "The watch lists made anew from what was pushed (重建), without a gap for those who read them.",
    "parked": "Events that stand still until somebody repairs what stopped them.",
    "alerts": "What operators are told when something does not go as it must.",
    "silence": "Alerts that are expected, and sent to nobody for a time (静默).",
    "commands": "What bureaus publish by a Kafka topic, where nobody could be answered.",
    "keys": "Keys by which programs are known to a web service.",
    "accounts": "Accounts by which people sign in (工号), on each side its own.",
    "signing-keys": "Keys by which bodies sign what they hand in, and what is proven by them.",
    "backup": "Backups of the embedded databases, and what to do when a database was lost.",
    "kafka": "A broker of one's own for who has none; rights at brokers that ask who comes.",
}


def main() -> None:
    """The entry point. A trouble that an operator can put right is one sentence on standard error."""
    try:
        with unswept():
            command = program(sys.argv[1:])
        command(prog_name="linkage")
    except Trouble as trouble:
        print(f"linkage: {trouble}", file=sys.stderr)
        raise SystemExit(trouble.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        # Here, because a command that only prints its help need not know of databases.
        from services.databases import trouble_of

        said = trouble_of(error)
        if said is None:
            raise
        print(f"linkage: {said}", file=sys.stderr)
        raise SystemExit(said.exit_code) from None
    except BrokenPipeError:
        # The reader of a pipe (`linkage lag | head`) has seen enough.
        sys.stderr.close()


def program(arguments: Sequence[str]) -> typer.Typer:
    """The command line, with only that subcommand really imported which `arguments` begin with."""
    top = typer.Typer(
        name="linkage", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=_SAYS
    )
    groups = {}
    for group, says in GROUPS.items():
        groups[group] = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
        top.add_typer(groups[group], name=group, help=says)
    for words, (target, says) in COMMANDS.items():
        *group_name, name = words.split()
        parent = groups[group_name[0]] if group_name else top
        called = list(arguments[: len(words.split())]) == words.split()
        parent.command(name, help=says)(_imported(target) if called else _unimported)
    return top


_SAYS = "审管联动: approval decisions become supervising departments' watch lists, at once, and nothing is lost."


def _imported(target: str) -> Callable[..., None]:
    module, name = target.split(":")
    function: Callable[..., None] = getattr(import_module(module), name)
    return function


def _unimported() -> None:
    """Stands in the list of subcommands for one that was not called."""
