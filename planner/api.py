"""The API: the same records for people who script, read and written by the same rules."""

from __future__ import annotations

from typing import Any, NoReturn, cast
from uuid import UUID

from django.core.exceptions import ValidationError as Refusal
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError, Throttled
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.settings import api_settings
from rest_framework.viewsets import GenericViewSet

from planner import queries
from planner.actions import answers, prototypes, teams, use_cases
from planner.models import Answer, Membership, Prototype, Role, Team, UseCase, User
from planner.sheets import SHEETS
from sandbox import queries as sandbox
from sandbox.models import Prediction, Status


class TooFast(Throttled):
    """Too many requests in a minute, told in a sentence."""

    default_detail = _("That was a lot at once.")
    extra_detail_singular = _("Go on in {wait} seconds, and more slowly.")  # type: ignore[assignment]
    extra_detail_plural = extra_detail_singular  # type: ignore[assignment]


class Pages(LimitOffsetPagination):
    """Lists in pages; a limit or an offset beyond reason is brought back to reason."""

    max_limit = 200

    def get_offset(self, request: Request) -> int:
        """An offset that a database can count to."""
        return min(super().get_offset(request), 1_000_000)


class PersonSerializer(serializers.ModelSerializer[Membership]):
    """Somebody's place in a team."""

    id = serializers.UUIDField(source="user_id", read_only=True)
    name = serializers.CharField(source="user.display_name", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "name", "role")


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team and its people."""

    people = PersonSerializer(source="memberships", many=True, read_only=True)

    class Meta:
        model = Team
        fields = ("id", "name", "product", "is_sample", "people", "created_at")
        read_only_fields = ("is_sample", "created_at")


class UseCaseSerializer(serializers.ModelSerializer[UseCase]):
    """A use case with what its team wrote, by sheet and field."""

    answers = serializers.SerializerMethodField()

    class Meta:
        model = UseCase
        fields = ("id", "team", "title", "is_chosen", "archived_at", "created_at", "answers")
        read_only_fields = ("is_chosen", "archived_at", "created_at")

    @extend_schema_field(
        {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {}}}
    )
    def get_answers(self, use_case: UseCase) -> dict[str, dict[str, Any]]:
        """Everything written, by sheet and field."""
        return queries.all_values(use_case)


class TitleSerializer(serializers.ModelSerializer[UseCase]):
    """A better name for a use case."""

    class Meta:
        model = UseCase
        fields = ("title",)


class ChoiceSerializer(serializers.Serializer[Any]):
    """Why this use case is the one."""

    reason = serializers.CharField(max_length=2000)


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    """One field, with the revision that a later write has to name."""

    by = serializers.StringRelatedField[User](read_only=True)

    class Meta:
        model = Answer
        fields = ("sheet", "field", "value", "revision", "by", "at")


class WriteSerializer(serializers.Serializer[Any]):
    """A value for one field; with a revision, a newer value of somebody else is not lost."""

    value = serializers.JSONField(allow_null=True)
    revision = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    op = serializers.UUIDField(required=False)


class PrototypeSerializer(serializers.ModelSerializer[Prototype]):
    """A prototype: its table, what was agreed, and what the run says."""

    table = serializers.CharField(source="dataset.name", read_only=True)
    table_status = serializers.CharField(source="dataset.status", read_only=True)
    profile = serializers.JSONField(source="dataset.result", read_only=True)
    status = serializers.CharField(source="run.status", read_only=True, default=None)
    spec = serializers.CharField(source="run.spec", read_only=True, default=None)
    asked = serializers.JSONField(source="run.asked", read_only=True, default=None)
    metric = serializers.CharField(source="run.metric", read_only=True, default=None)
    device = serializers.CharField(source="run.device", read_only=True, default=None)
    progress = serializers.JSONField(source="run.progress", read_only=True, default=None)
    result = serializers.JSONField(source="run.result", read_only=True, default=None)
    ahead = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()

    class Meta:
        model = Prototype
        fields = (
            "id", "use_case", "table", "table_status", "profile", "threshold", "status", "ahead",
            "spec", "asked", "metric", "device", "progress", "result", "failure", "created_at",
        )  # fmt: skip

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_ahead(self, prototype: Prototype) -> int | None:
        """How many jobs are served before this one; null once it does not wait any more."""
        job = queries.Outcome(prototype).job
        if job.status != Status.QUEUED:
            return None
        # A list asks once for each queue.
        places = cast("dict[str, Any]", self.context).setdefault("places", {})
        if job.queue not in places:
            places[job.queue] = sandbox.places(job.queue)
        ahead: int | None = places[job.queue].get(job.pk)
        return ahead

    def get_failure(self, prototype: Prototype) -> str:
        """Why there is no result, as a sentence; empty when nothing failed."""
        return queries.Outcome(prototype).failure


class PredictionSerializer(serializers.ModelSerializer[Prediction]):
    """One use of a prototype's model: the row that was asked about, and what it said."""

    failure = serializers.SerializerMethodField()

    class Meta:
        model = Prediction
        fields = ("id", "name", "row", "status", "result", "failure", "created_at")

    def get_failure(self, prediction: Prediction) -> str:
        """Why there is no prediction, as a sentence; empty when nothing failed."""
        return queries.Tried(prediction).failure


