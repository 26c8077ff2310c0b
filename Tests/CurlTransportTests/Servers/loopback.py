"""A small HTTP/1.1 and HTTP/2 server on loopback whose faults are chosen by the path.

It says what happens as lines on standard output, answers the line "stats" on standard input with its counts,
and ends when standard input does.
"""

import argparse
import gzip
import os
import re
import socket
import ssl
import sys
import threading

parser = argparse.ArgumentParser()
parser.add_argument("--certificate")
parser.add_argument("--client-authority")
parser.add_argument("--maximum-tls")
parser.add_argument("--http2", action="store_true")
parser.add_argument("--reset-limit", type=int)
arguments = parser.parse_args()

lock = threading.Condition()
counts = {"connections": 0, "requests": 0, "open": 0, "peak": 0, "streams": 0}
barriers = {}


def say(line):
    with lock:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def count(name, by=1):
    with lock:
        counts[name] += by
        counts["peak"] = max(counts["peak"], counts["open"])


class Gone(Exception):
    pass


class Peer:
    """A connection that is read in lines and counted bytes."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""
        self.requests = 0

    def more(self):
        chunk = self.connection.recv(65536)
        if not chunk:
            raise Gone()
        self.buffer += chunk

    def until(self, end):
        while end not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(end, 1)
        return head

    def exactly(self, length):
        while len(self.buffer) < length:
            self.more()
        head, self.buffer = self.buffer[:length], self.buffer[length:]
        return head

    def wait_for_end(self):
        while True:
            self.more()


def reply(status, body=b"", headers=(), length=True):
    lines = [f"HTTP/1.1 {status} X", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def serve_http1(connection):
    peer = Peer(connection)
    while True:
        head = peer.until(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        body = peer.exactly(int(length.group(1))) if length else b""
        method, path = head.split(b" ")[:2]
        path = path.decode()
        count("requests")
        peer.requests += 1
        if not answer(peer, method.decode(), path, head, body):
            return


def answer(peer, method, path, head, body):
    send = peer.connection.sendall
    name, _, argument = path[1:].partition("?")[0].partition("/")
    if method == "CONNECT":
        say("connect " + path)
        send(reply(403))
    elif name == "echo":
        send(reply(200, head + b"\r\n\r\n" + body))
    elif name == "status":
        send(reply(int(argument), b"", ["Location: /ok"], length=argument not in ("204", "304")))
    elif name == "bytes":
        send(reply(200, b"x" * int(argument)))
    elif name == "stream":
        send(reply(200, b"", ["Transfer-Encoding: chunked"], length=False))
        left = int(argument)
        while left:
            piece = min(left, 8192)
            send(b"%x\r\n%s\r\n" % (piece, b"x" * piece))
            left -= piece
        send(b"0\r\nX-Trailer: late\r\n\r\n")
    elif name == "headers":
        each = "X-Filler: " + "x" * 1000
        send(reply(200, b"", [each] * (int(argument) // len(each) + 1)))
    elif name == "repeated":
        send(reply(200, b"", ["X-Same:  one ", "x-same: two", "X-Empty:", "Set-Cookie: a=b; path=/"]))
    elif name == "interim":
        send(b"HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n" + reply(200, b"done", ["X-Late: yes"]))
    elif name == "gzip":
        # Nobody asked for it.
        send(reply(200, gzip.compress(b"x" * int(argument)), ["Content-Encoding: gzip"]))
    elif name == "coded":
        send(reply(200, b"not coded at all", ["Content-Encoding: " + argument]))
    elif name == "first":
        # A kept connection is closed under the request.
        if peer.requests > 1:
            return False
        send(reply(200, b"first"))
    elif name == "hang":
        say("hang " + argument)
        peer.wait_for_end()
    elif name == "drip":
        send(reply(200, b"", ["Content-Length: 60000"], length=False))
        say("drip " + argument)
        peer.connection.settimeout(0.02)
        while True:
            try:
                peer.more()
            except (TimeoutError, ssl.SSLWantReadError):
                send(b"x")
    elif name == "garbage":
        send(b"SSH-2.0-not-http\r\n")
        return False
    elif name == "truncated":
        send(reply(200, b"short", ["Content-Length: 100"], length=False))
        return False
    elif name == "drop":
        return False
    elif name == "once":
        # Looks kept alive, but is closed behind the client's back.
        send(reply(200, b"once"))
        say("once")
        return False
    elif name == "barrier":
        gather(int(argument))
        send(reply(200, b"together"))
    else:
        send(reply(200, b"ok"))
    return True


def gather(size):
    """Returns when so many requests are here at once."""
    with lock:
        barriers[size] = barriers.get(size, 0) + 1
        lock.notify_all()
        lock.wait_for(lambda: barriers[size] >= size)


def serve_http2(connection):
    """As much of RFC 9113 as answering takes: no request header is decoded, each body is answered in whole."""
    peer = Peer(connection)
    peer.exactly(24)
    writing = threading.Lock()

    def frame(kind, flags, stream, payload=b""):
        with writing:
            connection.sendall(
                len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
            )

    def respond(stream, size):
        if size:
            gather(size)
        # 0x88 is ":status: 200" of HPACK's static table.
        frame(1, 4, stream, b"\x88")
        frame(0, 1, stream, b"over http2")
        count("open", -1)

    frame(4, 0, 0)
    resets = 0
    while True:
        header = peer.exactly(9)
        length, kind, flags = int.from_bytes(header[:3], "big"), header[3], header[4]
        stream = int.from_bytes(header[5:], "big") & 0x7FFFFFFF
        payload = peer.exactly(length)
        if kind == 3:
            # As nghttp2 does since CVE-2023-44487, whatever state the stream is in.
            resets += 1
            if arguments.reset_limit and resets > arguments.reset_limit:
                say("calm down")
                frame(7, 0, 0, stream.to_bytes(4, "big") + (11).to_bytes(4, "big"))
                return
        elif kind == 4 and not flags & 1:
            frame(4, 1, 0)
        elif kind == 6 and not flags & 1:
            frame(6, 1, 0, payload)
        elif kind == 0 and length:
            frame(8, 0, 0, length.to_bytes(4, "big"))
        if kind in (0, 1) and flags & 1:
            count("requests")
            count("open")
            # The body of a POST may say how many requests have to be here at once.
            size = int(payload) if kind == 0 and payload.isdigit() else 0
            threading.Thread(target=respond, args=(stream, size), daemon=True).start()


def serve(connection):
    count("connections")
    over_http2 = False
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
            over_http2 = connection.selected_alpn_protocol() == "h2"
        if over_http2:
            serve_http2(connection)
        else:
            count("open")
            try:
                serve_http1(connection)
            finally:
                count("open", -1)
    except (Gone, OSError):
        pass
    finally:
        connection.close()
        say("closed")


context = None
if arguments.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate)
    context.set_alpn_protocols(["h2", "http/1.1"] if arguments.http2 else ["http/1.1"])
    if arguments.client_authority:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(arguments.client_authority)
    if arguments.maximum_tls:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = getattr(ssl.TLSVersion, arguments.maximum_tls)

listener = socket.create_server(("127.0.0.1", 0), backlog=1024)


def accept():
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
say(f"listening {listener.getsockname()[1]}")
for line in sys.stdin:
    with lock:
        snapshot = dict(counts)
    say("stats " + " ".join(f"{name}={value}" for name, value in snapshot.items()))
os._exit(0)
