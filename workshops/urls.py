"""The workshops' addresses."""

from django.urls import URLPattern, URLResolver, path

from workshops.views import console, data, log, reports, room, workshops

urlpatterns: list[URLPattern | URLResolver] = [
    path("w/", workshops.workshops, name="workshops"),
    path("w/new/", workshops.new, name="workshop_new"),
    path("w/<uuid:workshop>/plan/", workshops.plan, name="plan"),
    path("w/<uuid:workshop>/plan/<uuid:step>/", workshops.plan_step, name="plan_step"),
    path("w/<uuid:workshop>/people/", workshops.people, name="people"),
    path("w/<uuid:workshop>/people/<uuid:participant>/", workshops.place, name="participant"),
    path("w/<uuid:workshop>/people/<uuid:participant>/back/", workshops.let_in, name="let_in"),
    path("w/<uuid:workshop>/door/", workshops.door, name="door"),
    path("w/<uuid:workshop>/log/", log.log, name="log"),
    path("w/<uuid:workshop>/log.csv", log.log_file, name="log_file"),
    path("w/<uuid:workshop>/teams/", workshops.add_team, name="team_add"),
    path("w/<uuid:workshop>/join-sheet/", workshops.join_sheet, name="join_sheet"),
    path("w/<uuid:workshop>/console/", console.console, name="console"),
    path("w/<uuid:workshop>/console/<slug:verb>/", console.press, name="press"),
    path("w/<uuid:workshop>/screen/", console.screen, name="screen"),
    path("w/<uuid:workshop>/pulse/<slug:audience>/", console.pulse, name="pulse"),
    path("w/<uuid:workshop>/events/<slug:audience>/", console.events, name="events"),
    path("w/<uuid:workshop>/data/", data.workshop_data, name="workshop_data"),
    path("w/<uuid:workshop>/data/pack/", data.pack, name="workshop_pack"),
    path("w/<uuid:workshop>/data/erase/", data.erase, name="workshop_erase"),
    path("w/<uuid:workshop>/report/", reports.workshop_report, name="workshop_report"),
    path("w/<uuid:workshop>/report.json", reports.workshop_export, name="workshop_export"),
    path(
        "w/<uuid:workshop>/report/<uuid:report>/file/",
        reports.workshop_report_file,
        name="workshop_report_file",
    ),
    path("j/<str:code>/qr.svg", workshops.join_qr, name="join_qr"),
    path("j/<str:code>", room.join, name="join"),
    path("r/<str:code>", room.room, name="room"),
    path("r/<str:code>/team", room.team_sheets, name="team_sheets"),
    path("r/<str:code>/so-far", room.so_far, name="so_far"),
    path("r/<str:code>/ready", room.ready, name="ready"),
    path("r/<str:code>/use-cases", room.add_use_case, name="room_use_case_add"),
    path("r/<str:code>/steps/<uuid:step>/mine", room.mine, name="mine"),
    path("r/<str:code>/steps/<uuid:step>/items/<str:item>", room.respond, name="respond"),
    path("r/<str:code>/steps/<uuid:step>/votes/<uuid:use_case>", room.vote, name="vote"),
    path("r/<str:code>/steps/<uuid:step>/notes/<uuid:team>/<slug:kind>", room.note, name="note"),
    path("r/<str:code>/steps/<uuid:step>/choose/<uuid:use_case>", room.choose, name="choose"),
]
