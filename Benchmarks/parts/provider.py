"""nginx as the provider of the benchmarks: one worker on the loopback, over HTTP/1.1 and over HTTP/2 with TLS."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from parts import inputs

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "provider")
TOKEN_LENGTH = 43
# The token of /token, which the product asks about as its canary.
CANARY = "canary-" + "0" * (TOKEN_LENGTH - 7)


def body(token, kind="refresh_token"):
    """The form that asks about a token, as the product sends it."""
    return f"token={token}&token_type_hint={kind}" if kind else f"token={token}"


def verdict(now=None):
    """The introspection document that every token of ours is answered with."""
    now = int(now or time.time())
    return json.dumps({
        "active": True, "scope": " ".join(inputs.ASKED_SCOPES), "client_id": "supplier-portal",
        "username": "u-00000017", "token_type": "Bearer", "exp": now + 31_536_000, "iat": now - 86_400,
        "nbf": now - 86_400, "sub": "u-00000017", "aud": "https://procurement.example.com/api",
        "iss": "https://idp.example.com", "jti": "5d2c2f0e-6b0b-4a53-9d15-0f1c1c6f7d11",
    }, separators=(",", ":"))


class Provider:
    """Starts nginx in a temporary directory and ends it: `with Provider() as provider: … provider.http`.

    `tls`: which of the two addresses its metadata names as issuer; both are served.
    """

    def __init__(self, tls=False):
        self._tls = tls
        self._process = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="grantkeeper-bench-provider-")
        try:
            http, https = _free_ports(2)
            self.http, self.https = f"http://127.0.0.1:{http}", f"https://127.0.0.1:{https}"
            self.issuer = self.https if self._tls else self.http
            self.ca_file = os.path.join(self.folder, "ca.pem")
            _make_certificates(self.folder)
            self._write_configuration(http, https)
            self._start((http, https))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    @property
    def introspection(self):
        return f"{self.issuer}/introspect"

    @property
    def pids(self):
        """The master and its worker, for the processor time they used."""
        master = self._process.pid
        with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as file:
            return [master, *map(int, file.read().split())]

    def _write_configuration(self, http, https):
        ours = {len(body("x" * TOKEN_LENGTH, kind)) for kind in ("access_token", "refresh_token", None)}
        lengths = " ".join(f"{length} '{verdict()}';" for length in sorted(ours))
        token = json.dumps({"access_token": CANARY, "token_type": "Bearer", "expires_in": 86_400})
        metadata = json.dumps({
            "issuer": self.issuer, "token_endpoint": f"{self.issuer}/token",
            "introspection_endpoint": f"{self.issuer}/introspect", "revocation_endpoint": f"{self.issuer}/revoke",
            "response_types_supported": ["code"],
        })
        with open(os.path.join(_FOLDER, "nginx.conf"), encoding="utf-8") as file:
            text = file.read()
        for name, value in (("http", http), ("https", https), ("lengths", lengths), ("token", token),
                            ("metadata", metadata)):
            text = text.replace(f"@{name}@", str(value))
        with open(os.path.join(self.folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(text)

    def _start(self, ports):
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if not program:
            raise FileNotFoundError("there is no nginx; run Scripts/deps bench")
        self._process = subprocess.Popen(
            [program, "-p", self.folder, "-c", "nginx.conf", "-e", "errors.log"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_parent)
        end = time.monotonic() + 20
        while not all(map(_answers, ports)):
            if self._process.poll() is not None or time.monotonic() > end:
                with open(os.path.join(self.folder, "errors.log"), encoding="utf-8") as file:
                    raise RuntimeError(f"nginx does not start: {file.read()[-600:]}")
            time.sleep(0.02)

    def _stop(self):
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _end_with_parent():
    """In the new process: SIGTERM when we die, be it by SIGKILL (prctl's PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _make_certificates(folder):
    """A CA of our own and a certificate of it for the loopback, as ca.pem, server.pem, server.key."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with open(os.path.join(folder, "names.cnf"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
            "-subj", "/CN=grantkeeper benchmark CA")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "server.pem", "-days", "30", "-extfile", "names.cnf")
