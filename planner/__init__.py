"""What a team plans: people, teams, use cases, their sheets, prototypes, plan and report."""
