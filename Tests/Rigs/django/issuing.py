"""Gets tokens as any client would: over HTTP, from the server's own endpoints."""

import base64
import hashlib
import secrets
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote_plus, urlsplit

import requests

from observing import OWN_USER_AGENT


class Refused(Exception):
    """The server did not answer as the flow needs; says at which step, and with what status."""

    def __init__(self, step, response):
        body = response.text if response.status_code >= 400 else ""
        super().__init__(f"{step}: unexpected status {response.status_code} {body[:200]}".strip())
        self.status = response.status_code


class HiddenFields(HTMLParser):
    """The hidden fields of a page's forms."""

    def __init__(self, page):
        super().__init__()
        self.values = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "input" and attributes.get("type") == "hidden":
            self.values[attributes["name"]] = attributes.get("value", "")


class Issuer:
    """Runs OAuth flows against the server at `base`, as given clients and signed-in users."""

    def __init__(self, base, clients, password_of, redirect_uri):
        self.base = base
        self.clients = clients
        self.password_of = password_of
        self.redirect_uri = redirect_uri
        self._sessions = {}
        self._http = self._new_session()

    def client_credentials(self, client, scope):
        """RFC 6749 section 4.4."""
        return self._token(client, {"grant_type": "client_credentials", "scope": scope})

    def authorization_code(self, client, user, scope):
        """RFC 6749 section 4.1 with PKCE (RFC 7636): login form, consent form, code, tokens."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        state = secrets.token_urlsafe(16)
        question = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": self.redirect_uri,
            "scope": scope,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        answer = self._consent(user, question)
        if answer.get("state") != [state] or "code" not in answer:
            raise RuntimeError(f"the authorization endpoint answered {answer.get('error', ['no code'])[0]}")
        fields = {
            "grant_type": "authorization_code",
            "code": answer["code"][0],
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        return self._token(client, fields)

    def refresh(self, client, token):
        """RFC 6749 section 6."""
        return self._token(client, {"grant_type": "refresh_token", "refresh_token": token})

    def _token(self, client, fields):
        # RFC 6749 section 2.3.1: both are form-encoded before they become a Basic credential.
        credential = quote_plus(client), quote_plus(self.clients[client])
        response = self._http.post(f"{self.base}/o/token/", data=fields, auth=credential)
        if response.status_code != 200:
            raise Refused("token endpoint", response)
        return response.json()

    def _consent(self, user, question):
        browser = self._sessions.setdefault(user, self._new_session())
        address = f"{self.base}/o/authorize/"
        page = browser.get(address, params=question, allow_redirects=False)
        if urlsplit(page.headers.get("Location", "")).path == "/login/":
            self._sign_in(browser, user)
            page = browser.get(address, params=question, allow_redirects=False)
        if page.status_code != 200:
            raise Refused("authorization endpoint", page)
        form = HiddenFields(page.text).values | {"allow": "Authorize"}
        response = browser.post(address, data=form, allow_redirects=False)
        if response.status_code != 302:
            raise Refused("consent form", response)
        return parse_qs(urlsplit(response.headers["Location"]).query)

    def _sign_in(self, browser, user):
        address = f"{self.base}/login/"
        form = HiddenFields(browser.get(address).text).values
        form |= {"username": user, "password": self.password_of(user)}
        response = browser.post(address, data=form, allow_redirects=False)
        if response.status_code != 302:
            raise RuntimeError(f"the server knows no user {user}; start the rig with more --users")

    @staticmethod
    def _new_session():
        session = requests.Session()
        session.trust_env = False  # the environment's proxies have no business on the loopback
        session.headers["User-Agent"] = OWN_USER_AGENT
        return session
