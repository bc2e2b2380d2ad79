"""People working live: workshops, agendas, steps, the room."""
