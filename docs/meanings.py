"""What each field of each event means: the words of ``docs/events.md``, kept apart so that a test can count them.

A field means the same in every event that carries it, so the key is the field's name; where it does not, the key is
``model.field``.
"""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "permit_granted": "核发. The permit exists from here on.",
    "permit_renewed": "延续 / 换发. The same permit with a later end.",
    "permit_amended": "变更. Other facts hold from now on.",
    "permit_reissued": "补发. A new certificate, the same facts.",
    "permit_surrendered": "注销. Ended at the holder's wish or by lapse.",
    "permit_revoked": "吊销. Ended as a punishment.",
    "permit_annulled": "撤销. Ended because it should not have been granted.",
    "permit_withdrawn": "撤回. Ended because law or circumstances changed.",
    "permit_corrected": "更正. A recorded fact was wrong and is put right; what was recorded before stays readable.",
    "permit_refused": "不予许可. A refusal is a decision too.",
    "decision_retracted": "撤回录入. A decision was entered by mistake (a wrong file) and is taken out again.",
    "body_registered": "An entry of the register of bodies (许可机关).",
    "matter_mapped": "An entry of the mapping from what a 双公示 file says to a matter.",
    "push_made": "推送. A decision was sent to the departments that supervise it.",
    "exception_raised": "A decision that no duty covers waits, with an owner.",
    "duty_assigned": "An entry of the duty list (监管责任清单).",
    "duty_changed": "An entry of the duty list has another content from now on.",
    "duty_ended": "An entry of the duty list holds no longer than a day. Readers know it; "
    "no command of this release makes it.",
}

FIELDS: Mapping[str, str] = {
    "facts": "The permit's public facts as they stand after the decision; see below.",
    "status": "What the permit is after the decision.",
    "decision_date": "Day of the decision in China: the legal time.",
    "decision_retracted.decision_date": "Day in China on which the entry was taken back.",
    "reason": "Why, as the bureau stated it. 吊销, 撤销, 撤回 and 不予许可 need it, or a legal basis.",
    "legal_basis": "The law the decision rests on, as stated.",
    "batch": "The file it came in, if it came in one; a wrong file is taken back by this id.",
    "opening_stock": "Taken over as 存量: no clock of supervision starts from it.",
    "back_dated": "Recorded more than 2 days after its decision date (补录).",
    "personal_mark": "A keyed mark of the sealed personal part: it tells that something personal changed, not what.",
    "changed": "Names of the facts that differ from before; `personal` stands for all that is sealed.",
    "was": "The public values before the correction, by name.",
    "retracted_version": "Version, in this stream, of the decision that is taken back.",
    "body": "Code (USCC) of the deciding body.",
    "body_registered.name": "Name of the body.",
    "region_code": "Region of GB/T 2260, 6 or 12 digits.",
    "level": "行使层级 of the deciding body; in a duty also `*` for every level.",
    "valid_from": "First day.",
    "valid_to": "Last day, included; null for 长期.",
    "certificate_name": "Name of the certificate (证照); in a mapping `*` matches any.",
    "document_name": "Name of the decision's document; in a mapping `*` matches any.",
    "content": "What is permitted (许可内容); in a mapping `*` matches any.",
    "matter_code": "Code of the matter (事项).",
    "decision": "The decision as approval recorded it; see below.",
    "receivers": "The departments it was sent to; see below.",
    "left": "Departments that had the permit until now and have it no longer.",
    "duty": "Id of the entry of the duty list that named the receivers; null with `no_duty_kept`.",
    "duty_version": "Version of that entry.",
    "register_version": "Version of the whole duty list that was asked.",
    "mode": "When the duty begins: `on_push` 推送即认领, `on_signing` 签收认领.",
    "claim_limit_days": "Working days for the claim; null when the duty names none.",
    "push_made.reason": "`decision`: the duty list named them. `duty_found`: it had waited for a duty. `no_duty_kept`: "
    "no duty covers it any more, and those who had it stay responsible.",
    "exception_raised.reason": "What the duty list lacks: matter, region, level, or an entry that holds on that day.",
    "owner": "Who must see to it that a duty is named (LINKAGE_COORDINATOR).",
    "matter_name": "Name of the matter.",
    "lead": "Code of the lead department.",
    "lead_name": "Name of the lead department.",
    "co_departments": "Codes of the departments that help.",
    "contact": "Whom to ask.",
    "duty_ended.reason": "Why it ended.",
    "duty_assigned.legal_basis": "The law that gives this duty.",
    "duty_changed.legal_basis": "The law that gives this duty.",
}

