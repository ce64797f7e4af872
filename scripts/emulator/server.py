"""Serve the embedded AWS from one folder: `python -m scripts.emulator.server --home=… --account-id=…`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import uuid
from pathlib import Path
from types import FrameType

from scripts.emulator.home import Address, Home
from scripts.emulator.journal import older


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the address is written only once the server answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder of address, lock and logs")
    parser.add_argument("--account-id", required=True, help="the AWS account that every caller is in")
    parser.add_argument("--unmended", action="store_true", help="serve moto as it is, to test what still needs mending")
    options = parser.parse_args(arguments)

    home = Home(options.home)
    home.make()
    if home.claim() is None:
        sys.stderr.write(f"Another server lives in {home.folder}\n")
        return 1
    home.forget_address()
    home.requests_file.unlink(missing_ok=True)
    older(home.requests_file).unlink(missing_ok=True)
    _configure(options.account_id)
    _serve(home, options.account_id, mended=not options.unmended)
    return 0


def _configure(account_id: str) -> None:
    """Set what moto reads from its environment; it must be there before moto is imported."""
    os.environ.update(
        MOTO_ACCOUNT_ID=account_id,
        # A certificate is issued at the first look instead of after a minute.
        MOTO_ACM_VALIDATION_WAIT="0",
        # The stack attaches AWS's own policies, which moto has but does not load by default.
        MOTO_IAM_LOAD_MANAGED_POLICIES="true",
        # moto's own calls must never leave the machine with somebody's real keys.
        AWS_ACCESS_KEY_ID="emulator",
        AWS_SECRET_ACCESS_KEY="emulator",  # noqa: S106 - a dummy
        AWS_EC2_METADATA_DISABLED="true",
    )


def _serve(home: Home, account_id: str, *, mended: bool) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    from scripts.emulator import mends
    from scripts.emulator.baseline import watch
    from scripts.emulator.front import Front
    from scripts.emulator.journal import Journal
    from scripts.emulator.wire import Handler

    watch()
    if mended:
        mends.apply_all()
    identity = uuid.uuid4().hex
    front = Front(
        moto=DomainDispatcherApplication(create_backend_app),
        journal=Journal(home.requests_file),
        account_id=account_id,
        identity=identity,
    )
    server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=Handler)

    def end(_number: int, _frame: FrameType | None) -> None:
        # All there is is in memory and is to go: nothing waits for requests, threads or the interpreter.
        home.forget_address()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    # The socket listens since make_server, so whoever reads the address is answered.
    home.write_address(
        Address(
            endpoint=f"http://127.0.0.1:{server.server_port}",
            pid=os.getpid(),
            account_id=account_id,
            identity=identity,
        )
    )
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
