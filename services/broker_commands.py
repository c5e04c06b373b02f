"""`linkage kafka`: a broker under the data folder for who has none, and rights at brokers that ask who comes."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from events.log import LogUnavailable
from events.log.opening import grant_at_brokers, is_embedded
from services import broker
from services.command_options import AsJson
from services.kafka_access import wrong_password_file
from services.settings import read_settings
from services.trouble import Trouble, WronglyAsked


def start(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = broker.PORT,
    as_json: AsJson = False,
) -> None:
    """Returns when the broker answers; it goes on running. Prints the LOG_URL to use."""
    running = broker.start(read_settings().data / "kafka", port)
    url = f"kafka://127.0.0.1:{running.port}"
    if as_json:
        typer.echo(json.dumps({"log_url": url, "pid": running.pid}))
    else:
        typer.echo(f"Kafka answers. Use it with: LOG_URL={url} linkage demo")


def stop(as_json: AsJson = False) -> None:
    """What was published stays on disk."""
    stopped = broker.stop(read_settings().data / "kafka")
    if as_json:
        typer.echo(json.dumps({"stopped": stopped}))
    else:
        typer.echo("Kafka is stopped." if stopped else "No Kafka of this data folder is running.")


class Whom(StrEnum):
    """Whom a name at the brokers stands for."""

    APPROVAL = "approval"
    SUPERVISION = "supervision"
    BUREAU = "bureau"
    OPERATOR = "operator"


def grant(
    whom: Annotated[Whom, typer.Argument(help="A side's parts, a bureau that publishes, or who looks (linkage lag).")],
    user: Annotated[str, typer.Option(help="The name at the brokers.")],
    password_file: Annotated[
        Path | None, typer.Option(help="A file with its password; without it the name has one already.")
    ] = None,
    bureau: Annotated[str, typer.Option(help="The code of the bureau.")] = "",
) -> None:
    """Makes the topics that are missing too. LINKAGE_KAFKA_USER must be a name that may do everything."""
    settings = read_settings()
    if is_embedded(settings.log):
        raise WronglyAsked("the embedded log knows no names: set LOG_URL=kafka://host:port")
    if (whom is Whom.BUREAU) != bool(bureau):
        raise WronglyAsked("give --bureau with the bureau's code, and only for a bureau")
    if password_file and (wrong := wrong_password_file(password_file)):
        raise WronglyAsked(f"--password-file: {wrong}")
    password = password_file.read_text().strip() if password_file else None
    try:
        grant_at_brokers(settings.log, whom, user, password, bureau)
    except LogUnavailable as error:
        raise Trouble(str(error)) from error
    typer.echo(f"{user} 已获得 {whom} 的权限")
