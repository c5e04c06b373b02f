#!/usr/bin/env python3
"""审管联动存证核验：单个文件，不依赖本产品，可在任何装有 Python 3.11 和 cryptography 的机器上离线运行。

用法：python3 verify_linkage.py 存证文件 [--key 密钥标识]... [--root 条数:根]... [--kept 留存文件]... [--code 校验码]

  --key   与发布方电话或公告核对过的密钥标识（16 位）。不给出时只能说明文件自身一致，退出码为 3。
  --root  您自己留存的检查点：条数和根（十六进制，可只写开头，至少 16 位），如打印在文书上的。
  --kept  您的系统收到并留存的检查点文件（回调消息或其 data，一行一个；或从接口下载的一份）。
  --tsa   时间戳机构的证书（PEM）；给出时核验文件中的时间戳（RFC 3161），需要 openssl。
  --code  文书上的校验码（16 位），用于回执。

退出码：0 通过；1 不通过；2 文件读不出或用法不对；3 文件自身一致，但没有核对密钥。
SM2 签名由 openssl（3.0 以上）核验；SM3 由 Python 自带的 hashlib 计算。
"""

import argparse
import base64
import datetime
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

NAMESPACE = uuid.UUID("6f1e0a52-3a0f-5d0e-9c43-5f0b6c1d7a11")
NOTE = re.compile(
    r"([!-~]{1,200})\n(0|[1-9]\d{0,17})\n([A-Za-z0-9+/]{43}=)\nhash (sha256|sm3)\n"
    r"time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
SIGNATURE = re.compile(r"— ([!-~]{1,200}) ([A-Za-z0-9+/]{8,400}={0,2})\n")
TYPES = {"ed25519": b"\x01", "sm2": b"\xfflinkage/sm2-with-sm3"}
HEAD, MANIFEST = b'{"checkpoint":', b'{"manifest":'
SM2_DER = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


class Wrong(Exception):
    """不通过。"""


class Unreadable(Exception):
    """读不出。"""


def need(holds, said):
    if not holds:
        raise Wrong(said)


def unbase64(text):
    found = base64.b64decode(text, validate=True)
    need(base64.b64encode(found).decode() == text, "编码不规范")
    return found


def moment_of(text):
    """RFC 3339 的时刻。"""
    need(MOMENT.fullmatch(text), "时间不规范")
    return datetime.datetime.fromisoformat(text)


def parsed(content):
    """读 JSON；数字以外的数、不成对的代理字符都不算。"""

    def refused(name):
        raise ValueError(name)

    said = json.loads(content, parse_constant=refused)
    json.dumps(said, ensure_ascii=False).encode()
    return said


class Tree:
    """RFC 6962 的默克尔树。"""

    def __init__(self, name):
        self.begin = hashlib.sha256 if name == "sha256" else lambda data: hashlib.new("sm3", data)
        need(name in ("sha256", "sm3"), "不认识的杂凑算法")

    def hash(self, data):
        return self.begin(data).digest()

    def leaf(self, data):
        return self.hash(b"\x00" + data)

    def node(self, left, right):
        return self.hash(b"\x01" + left + right)

    def root(self, leaves):
        if not leaves:
            return self.hash(b"")
        level = list(leaves)
        while len(level) > 1:
            joined = [self.node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
            level = joined + level[len(level) - len(level) % 2 :]
        return level[0]

    def included(self, leaf, index, size, proof, root):
        """RFC 9162, 2.1.3.2。"""
        if not 0 <= index < size:
            return False
        at, last, found = index, size - 1, leaf
        for beside in proof:
            if last == 0:
                return False
            if at & 1 or at == last:
                found = self.node(beside, found)
                while not at & 1 and at:
                    at, last = at >> 1, last >> 1
            else:
                found = self.node(found, beside)
            at, last = at >> 1, last >> 1
        return last == 0 and found == root

    def consistent(self, earlier, earlier_root, later, later_root, proof):
        """RFC 9162, 2.1.4.2。"""
        if earlier == later:
            return not proof and earlier_root == later_root
        if not 0 < earlier < later:
            return False
        path = ([earlier_root] if earlier & (earlier - 1) == 0 else []) + list(proof)
        if not path:
            return False
        at, last = earlier - 1, later - 1
        while at & 1:
            at, last = at >> 1, last >> 1
        old = new = path[0]
        for beside in path[1:]:
            if last == 0:
                return False
            if at & 1 or at == last:
                old, new = self.node(beside, old), self.node(beside, new)
                while not at & 1 and at:
                    at, last = at >> 1, last >> 1
            else:
                new = self.node(new, beside)
            at, last = at >> 1, last >> 1
        return last == 0 and old == earlier_root and new == later_root


class Key:
    def __init__(self, said):
        self.name, self.algorithm, self.public = said["name"], said["algorithm"], unbase64(said["public"])
        typed = TYPES[self.algorithm] + self.public
        self.id = hashlib.sha256(self.name.encode() + b"\n" + typed).hexdigest()[:16]
        need(self.id == said["id"], "密钥与其标识不符")
        self.since = moment_of(said["valid_from"])
        self.until = None if said["valid_until"] is None else moment_of(said["valid_until"])

    def verifies(self, message, signature):
        if self.algorithm == "sm2":
            return self._by_openssl(message, signature)
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _by_openssl(self, message, signature):
        with tempfile.TemporaryDirectory() as folder:
            pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(SM2_DER + self.public)
            for name, content in (("k", pem + b"-----END PUBLIC KEY-----\n"), ("m", message), ("s", signature)):
                Path(folder, name).write_bytes(content)
            asked = ["openssl", "dgst", "-sm3", "-sigopt", "distid:1234567812345678", "-verify", "k", "-signature", "s"]
            try:
                return subprocess.run([*asked, "m"], cwd=folder, capture_output=True).returncode == 0  # noqa: S603
            except FileNotFoundError:
                raise Unreadable("本文件由 SM2 签名，核验需要 openssl 3.0 以上") from None


class Found:
    """文件证明了什么：说明、签名密钥、账簿名、检查点表；文件从第 1 号起的，还有全部叶子。"""

    def __init__(self, said, signer, tree, head, known, leaves=(), stamps=()):
        self.said, self.signer, self.tree, self.origin, self.hash = said, signer, tree, head["origin"], head["hash"]
        self.known, self.leaves, self.size, self.stamps = known, leaves, max(known), stamps

    def root(self, size):
        """返回至第 size 号的根；文件中算不出的为 None。"""
        if size not in self.known and 0 < size <= len(self.leaves):
            self.known[size] = self.tree.root(self.leaves[:size])
        return self.known.get(size)

    def compare(self, size, root):
        found = self.root(size)
        need(found, f"文件中没有至第 {size} 号的检查点，不能与您留存的比对")
        need(found.hex().startswith(root), f"至第 {size} 号的检查点与您留存的不同：记录被改动过")


def kept_notes(content):
    """读出留存文件中的检查点：（公布的内容，其中一个）。"""
    try:
        every = [parsed(content)]
    except ValueError:
        every = [parsed(line) for line in content.splitlines() if line.strip()]
    for one in every:
        one = one.get("data", one)
        for said in (one, one.get("other")):
            for each in said.get("checkpoints", [said]) if said else ():
                if each["note"]:
                    yield said, each


def check_kept(found, content, trusted):
    """把留存的检查点与文件比对；返回说明。文件之后才签发的，这份文件说不出什么。"""
    kept, compared = {}, 0
    for said, one in kept_notes(content):
        if said["origin"] != found.origin:
            continue
        keys = [key for key in map(Key, said["keys"]) if not trusted or key.id in trusted]
        need(keys, "留存的检查点没有您核对过的密钥")
        size, root, _, _ = read_note(one["note"], found.origin, found.hash, keys)
        need(
            kept.setdefault(size, root) == root, f"您留存了两个不同的至第 {size} 号的检查点：对不同的人出示了不同的账簿"
        )
        since, proof = one.get("since", 0), [unbase64(each) for each in one.get("proof", [])]
        held = since not in kept or found.tree.consistent(since, kept[since], size, root, proof)
        need(held, f"您留存的至第 {since} 号和至第 {size} 号的检查点接不上：记录被改动过")
    within = sorted(size for size in kept if size <= found.size)
    need(within, "您留存的检查点都不是这份文件所能比对的")
    for size in within:
        if found.root(size) or size == within[-1]:
            found.compare(size, kept[size].hex())
            compared += 1
    return f"；与留存的 {len(kept)} 个检查点中的 {compared} 个比对一致"


def read_note(note, origin, hashed, keys):
    """返回检查点的条数、根、时间和签名密钥标识。"""
    text, gap, lines = note.partition("\n\n")
    found = NOTE.fullmatch(text + "\n")
    need(found and gap, "检查点的格式不对")
    need(found[1] == origin and found[4] == hashed, "检查点不是这本账簿的")
    at = datetime.datetime.strptime(found[5] + "+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    signers = []
    for line in lines.splitlines(keepends=True):
        one = SIGNATURE.fullmatch(line)
        need(one, "检查点的签名行不对")
        signed = unbase64(one[2])
        for key in keys:
            if key.name == one[1] and key.id.startswith(signed[:4].hex()):
                need(key.verifies((text + "\n").encode(), signed[4:]), "检查点的签名不对")
                need(key.since <= at and (key.until is None or at < key.until), "签名时密钥不在有效期内")
                signers.append(key.id)
    need(signers, "检查点没有可核验的签名")
    return int(found[2]), unbase64(found[3]), at, signers[0]


def digest_of(said, source):
    """重算一条记录的校验值：规范 JSON（RFC 8785）的 SHA-256。"""
    need(said["id"] == str(uuid.uuid5(NAMESPACE, f"{source}/{said['stream']}/{said['version']}")), "事件标识不对")
    names = ("causation", "correlation", "id", "occurred_at", "personal", "schema", "stream", "type", "version")
    covered = {name: said[name] for name in names}
    covered |= {"source": source, "data": hashlib.sha256(said["data"].encode()).hexdigest()}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def leaf_data(position, recorded_at, digest):
    return position.to_bytes(8, "big") + recorded_at.to_bytes(8, "big") + digest


def check_chosen(chosen, records, size):
    """文件说它有哪些记录，就一条不能少。"""
    positions = [said["position"] for said in records]
    need(positions == sorted(set(positions)), "记录的顺序不对或有重复")
    if "from" in chosen:
        # 先比条数：文件可以声称有无数条。
        need(chosen["to"] - chosen["from"] + 1 == len(positions), "记录的编号不连续")
        need(positions == list(range(chosen["from"], chosen["to"] + 1)), "记录的编号不连续")
    else:
        for stream in chosen["streams"]:
            versions = [said["version"] for said in records if said["stream"] == stream]
            need(versions == list(range(1, len(versions) + 1)) and versions, "有一件缺少记录")
        need({said["stream"] for said in records} == set(chosen["streams"]), "有文件没有说明的记录")
    need(not positions or positions[-1] <= size, "有检查点以外的记录")


def check_proof(lines, trusted):
    """核验存证文件；返回它证明了什么。"""
    head = parsed(lines[0])
    need(head["format"] == "linkage-proof/1", "不是存证文件，或版本较新")
    tree, every, origin = Tree(head["hash"]), [Key(one) for one in head["keys"]], head["origin"]
    keys = [key for key in every if key.id in trusted] if trusted else every
    need(keys, "文件中没有您核对过的密钥：签名人不是您认可的发布方")
    need(all(key.name == origin for key in every), "密钥不是这本账簿的")
    last = parsed(lines[-1])
    need(json.dumps(last, separators=(",", ":"), ensure_ascii=False).encode() == lines[-1], "末行被改动过")
    many, root, _, signer = read_note(last["manifest"], origin + "/export", head["hash"], keys)
    need(many == len(lines) - 1, f"应有 {many} 行，实有 {len(lines) - 1} 行")
    need(tree.root([tree.leaf(line) for line in lines[:-1]]) == root, "有的行被改动过，或换过位置")
    size, size_root, made_at, _ = read_note(head["checkpoint"], origin, head["hash"], keys)
    known, stamps = {size: size_root}, []
    for one in head["earlier"]:
        before, before_root, _, _ = read_note(one["note"], origin, head["hash"], every)
        proof = [unbase64(each) for each in one["proof"]]
        need(tree.consistent(before, before_root, size, size_root, proof), f"第 {before} 条的检查点与最新的接不上")
        known[before] = before_root
    for one in head.get("stamps", ()):
        before, before_root, _, _ = read_note(one["note"], origin, head["hash"], every)
        proof = [unbase64(each) for each in one["proof"]]
        need(tree.consistent(before, before_root, size, size_root, proof), f"加盖时间戳的第 {before} 条与最新的接不上")
        stamps.append((before, one["note"], unbase64(one["answer"])))
    records = [parsed(line) for line in lines[1:-1]]
    check_chosen(head["chosen"], records, size)
    previous, leaves = (0, bytes(32)), []
    for said in records:
        number = said["position"]
        data = leaf_data(number, said["recorded_at"], digest_of(said, head["source"]))
        proof = [unbase64(each) for each in said["proof"]]
        need(tree.included(tree.leaf(data), number - 1, size, proof, size_root), f"第 {number} 号记录不在检查点之下")
        leaves.append(tree.leaf(data))
        if previous[0] == number - 1:
            linked = hashlib.sha256(previous[1] + data).hexdigest()
            need(linked == said["link"], f"第 {number} 号记录与前一条接不上")
        previous = (number, bytes.fromhex(said["link"]))
    said = f"{len(records)} 条记录，检查点至第 {size} 号（{made_at:%Y-%m-%d %H:%M} UTC）"
    return Found(said, signer, tree, head, known, leaves if head["chosen"].get("from") == 1 else (), stamps)


def counts(number):
    return type(number) is int and 0 < number < 2**63


def object_of(line):
    try:
        said = parsed(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def torn(content):
    """文件从哪里被截断：第一条不完整的记录，及其所在的行和字节；末行还在、或不是存证文件的，返回空。"""
    first, *rest = content.split(b"\n")
    ask = "；请由账簿所在一方重新导出（linkage proof export），传输后比对文件大小，再核验"
    if not rest:
        begun = content.startswith(HEAD) or HEAD.startswith(content)
        how = "不完整" if content else "缺失"
        return f"文件被截断：首行{how}（第 1 行，从字节 0 起），没有一条完整的记录{ask}" if begun else ""
    head = object_of(first)
    if head.get("format") != "linkage-proof/1" or head.get("source") not in ("approval", "supervision"):
        return ""
    chosen = head.get("chosen")
    begin, end = (chosen.get("from"), chosen.get("to")) if isinstance(chosen, dict) else (None, None)
    source, offset, after = head["source"], len(first) + 1, None
    for line, text in enumerate(rest, 2):
        last = line == len(rest) + 1
        position = begin + line - 2 if counts(begin) and counts(end) else None
        said = {} if last else object_of(text)
        if "manifest" in said:
            return ""
        place = f"第 {line} 行，从字节 {offset} 起"
        if last and (text.startswith(MANIFEST[:3]) or (position is not None and position > end)):
            how = "不完整" if text else "缺失"
            return f"文件被截断：{source} 账簿的 {line - 2} 条记录都在，末行{how}（{place}）{ask}"
        found = said.get("position")
        if not counts(found) or found != (position or found):
            how = "缺失" if found is not None or not text else "不完整"
            kind = "一行（记录或末行）" if last and position is None and len(text) < 3 else "一条记录"
            which = f"第 {after} 号之后的{kind}" if after else "第一条记录"
            which = f"第 {position} 号记录" if position else which
            return f"文件被截断：{source} 账簿{which}{how}（{place}），此前 {line - 2} 条完整{ask}"
        offset, after = offset + len(text) + 1, found
    return ""


def checkpoint_of(said, trusted):
    """一份回执的树，以及它的检查点：（条数，根，时间，签名密钥）。"""
    origin, keys = said["origin"], [Key(one) for one in said["keys"]]
    keys = [key for key in keys if key.id in trusted] if trusted else keys
    need(keys, "回执中没有您核对过的密钥：签名人不是您认可的发布方")
    need(all(key.name == origin for key in keys), "密钥不是这本账簿的")
    return Tree(said["hash"]), read_note(said["checkpoint"], origin, said["hash"], keys)


def check_receipt(said, trusted, code):
    tree, (size, root, made_at, signer) = checkpoint_of(said, trusted)
    record = said["record"]
    digest = bytes.fromhex(record["digest"])
    leaf = tree.leaf(leaf_data(record["position"], record["recorded_at"], digest))
    proof = [unbase64(each) for each in said["proof"]]
    need(tree.included(leaf, record["position"] - 1, size, proof, root), "这条记录不在检查点之下")
    need(not code or digest.hex().startswith(code), f"校验码不一致：记录为 {digest.hex()[:16]}")
    found = f"第 {record['position']} 号记录，检查点至第 {size} 号（{made_at:%Y-%m-%d %H:%M} UTC）"
    return Found(found, signer, tree, said, {size: root})


def check_stamps(found, authorities):
    """返回时间戳的说明；给出机构证书的，由 openssl 核验（RFC 3161）。"""
    said = ""
    for size, note, answer in found.stamps:
        if not authorities:
            said += f"；至第 {size} 号的检查点附有时间戳，未核验（可用 --tsa 给出时间戳机构的证书）"
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (("note", note.encode()), ("answer", answer), ("ca", authorities)):
                Path(folder, name).write_bytes(content)
            asked = ["openssl", "ts", "-verify", "-data", "note", "-in", "answer", "-CAfile", "ca"]
            shown = ["openssl", "ts", "-reply", "-in", "answer", "-text"]
            try:
                text = subprocess.run(shown, cwd=folder, capture_output=True).stdout.decode(errors="replace")  # noqa: S603
                at = re.search("Time stamp: (.+)", text)
                need(at, "时间戳无法读取")
                whole = re.sub(r"\.\d+", "", at[1]).replace("GMT", "+0000")
                moment = datetime.datetime.strptime(whole, "%b %d %H:%M:%S %Y %z")
                since = str(int(moment.timestamp()))
                done = subprocess.run([*asked, "-attime", since], cwd=folder, capture_output=True)  # noqa: S603
            except FileNotFoundError:
                raise Unreadable("核验时间戳需要 openssl 3.0 以上") from None
        need(done.returncode == 0, f"至第 {size} 号的检查点的时间戳不对，或不是这家机构签发的")
        said += f"；至第 {size} 号的检查点在 {moment:%Y-%m-%d %H:%M:%S} UTC 已有时间戳"
    return said


PUSHES = {"push_made": "推送", "push_moved": "转办推送"}
STEPS = {
    "push_read": "已阅", "push_signed": "签收", "push_returned": "退回", "push_handled": "办理", "push_closed": "办结",
}  # fmt: skip


def check_push_receipt(said, trusted, code):
    """推送的回执：推送本身和一个部门的各步，连同内容。"""
    tree, (size, root, made_at, signer) = checkpoint_of(said, trusted)
    push, *steps = said["records"]
    codes = []
    for one in said["records"]:
        number, digest = one["position"], digest_of(one, said["source"])
        leaf = tree.leaf(leaf_data(number, one["recorded_at"], digest))
        proof = [unbase64(each) for each in one["proof"]]
        need(tree.included(leaf, number - 1, size, proof, root), f"第 {number} 号记录不在检查点之下，或内容被改动过")
        codes.append(digest.hex())
    need(push["type"] in PUSHES and all(one["type"] in STEPS for one in steps), "不是一件推送及其回执")
    given = [parsed(one["data"]) for one in steps]
    told = {one["department"] for one in parsed(push["data"])["receivers"]}
    about = [(one["stream"], each["push_version"]) for one, each in zip(steps, given, strict=True)]
    need(set(about) <= {(push["stream"], push["version"])}, "有的回执是另一件推送的")
    of = {each["department"] for each in given}
    need(len(of) <= 1 and of <= told, "有的回执不是收到这件推送的同一个部门的")
    versions = [one["version"] for one in said["records"]]
    need(versions == sorted(set(versions)), "记录的次序不对或有重复")
    need(not code or any(one.startswith(code) for one in codes), "校验码与回执中的记录都不一致")
    words = "、".join(f"{(PUSHES | STEPS)[one['type']]}（第 {one['position']} 号）" for one in said["records"])
    who = f"，部门 {of.pop()}" if of else "，尚无回执"
    found = f"许可 {push['stream']} 的{words}{who}，检查点至第 {size} 号（{made_at:%Y-%m-%d %H:%M} UTC）"
    return Found(found, signer, tree, said, {size: root})


def as_receipt(content):
    """回执是一个 JSON；存证文件有多行。"""
    try:
        said = parsed(content)
    except ValueError:
        return None
    return said if said["format"] in ("linkage-receipt/1", "linkage-receipt/2") else None


def check(content, trusted=(), roots=(), code="", kept=(), authorities=b""):
    """核验一个文件的内容；返回（说明，签名密钥标识）。不通过时抛出 Wrong，读不出时抛出 Unreadable。"""
    try:
        receipt = as_receipt(content)
        if receipt is not None:
            checked = check_push_receipt if receipt["format"] == "linkage-receipt/2" else check_receipt
            found = checked(receipt, set(trusted), code)
        else:
            lines = content.split(b"\n")
            whole = len(lines) >= 3 and lines[-1] == b"" and lines[-2].startswith(MANIFEST)
            if not whole:
                raise Wrong(torn(content) or "文件不完整")
            found = check_proof(lines[:-1], set(trusted))
        for size, root in roots:
            found.compare(size, root)
        said = found.said + "".join(check_kept(found, each, set(trusted)) for each in kept)
        said += check_stamps(found, authorities)
    except Wrong:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError, RecursionError) as error:
        raise Wrong(f"文件被改动过，或不是存证文件（{type(error).__name__}）") from None
    return said, found.signer


def main(arguments=None):
    manner = argparse.RawTextHelpFormatter
    asked = argparse.ArgumentParser(description="审管联动存证核验", epilog=__doc__, formatter_class=manner)
    asked.add_argument("file")
    asked.add_argument("--key", action="append", default=[])
    asked.add_argument("--root", action="append", default=[])
    asked.add_argument("--kept", action="append", default=[])
    asked.add_argument("--tsa", default="")
    asked.add_argument("--code", default="")
    said = asked.parse_args(arguments)
    roots = [one.lower().replace(" ", "").partition(":") for one in said.root]
    if not all(size.isdigit() and re.fullmatch("[0-9a-f]{16,64}", root) for size, _, root in roots):
        asked.error("--root 的写法：条数:根")
    try:
        authorities = Path(said.tsa).read_bytes() if said.tsa else b""
        content, kept = Path(said.file).read_bytes(), [Path(one).read_bytes() for one in said.kept]
        code = re.sub(r"[\s-]", "", said.code).lower()
        keys = [key.strip().lower() for key in said.key]
        found, signer = check(content, keys, [(int(size), root) for size, _, root in roots], code, kept, authorities)
    except Wrong as wrong:
        print(f"不通过：{wrong}。")
        return 1
    except (OSError, Unreadable) as error:
        print(f"无法核验：{error}", file=sys.stderr)
        return 2
    if not said.key:
        print(f"文件自身一致：{found}。\n签名密钥 {signer}：请与发布方核对后，加上 --key {signer} 再核验一次。")
        return 3
    print(f"通过：{found}，密钥 {signer}。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
