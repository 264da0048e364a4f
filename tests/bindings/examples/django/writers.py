"""Eight threads that post to the view: `writers.py`, with the database in the environment. Prints the rows and changes."""

import json
import os
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from hooks import views  # noqa: E402
from hooks.models import Media, Outbox  # noqa: E402
from rows import deliveries, sent_by_threads  # noqa: E402
from shared import mux_headers  # noqa: E402

# Between reading and writing each request waits a little, so that writers of one row meet.
views.pause = lambda: time.sleep(0.002)
lost = 0


def client():
    own = Client()
    try:
        body = yield
        while True:
            response = own.post("/hooks/mux", body, content_type="application/json", headers=mux_headers(body))
            assert response.status_code == 204, response.content
            body = yield
    finally:
        connection.close()


write = views.write


def counted(*row):
    global lost
    written = write(*row)
    lost += not written
    return written


views.write = counted
call_command("migrate", run_syncdb=True, verbosity=0)
assert Client().post("/hooks/mux", deliveries()[0], content_type="application/json").status_code == 401
sent_by_threads(client)
rows = sorted(Media.objects.values_list("entity", "asset", "status", "fold"))
changes = Outbox.objects.order_by("id").values_list("entity", "asset", "before", "after")
print(json.dumps({"rows": rows, "changes": list(changes), "lost": lost}))
