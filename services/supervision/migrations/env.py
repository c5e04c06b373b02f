"""Where Alembic enters; `services.migrating` says what happens."""

from services.migrating import run_steps

run_steps()
