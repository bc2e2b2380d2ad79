"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from planner.config.health import health, live, ready
from planner.config.metrics import metrics

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health", health, name="health"),
    path("live", live, name="live"),
    path("ready", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("planner.urls")),
    path("", include("workshops.urls")),
]

handler400 = "planner.config.errors.bad_request"
handler403 = "planner.config.errors.forbidden"
handler404 = "planner.config.errors.not_found"
handler500 = "planner.config.errors.server_error"
