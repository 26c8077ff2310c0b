"""What a test can ask of the rig; each `do_` method is one command, its parameters the members."""

import hashlib
from types import SimpleNamespace

from oauth2_provider.models import AccessToken, RefreshToken, revoke_access_token
from oauth2_provider.oauth2_validators import OAuth2Validator

from observing import clock, requests_seen


class Commands:
    """Gets tokens through the server's endpoints; asks and revokes in the server's own models."""

    def __init__(self, issuer):
        self.issuer = issuer

    def do_client_credentials(self, client, scope):
        return self.issuer.client_credentials(client, scope)

    def do_authorization_code(self, client, user, scope):
        return self.issuer.authorization_code(client, user, scope)

    def do_refresh(self, client, token):
        return self.issuer.refresh(client, token)

    def do_is_active(self, token):
        """Whether the server would take the token: as a bearer, or at its token endpoint."""
        access, refresh = self._find(token)
        if access:
            return {"active": access.is_valid(), "kind": "access_token"}
        if refresh:
            # The toolkit's own test, not the `revoked` column alone: it also turns down a refresh
            # token whose access token was deleted under it.
            request = SimpleNamespace()
            active = OAuth2Validator().validate_refresh_token(token, refresh.application, request)
            return {"active": active, "kind": "refresh_token"}
        return {"active": False, "kind": None}

    def do_revoke(self, token, alone=False):
        """As "revoke selected access tokens" in the toolkit's admin; `alone`: only that very row."""
        access, refresh = self._find(token)
        if access and alone:
            access.revoke()
        elif access:
            revoke_access_token(access)
        elif refresh:
            refresh.revoke()
        kind = "access_token" if access else "refresh_token" if refresh else None
        return {"revoked": kind is not None, "kind": kind}

    def do_requests(self, reset=False):
        report = requests_seen.report()
        if reset:
            requests_seen.reset()
        return report

    def do_clock(self, skew):
        """Sets how many seconds the server's clock is ahead from now on."""
        clock.skew = skew
        return {"clock_skew": skew}

    @staticmethod
    def _find(token):
        checksum = hashlib.sha256(token.encode()).hexdigest()
        access = AccessToken.objects.filter(token_checksum=checksum).first()
        refresh = RefreshToken.objects.filter(token_checksum=checksum).order_by("revoked").first()
        return access, refresh
