"""An empty sweep, and the health, at 1,000 and at 100,000 open cases; a sweep of 500 due cases."""

from datetime import timedelta

from stage import NOW, median_ms, multiply, receive, stage, statements

from apps.cases import clock
from apps.cases.models import Case, Deadline

TIMES = 101

with stage():
    for count in (1_000, 100_000):
        multiply(count)
        clock.record(clock.sweep(NOW), NOW)
        swept, asked = (median_ms(lambda: clock.sweep(NOW), TIMES), median_ms(lambda: clock.health(NOW), TIMES))
        print(
            f"{Case.objects.count():>7,} open cases, {Deadline.objects.count():>7,} clocks: "
            f"empty sweep {swept:.2f} ms ({statements(lambda: clock.sweep(NOW))} statement), health {asked:.2f} ms"
        )
    receive(500, now=NOW - timedelta(hours=2))
    taken: list[int] = []
    spent = median_ms(lambda: taken.append(statements(lambda: clock.sweep(NOW))), 1)
    print(
        f"    500 cases due with 2 clocks each among them: {spent / 1000:.1f} s, {taken[0]} statements, all letters written"
    )