class RowSerializer(serializers.Serializer[Any]):
    """One row to predict: values by column, as text."""

    row = serializers.DictField(child=serializers.CharField(max_length=1000, allow_blank=True))
    op = serializers.UUIDField(required=False)


class SampleSerializer(serializers.Serializer[Any]):
    """A sample to begin a prototype on."""

    use_case = serializers.UUIDField()
    sample = serializers.CharField(max_length=60)
    op = serializers.UUIDField(required=False)


class StartSerializer(serializers.Serializer[Any]):
    """What to train, and what counts as good enough."""

    spec = serializers.CharField(max_length=60)
    asked = serializers.DictField(child=serializers.JSONField())
    metric = serializers.CharField(max_length=60, required=False, allow_blank=True)
    threshold = serializers.FloatField(required=False, allow_null=True)
    seconds = serializers.IntegerField(required=False, min_value=5, max_value=600)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class Rows(GenericViewSet[Any]):
    """What all lists here share: their pages, and refusals that name the field."""

    pagination_class = Pages
    lookup_value_converter = "uuid"  # anything else is not found

    def handle_exception(self, exc: Exception) -> Response:
        """Answer an action's refusal with 400, and a conflict with what the other person wrote."""
        if isinstance(exc, answers.Conflict):
            return Response(AnswerSerializer(exc.answer).data, status=409)
        if isinstance(exc, RecursionError):
            exc = ParseError()  # lists in lists in lists: Python gives up before the parser does
        if isinstance(exc, Refusal):
            named = getattr(exc, "message_dict", None)
            exc = serializers.ValidationError(
                named or {api_settings.NON_FIELD_ERRORS_KEY: exc.messages}
            )
        return super().handle_exception(exc)

    def throttled(self, request: Request, wait: float) -> NoReturn:
        """Say in a sentence that it was too fast, and when it goes on."""
        raise TooFast(wait)

    @property
    def person(self) -> User:
        """Who is signed in; the permission class lets nobody else come this far."""
        if not isinstance(self.request.user, User):
            raise Http404
        return self.request.user

    def checked(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What was sent, parsed and checked."""
        read = serializer(data=self.request.data)
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)


class Teams(mixins.ListModelMixin, mixins.RetrieveModelMixin, Rows):
    """A person's teams."""

    serializer_class = TeamSerializer

    def get_queryset(self) -> QuerySet[Team]:
        """The teams that the person belongs to."""
        return queries.team(self.request.user)

    def create(self, request: Request) -> Response:
        """Make a team with the person as its PM."""
        team = teams.create(by=self.person, role=Role.PM, **self.checked(TeamSerializer))
        return Response(TeamSerializer(self.get_queryset().get(pk=team.pk)).data, status=201)


class UseCases(mixins.ListModelMixin, mixins.RetrieveModelMixin, Rows):
    """The use cases of a person's teams, with their answers."""

    serializer_class = UseCaseSerializer

    def get_queryset(self) -> QuerySet[UseCase]:
        """The use cases of the person's teams."""
        rows = UseCase.objects.filter(pk__in=UseCase.objects.visible_to(self.request.user))
        return rows.prefetch_related("answers")

    def create(self, request: Request) -> Response:
        """Propose a use case in one of the person's teams."""
        asked = self.checked(UseCaseSerializer)
        team = get_object_or_404(Team.objects.visible_to(request.user), pk=asked["team"].pk)
        row = use_cases.add(by=self.person, team=team, title=asked["title"])
        return Response(UseCaseSerializer(row).data, status=201)

    @extend_schema(request=TitleSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Give a use case a better name."""
        asked = self.checked(TitleSerializer)
        row = use_cases.rename(by=self.person, use_case=self.get_object(), **asked)
        return Response(UseCaseSerializer(row).data)

    @extend_schema(request=ChoiceSerializer, responses=UseCaseSerializer)
    @action(detail=True, methods=["post"])
    def choose(self, request: Request, pk: UUID) -> Response:
        """Choose this use case for its team, with a reason."""
        asked = self.checked(ChoiceSerializer)
        row = use_cases.choose(by=self.person, use_case=self.get_object(), **asked).use_case
        return Response(UseCaseSerializer(row).data)

    @extend_schema(
        request=WriteSerializer,
        responses={
            200: AnswerSerializer,
            409: OpenApiResponse(AnswerSerializer, "Somebody else wrote first: their value."),
        },
    )
    @action(
        detail=True,
        methods=["patch"],
        url_path="answers/<str:sheet>/<str:field>",
        url_name="answer",
    )
    def answer(self, request: Request, pk: UUID, sheet: str, field: str) -> Response:
        """Write one field of one sheet."""
        if sheet not in SHEETS or field not in {one.name for one in SHEETS[sheet].fields}:
            raise Http404
        written = answers.write(
            by=self.person,
            use_case=self.get_object(),
            sheet=sheet,
            field=field,
            **self.checked(WriteSerializer),
        )
        return Response(AnswerSerializer(written).data)


class Prototypes(mixins.ListModelMixin, mixins.RetrieveModelMixin, Rows):
    """The prototypes of a person's teams, with their results."""

    serializer_class = PrototypeSerializer

    def get_queryset(self) -> QuerySet[Prototype]:
        """The prototypes of the person's teams."""
        return queries.prototypes(self.request.user)

    @extend_schema(request=SampleSerializer, responses={201: PrototypeSerializer})
    def create(self, request: Request) -> Response:
        """Begin a prototype on one of the samples."""
        asked = self.checked(SampleSerializer)
        visible = UseCase.objects.visible_to(request.user)
        use_case = get_object_or_404(visible, pk=asked.pop("use_case"))
        row = prototypes.bring_sample(by=self.person, use_case=use_case, **asked)
        return Response(PrototypeSerializer(row).data, status=201)

    @extend_schema(request=StartSerializer, responses=PrototypeSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: UUID) -> Response:
        """Train on the table of a prototype; a second start changes nothing."""
        asked = self.checked(StartSerializer)
        row = prototypes.start(by=self.person, prototype=self.get_object(), **asked)
        return Response(PrototypeSerializer(row).data)

    @extend_schema(request=RowSerializer, responses={201: PredictionSerializer})
    @action(detail=True, methods=["post"])
    def predict(self, request: Request, pk: UUID) -> Response:
        """Ask a prototype's model about one row; the answer is among its predictions soon."""
        asked = self.checked(RowSerializer)
        row = prototypes.predict_row(by=self.person, prototype=self.get_object(), **asked)
        return Response(PredictionSerializer(row).data, status=201)

    @extend_schema(responses=PredictionSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def predictions(self, request: Request, pk: UUID) -> Response:
        """What a prototype's model said last, newest first."""
        found = queries.predictions(self.get_object())
        return Response(PredictionSerializer(found, many=True).data)

    @extend_schema(request=None, responses=PrototypeSerializer)
    @action(detail=True, methods=["post"])
    def enough(self, request: Request, pk: UUID) -> Response:
        """End the training soon and keep the best so far; a second call changes nothing."""
        row = prototypes.enough(by=self.person, prototype=self.get_object())
        return Response(PrototypeSerializer(row).data)

    @extend_schema(request=None, responses=PrototypeSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Stop the reading or the training of a prototype."""
        row = prototypes.cancel(by=self.person, prototype=self.get_object())
        return Response(PrototypeSerializer(row).data)


class Docs(SpectacularSwaggerSplitView):
    """The schema as a page to read and to try, with nothing inline."""

    template_name = "planner/api_docs.html"


router = SimpleRouter(use_regex_path=False)
router.register("teams", Teams, basename="api-team")
router.register("use-cases", UseCases, basename="api-use-case")
router.register("prototypes", Prototypes, basename="api-prototype")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", Docs.as_view(url_name="api_schema"), name="api_docs"),
    *router.urls,
]
