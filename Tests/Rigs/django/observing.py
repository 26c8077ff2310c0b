"""What the rig adds around the server: a clock that can be wrong, and a count of the requests."""

import threading
from collections import Counter
from datetime import timedelta

from django.utils import timezone
from django.utils.http import http_date

OWN_USER_AGENT = "grantkeeper-rig"


class Clock:
    """Django's clock, shifted by a number of seconds that may change while the server runs."""

    def __init__(self):
        self.skew = 0
        self._true_now = timezone.now

    def install(self):
        """Makes `timezone.now`, which Django and the toolkit call by that name, answer the shifted time."""
        timezone.now = lambda: self._true_now() + timedelta(seconds=self.skew)


class Requests:
    """How often which path was answered with which status, without the rig's own requests."""

    def __init__(self):
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        with self._lock:
            self._counts, self._peers, self._own = Counter(), set(), 0

    def note(self, request, status):
        with self._lock:
            if request.META.get("HTTP_USER_AGENT") == OWN_USER_AGENT:
                self._own += 1
                return
            self._counts[request.path, str(status)] += 1
            self._peers.add(request.META.get("REMOTE_PORT"))

    def report(self):
        """The counts as path → status → number; connections are told apart by the peer's port."""
        with self._lock:
            paths = {}
            for (path, status), count in sorted(self._counts.items()):
                paths.setdefault(path, {})[status] = count
            return {"requests": paths, "connections": len(self._peers), "own": self._own}


clock = Clock()
requests_seen = Requests()


class CountRequests:
    """Counts before the response leaves, so that who has the answer also finds it counted."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        requests_seen.note(request, response.status_code)
        return response


class DateFromTheRigsClock:
    """Sets `Date` (RFC 9110 section 6.6.1) from the shifted clock; waitress leaves it as it is."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["Date"] = http_date(timezone.now().timestamp())
        return response
