from django.db import models


class Media(models.Model):
    entity = models.TextField()
    asset = models.TextField()
    status = models.TextField()
    fold = models.TextField()
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "asset"], name="one_row_each")]


class Outbox(models.Model):
    entity = models.TextField()
    asset = models.TextField()
    before = models.TextField()
    after = models.TextField()
