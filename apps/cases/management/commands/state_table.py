"""manage.py state_table: the state machine as Mermaid, drawn from the transitions of `Case`."""

from typing import Any

from django.core.management.base import BaseCommand
from django_fsm import RETURN_VALUE

from apps.cases.models import Case, State


def mermaid() -> str:
    """A Mermaid stateDiagram-v2, in the order of the states; the verbs between the same two share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for transition in Case._meta.get_field("state").get_all_transitions(Case):
        target = transition.target
        targets = target.allowed_states if isinstance(target, RETURN_VALUE) else [target or transition.source]
        for each in targets:
            arrows.setdefault((str(transition.source), str(each)), []).append(transition.name)
    order = {str(state): position for position, state in enumerate(State)}
    lines = ["stateDiagram-v2", "    [*] --> RECEIVED: receive"]
    for (source, target), verbs in sorted(arrows.items(), key=lambda item: [order[state] for state in item[0]]):
        lines.append(f"    {source} --> {target}: {', '.join(verbs)}")
    lines.append("    REVIEWED --> [*]")
    return "\n".join(lines)


class Command(BaseCommand):
    help = "Print the state machine of a case as a Mermaid diagram (the README's copy is compared in a test)."

    def handle(self, **options: Any) -> None:
        self.stdout.write(mermaid())
