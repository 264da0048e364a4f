// app/api/hooks/mux/route.ts of a Next.js application, for Node or the edge runtime alike: a handler takes a Request and gives a Response.
import { UnsignedError, receive, step, type MediaEvent } from "mediafold";

export const dynamic = "force-dynamic";

declare function load(event: MediaEvent): Promise<{ fold: string } | undefined>;
declare function store(event: MediaEvent, next: { fold: string; state: string; changed: boolean }): Promise<void>;

export async function POST(request: Request): Promise<Response> {
  try {
    const { events, answer } = await receive(request, { provider: "mux", secrets: process.env["MUX_SECRET"] ?? "" });
    if (answer !== null) return new Response(answer.body, answer);
    for (const event of events) {
      const row = await load(event);
      const { fold, asset, changed } = step(row?.fold ?? null, event);
      await store(event, { fold, state: asset.state, changed });
    }
    return new Response(null, { status: 204 });
  } catch (error) {
    if (error instanceof UnsignedError) return new Response(error.message, { status: error.status });
    throw error;
  }
}
