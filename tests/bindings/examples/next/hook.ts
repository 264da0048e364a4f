// A webhook in a Next.js application, for Node and for the edge runtime alike: a route handler takes a Request and gives a Response.
import type { NextRequest } from "next/server";
import { UnsignedError, asset, receive, step, type MediaEvent } from "mediafold";

/** Stands for the table: `fold` by entity and id. */
const table = new Map<string, string>();

const keyOf = ({ entity, id }: MediaEvent) => `${entity} ${id}`;

export async function hook(request: NextRequest): Promise<Response> {
  try {
    const { events, answer } = await receive(request, { provider: "mux", secrets: process.env["MUX_SECRET"] ?? "" });
    if (answer !== null) return new Response(answer.body, answer);
    for (const event of events) {
      const { fold } = step(table.get(keyOf(event)) ?? null, event);
      table.set(keyOf(event), fold);
    }
    return new Response(null, { status: 204 });
  } catch (error) {
    if (error instanceof UnsignedError) return new Response(error.message, { status: error.status });
    throw error;
  }
}

export function states(): Response {
  return Response.json(Object.fromEntries([...table].map(([key, fold]) => [key, asset(fold).state])));
}
