"""Codes of the invented city: they pass their check digits, and no real one begins like them."""

from __future__ import annotations

from random import Random

from stdnum.cn import ric, uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CITY = "990100"
COUNTIES = {"990102": "港东区", "990103": "港西区", "990104": "临海区", "990121": "沙河县", "990122": "青屿县"}


def credit_code(head: str, serial: int) -> str:
    """Return an 18-character credit code: ``head`` (2 characters), region 9901xx, a serial number, check digit."""
    body = f"{head}990100MA{serial:07d}"[:17]
    return body + str(uscc.calc_check_digit(body))


def identity_number(random: Random, serial: int) -> str:
    """Return an identity number of somebody born before 1890: nobody who lives bears it."""
    number = (
        f"990102{random.randint(1850, 1889)}{random.randint(1, 12):02d}{random.randint(1, 28):02d}{serial % 1000:03d}"
    )
    return number + str(ric.calc_check_digit(number + "0"))
