"""`linkage kafka start` and `linkage kafka stop`: a broker under the data folder, for sites and tests without one."""

import json
from typing import Annotated

import typer

from services import broker
from services.settings import read_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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
