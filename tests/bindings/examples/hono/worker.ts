// Hono on Cloudflare Workers: a Durable Object keeps each asset, so that its events come one after another.
import { Hono } from "hono";
import { UnsignedError, asset, diagram, receive, step, type MediaEvent } from "mediafold";

interface Storage {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
}
interface Namespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(url: string, init?: RequestInit): Promise<Response> };
}
interface Bindings {
  MEDIA: Namespace;
  MUX_SECRET: string;
}

const app = new Hono<{ Bindings: Bindings }>();

const of = (media: Namespace, entity: string, id: string) => media.get(media.idFromName(`${entity} ${id}`));

app.post("/hooks/mux", async (context) => {
  const { events } = await receive(context.req.raw, { provider: "mux", secrets: context.env.MUX_SECRET });
  for (const event of events) {
    const object = of(context.env.MEDIA, event.entity, event.id);
    const stored = await object.fetch("https://media/", { method: "POST", body: JSON.stringify(event) });
    if (!stored.ok) return context.text(await stored.text(), 500);
  }
  return context.body(null, 204);
});

app.get("/media/:provider/:entity/:id", (context) => {
  const { provider, entity, id } = context.req.param();
  return of(context.env.MEDIA, `${provider}/${entity}`, id).fetch("https://media/");
});

app.get("/diagram", (context) => context.text(diagram("mux/asset")));

app.onError((error, context) => {
  if (error instanceof UnsignedError) return context.text(error.message, error.status);
  return context.text(`${error}`, 500);
});

export default app;

export class MediaObject {
  constructor(private readonly state: { storage: Storage }) {}

  async fetch(request: Request): Promise<Response> {
    const fold = await this.state.storage.get<string>("fold");
    if (request.method === "GET") return fold === undefined ? new Response(null, { status: 404 }) : Response.json(asset(fold));
    const event: MediaEvent = await request.json();
    const next = step(fold ?? null, event);
    await this.state.storage.put("fold", next.fold);
    return Response.json({ changed: next.changed, after: next.after });
  }
}
