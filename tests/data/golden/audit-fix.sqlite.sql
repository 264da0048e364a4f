BEGIN;
UPDATE "public"."media" SET "status" = 'ready' WHERE "mux_asset_id" = 'a2' AND "status" = 'preparing';
UPDATE "public"."media" SET "status" = 'deleted' WHERE "mux_asset_id" = 'a3' AND "status" = 'ready';
UPDATE "public"."media" SET "status" = 'ready' WHERE "mux_asset_id" = 'a4' AND "status" = 'preparing';
UPDATE "public"."media" SET "status" = 'errored' WHERE "mux_asset_id" = 'a5' AND "status" = 'ready';
UPDATE "public"."media" SET "status" = 'preparing' WHERE "mux_asset_id" = 'a6' AND "status" = 'errored';
UPDATE "public"."media" SET "status" = 'ready' WHERE "mux_asset_id" = '=a7' AND "status" = 'preparing';
UPDATE "public"."media" SET "status" = 'ready' WHERE "mux_asset_id" = 'o''b\n' AND "status" = 'preparing';
COMMIT;
