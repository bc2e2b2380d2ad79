"""English dates: a month by name, since 12/08 is December here and August there."""

SHORT_DATE_FORMAT = "M j, Y"
DATETIME_FORMAT = "N j, Y, H:i"
SHORT_DATETIME_FORMAT = "M j, Y, H:i"