PARTS: Mapping[str, Mapping[str, str]] = {
    "PermitFacts": {
        "party": "The holder (行政相对人); see below.",
        "matter_code": "Code of the matter (事项).",
        "region_code": "Region of GB/T 2260, 6 or 12 digits.",
        "level": "行使层级 of the deciding body.",
        "deciding_body": "Code (USCC) of the deciding body.",
        "deciding_body_name": "Its name.",
        "permit_number": "许可编号. Hidden when it contains the holder's identifier and the holder is a natural person "
        "or a 个体工商户.",
        "certificate_name": "证照名称.",
        "document_name": "决定文书名称.",
        "document_number": "决定文书号.",
        "category": "许可类别: 普通, 特许, 认可, 核准, 登记 or 其他.",
        "content": "许可内容. Empty for natural persons and 个体工商户: it is sealed.",
        "valid_from": "First day of validity.",
        "valid_to": "Last day of validity, included; null for 长期.",
        "place": "Where it is exercised. Empty for natural persons and 个体工商户: it is sealed.",
        "commitment": "告知承诺: granted on a promise.",
        "contact": "Whom to ask at the bureau.",
        "data_source": "数据来源单位.",
        "data_source_code": "Its code.",
        "remark": "备注. Empty for natural persons and 个体工商户: it is sealed.",
    },
    "Party": {
        "party_id": "Random id; the same party has the same one in every permit of this bureau.",
        "kind": "行政相对人类别.",
        "label": "The name of a legal person; a mask (张*, 海****店) of anybody else's.",
        "uscc": "统一社会信用代码 of a legal person; null for anybody else.",
    },
    "CarriedDecision": {
        "type": "Type of the decision's event.",
        "schema_version": "Version of that type.",
        "version": "Version in the permit's stream on the approval side.",
        "position": "Number in approval's ledger.",
        "recorded_at": "When approval recorded it.",
        "payload": "Its data, byte for byte as they came, unknown fields too.",
    },
    "Receiver": {
        "department": "Code of the department.",
        "role": "`lead` 牵头 or `co` 协同.",
        "push_number": "Dense number, 1, 2, 3 …, of the pushes from this deciding body to this department.",
    },
}

STATUSES: Mapping[str, str] = {
    "valid": "现行. Also past its last day, as long as nobody has cancelled it (已届满未注销).",
    "refused": "不予许可.",
    "surrendered": "已注销.",
    "revoked": "已吊销.",
    "annulled": "已撤销.",
    "withdrawn": "已撤回.",
    "retracted": "录入已撤回: the entry that made it was taken back.",
}

ENVELOPE: Mapping[str, str] = {
    "specversion": "Always `1.0` (CloudEvents).",
    "id": "Follows from source, stream and version (UUID 5): the same event never has two.",
    "source": "`/linkage/approval` or `/linkage/supervision`.",
    "type": "One of the types below.",
    "subject": "The stream: one permit, or one entry of a register.",
    "time": "When it happened: for a decision, midnight in China of the decision date.",
    "datacontenttype": "Always `application/json`.",
    "dataversion": "Version of the type's data.",
    "streamversion": "1, 2, 3 … within the stream. What a reader trusts.",
    "ledgerposition": "1, 2, 3 … within the source. Where a reader resumes, and how a missing event is noticed.",
    "recordedtime": "When the source's database recorded it.",
    "correlationid": "The batch it belongs to, if any.",
    "causationid": "The event that caused it, if any: a push names its decision.",
}

REPLY: Mapping[str, str] = {
    "ce_specversion": "Always `1.0` (CloudEvents).",
    "ce_id": "The reply's own id; the same when it comes twice.",
    "ce_source": "Always `/linkage/approval`.",
    "ce_type": "Always `command_answered`.",
    "ce_time": "When it was answered.",
    "ce_correlationid": "The command's ce_id.",
    "ce_causationid": "The command's ce_id.",
    "content-type": "Always `application/json`.",
}
"""The headers of a reply to a command."""

ANNOUNCEMENT: Mapping[str, str] = {
    "announced_at": "By the clock of the side's own database.",
    "outbox_pending": "Events recorded and not numbered yet.",
    "outbox_oldest_at": "When the oldest of them was recorded.",
    "ledger_head": "Number of the newest event of its ledger.",
    "ledger_head_at": "When that one was recorded.",
    "applied": "For the other side: the number that all of its readers' partitions have passed.",
    "reached": "For the other side: the highest number that any of them has applied.",
}
"""What a side says of itself."""
