"""The planner's addresses."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from planner import api
from planner.views import (
    home,
    library,
    licences,
    predictions,
    prototypes,
    reports,
    sheets,
    teams,
    use_cases,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("join/", home.join, name="join_by_code"),
    path("sign-in/", home.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("me/", home.me, name="me"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<uuid:team>/", teams.team, name="team"),
    path("teams/<uuid:team>/use-cases/", teams.add_use_case, name="use_case_add"),
    path("teams/<uuid:team>/people/", teams.place, name="place"),
    path("u/<uuid:use_case>/", use_cases.use_case, name="use_case"),
    path("u/<uuid:use_case>/rename/", use_cases.rename, name="use_case_rename"),
    path("u/<uuid:use_case>/choose/", use_cases.choose, name="use_case_choose"),
    path("u/<uuid:use_case>/archive/", use_cases.archive, name="use_case_archive"),
    path("u/<uuid:use_case>/dates/", use_cases.add_milestone, name="milestone_add"),
    path(
        "u/<uuid:use_case>/dates/<uuid:milestone>/remove/",
        use_cases.remove_milestone,
        name="milestone_remove",
    ),
    path("u/<uuid:use_case>/sheets/<str:sheet>/", sheets.sheet, name="sheet"),
    path("u/<uuid:use_case>/sheets/<str:sheet>/<str:field>/", sheets.answer, name="answer"),
    path("u/<uuid:use_case>/prototypes/new/", prototypes.new, name="prototype_new"),
    path("prototypes/<uuid:prototype>/", prototypes.prototype, name="prototype"),
    path("prototypes/<uuid:prototype>/start/", prototypes.start, name="prototype_start"),
    path("prototypes/<uuid:prototype>/enough/", prototypes.enough, name="prototype_enough"),
    path("prototypes/<uuid:prototype>/cancel/", prototypes.cancel, name="prototype_cancel"),
    path("prototypes/<uuid:prototype>/repeat/", prototypes.repeat, name="prototype_repeat"),
    path("prototypes/<uuid:prototype>/predict/", predictions.predict, name="predict"),
    path("prototypes/<uuid:prototype>/what-if/", predictions.what_if, name="what_if"),
    path("prototypes/<uuid:prototype>/predictions/", predictions.predictions, name="predictions"),
    path(
        "prototypes/<uuid:prototype>/predictions/<uuid:prediction>.csv",
        predictions.file,
        name="prediction_file",
    ),
    path("prototypes/<uuid:prototype>/model.zip", predictions.model, name="prototype_model"),
    path("prototypes/<uuid:prototype>/charts/<str:name>.svg", prototypes.chart, name="chart"),
    path("u/<uuid:use_case>/report/", reports.use_case_report, name="use_case_report"),
    path("u/<uuid:use_case>/report.<str:ending>", reports.use_case_export, name="use_case_export"),
    path("reports/<uuid:report>/", reports.report, name="report"),
    path("reports/<uuid:report>/file/", reports.report_file, name="report_file"),
    path("library/", library.library, name="library"),
    path("credits/", licences.licences, name="credits"),
    path("api/", include(api.urlpatterns)),
]
