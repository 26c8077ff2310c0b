"""Runs django-oauth-toolkit as an authorization server for tests, and obeys its parent.

Writes `ready {json}` to standard output, then answers each JSON line of standard input with one
JSON line. Ends with "stop", at the end of standard input, or on SIGTERM. Logs to standard error.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time

STARTED = time.monotonic()
REDIRECT_URI = "http://127.0.0.1/callback"
# Client → the grant it may use; its secret is its name with "-secret".
CLIENTS = {
    "grantkeeper": "client-credentials",
    "supplier-portal": "authorization-code",
    "erp-sync": "client-credentials",
    "canary-client": "client-credentials",
}


def secret_of(client):
    return f"{client}-secret"


def password_of(user):
    return f"{user}-password"


def parse_arguments():
    parser = argparse.ArgumentParser(description="django-oauth-toolkit as an authorization server for tests")
    parser.add_argument("--port", type=int, default=0, help="0 [default] takes a free one")
    parser.add_argument("--users", type=int, default=20, help="how many users u-1, u-2, … there are [20]")
    parser.add_argument("--clock-skew", type=int, default=0, metavar="SECONDS",
                        help="how far the server's clock is ahead; negative is behind [0]")
    parser.add_argument("--access-token-seconds", type=int, default=3600, help="lifetime [3600]")
    parser.add_argument("--fast-secrets", action="store_true",
                        help="hash the clients' secrets with MD5 instead of Django's slow default")
    return parser.parse_args()


def start_django(folder, arguments):
    """Sets Django up on a fresh database in `folder`; after this its models can be imported."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    os.environ["RIG_DATABASE"] = os.path.join(folder, "authorization-server.sqlite")
    os.environ["RIG_ACCESS_TOKEN_SECONDS"] = str(arguments.access_token_seconds)
    os.environ["RIG_SECRET_HASHER"] = "md5" if arguments.fast_secrets else "pbkdf2_sha256"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def fill(users):
    """Registers the clients and the users."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    for client, grant in CLIENTS.items():
        application = Application(
            name=client,
            client_id=client,
            client_secret=secret_of(client),
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=grant,
            redirect_uris=REDIRECT_URI if grant == Application.GRANT_AUTHORIZATION_CODE else "",
        )
        application.full_clean()
        application.save()
    names = [f"u-{number}" for number in range(1, users + 1)]
    User.objects.bulk_create(User(username=name, password=make_password(password_of(name))) for name in names)


def serve(port):
    """Begins to serve in a thread; returns the port. waitress keeps HTTP/1.1 connections open."""
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    try:
        server = create_server(
            get_wsgi_application(), host="127.0.0.1", port=port, threads=8, connection_limit=500,
            channel_timeout=120, asyncore_use_poll=True, ident=None,
        )
    except OSError as error:
        sys.exit(f"django-rig: error: cannot listen on port {port}: {error.strerror}; use --port 0")
    threading.Thread(target=server.run, daemon=True, name="server").start()
    return int(server.effective_port)


def description(base, port, arguments):
    return {
        "port": port,
        "issuer": f"{base}/o",
        "token_endpoint": f"{base}/o/token/",
        "introspection_endpoint": f"{base}/o/introspect/",
        "revocation_endpoint": f"{base}/o/revoke_token/",
        "authorization_endpoint": f"{base}/o/authorize/",
        "clients": {
            client: {"secret": secret_of(client), "grant_type": grant.replace("-", "_")}
            for client, grant in CLIENTS.items()
        },
        "users": arguments.users,
        "access_token_seconds": arguments.access_token_seconds,
        "clock_skew": arguments.clock_skew,
        "startup_seconds": round(time.monotonic() - STARTED, 2),
    }


def obey(commands, say):
    """Answers each line of standard input until "stop" or its end."""
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            command = json.loads(line)
            name = command.pop("do")
            if name == "stop":
                say(json.dumps({"stopped": True}))
                return
            method = getattr(commands, f"do_{name}", None)
            if method is None:
                raise ValueError(f"unknown command {name}; see README.md")
            answer = method(**command)
        except Exception as error:  # the test shall read why, whatever it was
            answer = {"error": f"{type(error).__name__}: {error}", "status": getattr(error, "status", None)}
        say(json.dumps(answer))


def main():
    arguments = parse_arguments()
    # Standard output belongs to the protocol; whatever else prints there goes to standard error.
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.dont_write_bytecode = True

    def say(line):
        print(line, file=channel, flush=True)

    with tempfile.TemporaryDirectory(prefix="django-rig-", ignore_cleanup_errors=True) as folder:
        start_django(folder, arguments)
        from commands import Commands
        from issuing import Issuer
        from observing import clock

        fill(arguments.users)
        clock.skew = arguments.clock_skew
        clock.install()
        port = serve(arguments.port)
        base = f"http://127.0.0.1:{port}"
        secrets = {client: secret_of(client) for client in CLIENTS}
        commands = Commands(Issuer(base, secrets, password_of, REDIRECT_URI))
        try:
            say("ready " + json.dumps(description(base, port, arguments)))
            obey(commands, say)
        except (BrokenPipeError, KeyboardInterrupt):
            pass  # the parent is gone or wants us gone


if __name__ == "__main__":
    main()
