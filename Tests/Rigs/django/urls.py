"""Where the rig answers: the toolkit under /o/, its metadata at the root too, and a login form."""

from django.contrib.auth.views import LoginView
from django.urls import include, path
from oauth2_provider.urls import metadata_urlpatterns

urlpatterns = [
    path("o/", include("oauth2_provider.urls")),
    # RFC 8414 section 3.1: for the issuer http://host/o the document is at
    # /.well-known/oauth-authorization-server/o, outside of the prefix.
    path("", include((metadata_urlpatterns, "metadata"))),
    path("login/", LoginView.as_view(template_name="login.html")),
]
