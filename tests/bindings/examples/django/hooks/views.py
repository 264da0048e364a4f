"""Django's own way to compare and set: an UPDATE whose WHERE names the version that was read."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from mediafold import TooLargeError, UnsignedError, merge, receive, step

from .models import Media, Outbox


def pause():
    """What is waited for between a row that was read and its writing, so that tests can have writers meet."""


@csrf_exempt
@require_POST
def mux(request):
    try:
        told = receive("mux", request.body, request.headers, secrets=settings.MUX_SECRET)
    except (UnsignedError, TooLargeError) as error:
        return HttpResponse(str(error), status=error.status)
    for event in told.events:
        store(event)
    return HttpResponse(status=204)


def store(event):
    row = read(event)
    next = step(row.fold if row else None, event)
    pause()
    while not write(event, row, next):
        # Somebody else wrote meanwhile: what they know is taken in, and what we know is not lost.
        row = read(event)
        next = merge(row.fold if row else None, next.fold)
        pause()


def read(event):
    return Media.objects.filter(entity=event.entity, asset=event.id).first()


def write(event, row, next):
    """Writes the row if it is as it was read, and with it what there is to announce."""
    try:
        with transaction.atomic():
            if row is None:
                Media.objects.create(entity=event.entity, asset=event.id, status=next.after, fold=next.fold)
            else:
                as_read = Media.objects.filter(pk=row.pk, version=row.version)
                if not as_read.update(status=next.after, fold=next.fold, version=row.version + 1):
                    return False
            if next.changed:
                Outbox.objects.create(entity=event.entity, asset=event.id, before=next.before, after=next.after)
        return True
    except IntegrityError:
        # The row was made meanwhile.
        return False


urlpatterns = [path("hooks/mux", mux)]
