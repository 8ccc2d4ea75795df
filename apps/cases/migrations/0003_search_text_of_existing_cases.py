from django.db import migrations

from apps.cases.search import text_of

BATCH = 1000


def fill(apps, schema_editor):
    Case = apps.get_model("cases", "Case")
    last = 0
    while batch := list(Case.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for case in batch:
            case.search_text = text_of(case)
        Case.objects.bulk_update(batch, ["search_text"], batch_size=100)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_daily_work")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
