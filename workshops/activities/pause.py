"""A break: nothing to do, and the clock says until when."""

from django.utils.translation import gettext_lazy as _

from workshops.activities.base import Activity


class Pause(Activity):
    """Everybody rests."""

    title = _("Break")
    icon = "clock"
    has_ready = False
    default_script = {
        "en": (
            "Say when you go on, and go on then. Use the break "
            "to ask the quietest team what they are stuck on."
        ),
        "ja": "再開の時刻を伝え、その時刻に始めます。静かなチームに一声かけておきましょう。",
    }


ACTIVITY = Pause()
