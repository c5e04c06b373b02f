"""The thirteen columns about the party, which both files have alike but for the beginning of their codes."""

from __future__ import annotations

from collections.abc import Mapping

from events.approval import PartyKind
from services.publication_file.layout import Column, Meant
from services.stated import StatedParty

_OTHER_IDS = {
    "registration_number": "XDR_GSZC",
    "organisation_code": "XDR_ZZJG",
    "tax_number": "XDR_SWDJ",
    "institution_number": "XDR_SYDW",
    "social_organisation_number": "XDR_SHZZ",
}
CODES = ("XDR_SHXYM", "XDR_GSZC", "XDR_ZZJG", "XDR_SWDJ", "FR_ZJHM", "XDR_ZJHM")
"""Those that hold codes and numbers."""


def party_columns(prefix: str) -> tuple[Column, ...]:
    """Return the columns, their codes beginning with ``prefix``."""
    columns = (
        Column("XDR_MC", "行政相对人名称", personal=True, also=("相对人名称",)),
        Column("XDR_LB", "行政相对人类别", also=("相对人类别", "行政相对人类型", "类别")),
        Column("XDR_SHXYM", "行政相对人代码_1(统一社会信用代码)", True, True, ("统一社会信用代码", "行政相对人代码1")),
        Column(
            "XDR_GSZC", "行政相对人代码_2(工商注册号)", False, True, ("工商注册号", "行政相对人代码2", "工商登记码")
        ),
        Column("XDR_ZZJG", "行政相对人代码_3(组织机构代码)", False, True, ("组织机构代码", "行政相对人代码3")),
        Column("XDR_SWDJ", "行政相对人代码_4(税务登记号)", False, True, ("税务登记号", "行政相对人代码4")),
        Column("XDR_SYDW", "行政相对人代码_5(事业单位证书号)", False, True, ("事业单位证书号", "行政相对人代码5")),
        Column("XDR_SHZZ", "行政相对人代码_6(社会组织登记证号)", False, True, ("社会组织登记证号", "行政相对人代码6")),
        Column("FRDB", "法定代表人", personal=True, also=("法定代表人姓名", "法人代表", "法定代表人(负责人)")),
        Column("FR_ZJLX", "法定代表人证件类型", False),
        Column("FR_ZJHM", "法定代表人证件号码", False, True, ("法定代表人证件号", "法定代表人身份证号")),
        Column("XDR_ZJLX", "证件类型", also=("自然人证件类型", "行政相对人证件类型")),
        Column("XDR_ZJHM", "证件号码", personal=True, also=("自然人证件号码", "行政相对人证件号码")),
    )
    return tuple(Column(prefix + c.code, c.heading, c.needed, c.personal, c.also) for c in columns)


def meant(prefix: str, *, body: str, body_code: str, source_code: str, decided: str) -> Meant:
    """Return what the columns mean; the last four are the file's own."""
    return Meant(
        name=f"{prefix}XDR_MC",
        kind=f"{prefix}XDR_LB",
        uscc=f"{prefix}XDR_SHXYM",
        representative=f"{prefix}FRDB",
        representative_id_kind=f"{prefix}FR_ZJLX",
        representative_id=f"{prefix}FR_ZJHM",
        id_kind=f"{prefix}XDR_ZJLX",
        id_number=f"{prefix}XDR_ZJHM",
        body=body,
        body_code=body_code,
        source_code=source_code,
        decided=decided,
    )


def stated_party(kind: PartyKind, values: Mapping[str, str], prefix: str) -> StatedParty:
    """Return the party that a checked row states."""
    natural = kind is PartyKind.NATURAL
    said = {name: values[prefix + name] for name in ("XDR_MC", "XDR_SHXYM", "XDR_ZJHM", "XDR_ZJLX", "FRDB")}
    return StatedParty(
        kind=kind,
        name=said["XDR_MC"],
        identifier=said["XDR_ZJHM"] if natural else said["XDR_SHXYM"],
        identifier_kind=said["XDR_ZJLX"] if natural else "",
        legal_representative=said["FRDB"],
        representative_id_kind=values[f"{prefix}FR_ZJLX"],
        representative_id=values[f"{prefix}FR_ZJHM"],
        other_ids={name: value for name, code in _OTHER_IDS.items() if (value := values[prefix + code])},
    )
