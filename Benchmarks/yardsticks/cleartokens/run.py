"""django-oauth-toolkit's `cleartokens` on N expired pairs of access and refresh token.

    run.py N DIR

Made outside the time: the database DIR/cleartokens.sqlite with its pairs. Prints {"count":…,"seconds":…}.
"""
import datetime
import json
import os
import secrets
import sys
import time

CHUNK = 5_000


def fill(count):
    """An application, a user, and so many pairs that ended 200 days ago."""
    from django.contrib.auth.models import User
    from django.db import transaction
    from django.utils import timezone
    from oauth2_provider.models import AccessToken, Application, RefreshToken

    application = Application.objects.create(
        name="supplier-portal", client_id="supplier-portal", client_type="confidential",
        authorization_grant_type="authorization-code", redirect_uris="https://portal.example.com/back")
    user = User.objects.create(username="u-1")
    over = timezone.now() - datetime.timedelta(days=200)
    with transaction.atomic():
        for start in range(0, count, CHUNK):
            pairs = [(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
                     for _ in range(min(CHUNK, count - start))]
            access = AccessToken.objects.bulk_create([
                AccessToken(user=user, application=application, token=token, expires=over, scope="ticket.read")
                for token, _ in pairs])
            RefreshToken.objects.bulk_create([
                RefreshToken(user=user, application=application, token=token, access_token=row)
                for (_, token), row in zip(pairs, access)])


def main():
    count, folder = int(sys.argv[1]), sys.argv[2]
    path = os.path.join(folder, "cleartokens.sqlite")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    os.environ["BENCH_DATABASE"] = path
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    fill(count)
    from oauth2_provider.models import AccessToken, RefreshToken

    made = AccessToken.objects.count(), RefreshToken.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    begin = time.perf_counter()
    call_command("cleartokens")
    seconds = time.perf_counter() - begin
    left = AccessToken.objects.count(), RefreshToken.objects.count()
    if made != (count, count) or left != (0, 0):
        sys.exit(f"cleartokens: error: of {made} access and refresh tokens {left} are left")
    print(json.dumps({"count": count, "seconds": round(seconds, 6)}))


main()
