"""The master key is made once; no other key is ever used on data that it sealed."""

import stat
import threading
from pathlib import Path

import psycopg
import pytest

from services.approval.master_key import MasterKeyWrong, open_master_key
from tests.invented import decision
from tests.linkage import Linkage


def _connection(linkage: Linkage) -> psycopg.Connection:
    return psycopg.connect(linkage.approval_url.replace("+psycopg", ""))


def test_the_first_start_makes_a_key_that_only_its_owner_reads(linkage: Linkage, tmp_path: Path) -> None:
    with _connection(linkage) as connection:
        key = open_master_key(tmp_path / "data" / "master.key", connection)
        assert len(key) == 32
        assert open_master_key(tmp_path / "data" / "master.key", connection) == key
    assert stat.S_IMODE((tmp_path / "data" / "master.key").stat().st_mode) == 0o600


def test_services_that_start_together_end_with_one_key(linkage: Linkage, tmp_path: Path) -> None:
    keys: list[bytes] = []

    def begin() -> None:
        with _connection(linkage) as connection:
            keys.append(open_master_key(tmp_path / "master.key", connection))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_a_lost_key_is_asked_for_and_never_replaced(linkage: Linkage, tmp_path: Path) -> None:
    linkage.submit(decision())
    with _connection(linkage) as connection, pytest.raises(MasterKeyWrong, match="put back your copy"):
        open_master_key(tmp_path / "master.key", connection)
    assert not (tmp_path / "master.key").exists()


def test_the_key_of_another_database_is_refused(linkage: Linkage, tmp_path: Path) -> None:
    linkage.submit(decision())
    (tmp_path / "master.key").write_text("00" * 32)
    with _connection(linkage) as connection, pytest.raises(MasterKeyWrong, match="not the one"):
        open_master_key(tmp_path / "master.key", connection)


def test_a_file_that_holds_no_key_is_refused_without_repeating_it(linkage: Linkage, tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text("secret")
    with _connection(linkage) as connection, pytest.raises(MasterKeyWrong) as refused:
        open_master_key(tmp_path / "master.key", connection)
    assert "secret" not in str(refused.value)
